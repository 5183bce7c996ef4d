import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { StoredSession } from "../sdk";
import { drop, keep, kept, left, setLeft } from "./kept";

const session = { session_id: "1", user: { id: "ada@a" }, cursor: null } as unknown as StoredSession;
let [lasting, ofTab] = [new Map<string, string>(), new Map<string, string>()];

function storage(map: Map<string, string>) {
  return { getItem: (key: string) => map.get(key) ?? null, setItem: (key: string, value: string) => void map.set(key, value), removeItem: (key: string) => void map.delete(key) };
}

beforeEach(() => {
  [lasting, ofTab] = [new Map(), new Map()];
  vi.stubGlobal("localStorage", storage(lasting));
  vi.stubGlobal("sessionStorage", storage(ofTab));
});
afterEach(() => {
  Object.defineProperty(globalThis, "localStorage", { configurable: true, writable: true, value: undefined });
  vi.unstubAllGlobals();
});

it("is kept for the tab alone, unless somebody stays signed in", () => {
  keep(session);
  expect([lasting.size, kept()]).toEqual([0, session]);
  keep(session, true);
  expect([ofTab.size, kept()]).toEqual([0, session]);
  keep({ ...session, session_id: "2" });
  expect([ofTab.size, kept()?.session_id]).toEqual([0, "2"]);
  keep(session, false);
  expect([lasting.size, kept()]).toEqual([0, session]);
});
it("is dropped wherever it is", () => {
  keep(session, true);
  drop();
  expect([kept(), lasting.size, ofTab.size]).toEqual([null, 0, 0]);
});
it.each(["{nonsense", "3", "null", "{}", '{"session_id":"1"}', '{"session_id":"1","user":{}}'])("is none if there is %s", (text) => {
  lasting.set("beep.session", text);
  expect(kept()).toBe(null);
});
it("notes who left until somebody signs in", () => {
  setLeft(true);
  expect(left()).toBe(true);
  keep(session);
  expect(left()).toBe(false);
});
it("is none where storage is closed to the page", () => {
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get: () => { throw new Error("closed"); } });
  keep(session, true);
  expect([kept(), left()]).toEqual([null, false]);
});
