import { expect, it } from "vitest";
import { firstNew, lineAt, nextLine, type Unread } from "./new-line";

const unread = (count: number, last_read_id: string | null = "m5"): Unread => ({ last_read_id, unread: count, more: false });
const line = { after: "m5", count: 3, more: false };

it("stands where reading ended", () => {
  expect(lineAt(unread(3))).toEqual(line);
  expect(lineAt(unread(0))).toBeNull();
  expect(lineAt(null)).toBeNull();
});
it("stays when all was read", () => {
  expect(nextLine(line, unread(3), unread(0, "m8"), true)).toBe(line);
});
it("counts on while nobody reads", () => {
  expect(nextLine(line, unread(3), unread(4), false)).toEqual({ ...line, count: 4 });
});
it("moves to what comes while somebody looks elsewhere", () => {
  expect(nextLine(line, unread(0, "m8"), unread(1, "m8"), false)).toEqual({ after: "m8", count: 1, more: false });
});
it("does not appear above what is read as it comes", () => {
  expect(nextLine(null, unread(0, "m8"), unread(1, "m8"), true)).toBeNull();
});
it("moves up to what was marked as unread", () => {
  expect(nextLine(null, unread(0, "m8"), unread(5, "m3"), true)).toEqual({ after: "m3", count: 5, more: false });
});
it("is above the first of others", () => {
  const messages = [{ id: "m5", author: "b" }, { id: "m6", author: "me" }, { id: "m7", author: "b" }];
  expect(firstNew(line, messages, "me")?.id).toBe("m7");
  expect(firstNew({ ...line, after: null }, messages, "me")?.id).toBe("m5");
  expect(firstNew(line, messages.slice(0, 2), "me")).toBeNull();
});
