import { expect, it } from "vitest";
import { t } from "../i18n";
import { OUTCOMES, outcomeOf, REASONS, reasonOf } from "./words";

it("says what it knows in the reader's language, and leaves the words of others as they are", () => {
  for (const reason of REASONS) expect(reasonOf(reason)).toBe(t(`report.reason.${reason}`));
  for (const outcome of OUTCOMES) expect(outcomeOf(outcome)).toBe(t(`report.outcome.${outcome}`));
  expect([reasonOf("Sells boats"), outcomeOf("Called the harbour master")]).toEqual(["Sells boats", "Called the harbour master"]);
});
