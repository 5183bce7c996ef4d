import { expect, it } from "vitest";
import { moved, ordered } from "./rail-order";

it("puts what has no place yet at the end, in its own order", () => {
  expect(ordered(["a", "b", "c", "d"], (id) => id, ["c", "gone", "a"])).toEqual(["c", "a", "b", "d"]);
});
it.each([
  ["c", "a", ["c", "a", "b"]],
  ["a", "c", ["b", "a", "c"]],
  ["a", null, ["b", "c", "a"]],
  ["b", "b", ["a", "b", "c"]],
])("moves %s before %s", (one, before, expected) => expect(moved(["a", "b", "c"], one, before)).toEqual(expected));
