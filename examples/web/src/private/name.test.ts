import { expect, it } from "vitest";
import { othersIn, partnerIn, privateName, type Private } from "./name";

const names: Record<string, string> = { ann: "Ann", ben: "Ben", cleo: "Cleo" };
const called = (channel: Private, language = "en") => privateName(channel, "ann", (user) => names[user] ?? "…", language, "Only you");
const direct = { kind: "direct", name: null, participants: ["ann", "ben"] } as const;
const group = { kind: "group", name: null, participants: ["cleo", "ann", "ben"] } as const;

it("calls a direct conversation by the other one, whoever opened it", () => {
  expect(called(direct)).toBe("Ben");
  expect(called({ ...direct, participants: ["ben", "ann"] })).toBe("Ben");
  expect(partnerIn(direct, "ann")).toBe("ben");
});
it("calls a group as it is named, or by who else is in it", () => {
  expect(called({ ...group, name: "Gardeners" })).toBe("Gardeners");
  expect(called(group)).toBe("Cleo, Ben");
  expect(called({ ...group, name: "" }, "ar")).toContain("Cleo");
  expect(called({ ...group, participants: ["ann"] })).toBe("Only you");
  expect(partnerIn(group, "ann")).toBeNull();
});
it("knows who else is there, in the order in which they came", () => {
  expect(othersIn(group, "ann")).toEqual(["cleo", "ben"]);
});
it("names no more than fit", () => {
  const many = { ...group, participants: Array.from({ length: 50 }, (_, number) => `u${number}`) };
  expect(called(many).split("…")).toHaveLength(11);
});
