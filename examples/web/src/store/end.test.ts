import { expect, it } from "vitest";
import { endOf, isAhead } from "./end";

it("says when something ends, or that it does not", () => {
  expect(endOf("2026-03-05T12:00:00.000Z")).toMatch(/5 March 2026|March 5, 2026/);
  expect(endOf("9999-12-31T23:59:59.999Z")).toBe("without end");
  expect(endOf(null)).toBe("without end");
});

it("knows what is over", () => {
  expect([null, undefined, "nonsense", "2020-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"].map(isAhead)).toEqual([false, false, false, false, true]);
});
