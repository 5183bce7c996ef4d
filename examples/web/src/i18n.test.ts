import { expect, it } from "vitest";
import en from "../locales/en.json";
import fr from "../locales/fr.json";
import { counted, t } from "./i18n";

it("has the same keys in both languages, in the same order", () => {
  expect(Object.keys(fr)).toEqual(Object.keys(en));
});
it("fills the same places in both languages", () => {
  const places = (strings: Record<string, string>) =>
    Object.entries(strings).map(([key, text]) => [key, [...text.matchAll(/\{\w+\}/g)].map(String).sort()]);
  expect(places(fr)).toEqual(places(en));
});
it("leaves nothing empty", () => {
  expect([...Object.values(en), ...Object.values(fr)].filter((text) => text.trim() === "")).toEqual([]);
});
it("fills in what is given", () => {
  expect(t("invite.title", { server: "Garden" })).toContain("Garden");
  expect(counted("members.count", 1)).not.toBe(counted("members.count", 2));
});
