import { expect, it } from "vitest";
import { placeOf } from "./group";

const said = (author: string | null, time: string, reply_to: string | null = null) => ({ author, created_at: new Date(`2026-11-${time}`).toISOString(), reply_to });
const NEW_GROUP = { startsDay: false, startsGroup: true };
const GOES_ON = { startsDay: false, startsGroup: false };

it("begins with a day and a group", () => {
  expect(placeOf(said("a", "02T10:00:00"), undefined)).toEqual({ startsDay: true, startsGroup: true });
});
it("goes on with the same author", () => {
  expect(placeOf(said("a", "02T10:06:00"), said("a", "02T10:00:00"))).toEqual(GOES_ON);
});
it.each([
  ["another author", said("b", "02T10:00:01")],
  ["nobody that is known", said(null, "02T10:00:01")],
  ["a pause", said("a", "02T10:08:00")],
  ["a reply", said("a", "02T10:00:01", "m1")],
])("begins a group with %s", (_, message) => {
  expect(placeOf(message, said("a", "02T10:00:00"))).toEqual(NEW_GROUP);
});
it("begins a group below the line of what is new", () => {
  expect(placeOf(said("a", "02T10:00:01"), said("a", "02T10:00:00"), true)).toEqual(NEW_GROUP);
});
it("begins a day at the reader's midnight", () => {
  expect(placeOf(said("a", "03T00:00:30"), said("a", "02T23:59:59"))).toEqual({ startsDay: true, startsGroup: true });
});
