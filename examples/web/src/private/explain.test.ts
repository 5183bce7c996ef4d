import { beforeAll, expect, it, vi } from "vitest";
import type { BeepError } from "../sdk";
import type { Failure } from "../store/objects";

// The page's door to the SDK loads WebAssembly.
vi.mock("../sdk", () => ({ BeepError: class extends Error {}, homeOf: (id: string) => id.split("@")[1] }));
const { speak, t } = await import("../i18n");
const { explainContact, explainGroup, explainUnsent } = await import("./explain");

const refused = (code: string): BeepError => ({ code, message: code, problem: null }) as unknown as BeepError;
const failed = (failure: object): Failure => ({ detail: "", ...failure }) as unknown as Failure;

beforeAll(() => speak("en"));

it("says whom one cannot write to or add, and why", () => {
  const say = (code: string) => explainContact(refused(code), "u@b.example.com", "Ben");
  expect(say("permission_denied")).toBe(t("private.error.denied", { name: "Ben" }));
  expect(say("already_member")).toBe(t("group.error.there", { name: "Ben" }));
  expect(say("conflict")).toBe(t("group.error.full"));
  expect(say("not_found")).toBe(t("person.gone", { name: "Ben" }));
  expect(say("remote_unavailable")).toContain("b.example.com");
});
it("says of several people that it is about one of them", () => {
  expect(explainGroup(refused("permission_denied"))).toBe(t("group.error.denied"));
  expect(explainGroup(refused("transport"))).toBe(t("error.transport"));
});
it("says why a message did not arrive", () => {
  expect(explainUnsent(failed({ code: "permission_denied" }), "c@a")).toBe(t("private.error.unsent"));
  expect(explainUnsent(failed({ code: "permission_denied", missing: ["send_messages"] }), "c@a")).toContain(t("permission.send_messages"));
  expect(explainUnsent(failed({ code: null }), "c@a")).toBe(t("error.transport"));
});
