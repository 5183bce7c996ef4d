import { describe, expect, it } from "vitest";
import { anchorAt, offsetsOf, rangeAt, rowAt, shiftOf, topOf } from "./layout";

const keys = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `m${from + index}`);
const even = (list: readonly string[]) => offsetsOf(list, () => 10);

describe("offsets", () => {
  it("sums heights", () => expect([...offsetsOf(["a", "b"], (key) => (key === "a" ? 3 : 4))]).toEqual([0, 3, 7]));
  it("of nothing is a point", () => expect([...offsetsOf([], () => 1)]).toEqual([0]));
});

describe("rows", () => {
  const offsets = even(keys(0, 5));
  it.each([
    [-5, 0],
    [0, 0],
    [9.9, 0],
    [10, 1],
    [49, 4],
    [500, 4],
  ])("at %d is %d", (y, row) => expect(rowAt(offsets, y)).toBe(row));
  it("in view are few, however long the list", () => {
    const { start, end } = rangeAt(even(keys(0, 5_000)), 25_000, 600, 300);
    expect({ start, end }).toEqual({ start: 2470, end: 2591 });
  });
  it("of nothing are none", () => expect(rangeAt(even([]), 0, 100, 100)).toEqual({ start: 0, end: 0 }));
});

describe("anchors", () => {
  it("keep the row in its place when older ones come above", () => {
    const before = keys(50, 100);
    const anchor = anchorAt(before, even(before), 123, 100);
    expect(anchor).toEqual({ key: "m62", below: 7 });
    const after = keys(0, 100);
    expect(topOf(anchor, after, even(after), 100)).toBe(623);
  });
  it("keep the row in its place when one above turns out taller", () => {
    const list = keys(0, 50);
    const anchor = anchorAt(list, even(list), 200, 100);
    const taller = offsetsOf(list, (key) => (key === "m3" ? 90 : 10));
    expect(topOf(anchor, list, taller, 100)).toBe(280);
  });
  it("keep the text in its place when the first row loses the day's line that it began with", () => {
    const before = keys(50, 100);
    const anchor = anchorAt(before, offsetsOf(before, (key) => (key === "m50" ? 40 : 10)), 20, 100);
    const after = keys(0, 100);
    expect(topOf(anchor, after, even(after), 100)).toBe(490);
  });
  it("stay at the end when there", () => {
    const list = keys(0, 50);
    const anchor = anchorAt(list, even(list), 395, 100);
    expect(anchor).toBe("end");
    const more = keys(0, 60);
    expect(topOf(anchor, more, even(more), 100)).toBe(500);
  });
  it("do not follow the end when reading further up", () => {
    const list = keys(0, 50);
    const anchor = anchorAt(list, even(list), 100, 100);
    const more = keys(0, 60);
    expect(topOf(anchor, more, even(more), 100)).toBe(100);
  });
  it("fall back to the end when their row is gone", () => {
    expect(topOf({ key: "gone", below: 0 }, keys(0, 5), even(keys(0, 5)), 20)).toBe(30);
  });
});

describe("a pinned row", () => {
  it("stays where it is while the browser scrolls and older rows come above", () => {
    const after = keys(0, 100);
    expect(shiftOf({ key: "m62", at: 130 }, after, even(after), 0)).toBe(-500);
  });
  it("adds up what happens until the browser is done", () => {
    const list = keys(0, 50);
    const taller = offsetsOf(list, (key) => (key === "m3" ? 90 : 10));
    expect(shiftOf({ key: "m20", at: 110 }, list, taller, -100)).toBe(-180);
  });
  it("that is gone moves nothing", () => {
    const list = keys(0, 5);
    expect(shiftOf({ key: "gone", at: 130 }, list, even(list), -70)).toBe(-70);
  });
});
