import { expect, it } from "vitest";
import { dayOf } from "../i18n";
import { dayName } from "./days";

const at = (time: string) => new Date(`2026-${time}`);

it.each([
  ["today", "11-29T00:00:00", "11-29T23:59:59", "Today"],
  ["yesterday, however few minutes ago", "11-28T23:59:00", "11-29T00:01:00", "Yesterday"],
  ["yesterday across a month", "10-31T12:00:00", "11-01T12:00:00", "Yesterday"],
])("calls %s so", (_, time, now, name) => {
  expect(dayName(at(time).toISOString(), at(now).getTime())).toBe(name);
});
it("calls other days by their date, days to come too", () => {
  for (const time of ["11-27T23:59:59", "11-30T00:00:01"]) {
    const said = at(time).toISOString();
    expect(dayName(said, at("11-29T12:00:00").getTime())).toBe(dayOf(said));
  }
});
