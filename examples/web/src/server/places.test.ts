import { expect, it } from "vitest";
import { places, type Item } from "./places";

/** Two channels alone, and two categories with channels in them. */
const LIST: readonly Item[] = [
  { id: "a", kind: "text", parent_id: null, position: 0 },
  { id: "b", kind: "text", parent_id: null, position: 1 },
  { id: "C", kind: "category", parent_id: null, position: 2 },
  { id: "d", kind: "text", parent_id: "C", position: 3 },
  { id: "e", kind: "text", parent_id: "C", position: 4 },
  { id: "F", kind: "category", parent_id: null, position: 5 },
  { id: "g", kind: "text", parent_id: "F", position: 6 },
];

/** The list after some places have changed. */
function after(changes: readonly { id: string; parent_id: string | null; position: number }[]): string {
  const now = LIST.map((item) => ({ ...item, ...changes.find(({ id }) => id === item.id) }));
  const by = (one: Item, other: Item) => one.position - other.position;
  const inside = (parent: string | null) => now.filter(({ kind, parent_id }) => kind === "text" && parent_id === parent).sort(by);
  const categories = now.filter(({ kind }) => kind === "category").sort(by);
  return [...inside(null), ...categories.flatMap((category) => [category, ...inside(category.id)])].map(({ id }) => id).join("");
}

it.each([
  ["b", "a", "baCdeFg"],
  ["d", "a", "dabCeFg"],
  ["a", "e", "bCdaeFg"],
  ["a", "F", "bCdeaFg"],
  ["a", null, "bCdeFga"],
  ["F", "C", "abFgCde"],
  ["C", null, "abFgCde"],
  ["e", "d", "abCedFg"],
  ["a", "a", "abCdeFg"],
] as const)("puts %s before %s", (moved, before, order) => {
  expect(after(places(LIST, moved, before))).toBe(order);
});
it("moves one alone where there is room", () => {
  expect(places(LIST, "a", "F")).toEqual([{ id: "a", parent_id: "C", position: 5 }]);
  expect(places(LIST, "nobody", "F")).toEqual([]);
});
it("leaves a channel where it stands between two of its category", () => {
  expect(places(LIST, "e", "F")).toEqual([]);
});
