import { expect, it } from "vitest";
import { moved } from "./order";

it.each([
  ["abc", "c", "a", "cab"],
  ["abc", "a", null, "bca"],
  ["abc", "a", "c", "bac"],
  ["abc", "a", "everyone", "bca"],
  ["abc", "b", "c", "abc"],
  ["a", "a", null, "a"],
])("of %s puts %s before %s", (list, one, before, order) => {
  expect(moved([...list], one, before).join("")).toBe(order);
});
