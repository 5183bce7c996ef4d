import { expect, it } from "vitest";
import { USUAL, read } from "./notices";

it.each([null, 3, "on", [], {}, { mentions: "yes", sound: 1, count: null }])("takes %j for the usual choices", (value) => {
  expect(read(value)).toEqual(USUAL);
});
it("keeps what is valid", () => {
  const all = { mentions: false, sound: true, count: false };
  expect(read(all)).toEqual(all);
});
