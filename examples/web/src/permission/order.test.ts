import { expect, it } from "vitest";
import { movedDown, type Placed } from "./order";

const falling = (...positions: number[]): Placed[] => positions.map((position, index) => ({ id: "abcdef"[index]!, position }));

/** The order that a list has with some positions changed. */
function ordered(items: Placed[], changes: Placed[]): string {
  const now = items.map((item) => changes.find(({ id }) => id === item.id) ?? item);
  return now.sort((one, other) => other.position - one.position).map(({ id }) => id).join("");
}

it.each([
  [[30, 20, 10], "c", "a", "cab"],
  [[30, 20, 10], "a", null, "bca"],
  [[30, 20, 10], "a", "c", "bac"],
  [[3, 2, 1], "c", "b", "acb"],
  [[3, 2, 1], "a", null, "bca"],
  [[2, 2, 1], "a", null, "bca"],
  [[6, 5, 4, 3, 2, 1], "f", "b", "afbcde"],
] as const)("of roles at %j puts %s before %s", (positions, moved, before, order) => {
  const items = falling(...positions);
  const changes = movedDown(items, moved, before);
  expect(ordered(items, changes)).toBe(order);
  expect(changes.every(({ position }) => position >= 1)).toBe(true);
});
it("moves one alone where there is room", () => {
  expect(movedDown(falling(30, 20, 10), "c", "b")).toEqual([{ id: "c", position: 21 }]);
});
