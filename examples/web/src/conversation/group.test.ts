import { expect, it } from "vitest";
import { placeOf } from "./group";

const said = (author: string, time: string) => ({ author, created_at: new Date(`2026-11-${time}`).toISOString() });

it("begins with a day and a group", () => {
  expect(placeOf(said("a", "02T10:00:00"), undefined)).toEqual({ startsDay: true, startsGroup: true });
});
it("goes on with the same author", () => {
  expect(placeOf(said("a", "02T10:06:00"), said("a", "02T10:00:00"))).toEqual({ startsDay: false, startsGroup: false });
});
it("begins a group with another author", () => {
  expect(placeOf(said("b", "02T10:00:01"), said("a", "02T10:00:00"))).toEqual({ startsDay: false, startsGroup: true });
});
it("begins a group after a pause", () => {
  expect(placeOf(said("a", "02T10:08:00"), said("a", "02T10:00:00"))).toEqual({ startsDay: false, startsGroup: true });
});
it("begins a day at the reader's midnight", () => {
  expect(placeOf(said("a", "03T00:00:30"), said("a", "02T23:59:59"))).toEqual({ startsDay: true, startsGroup: true });
});
