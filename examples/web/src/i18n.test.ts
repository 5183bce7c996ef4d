import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LANGUAGES, agoOf, isKey, speak, t, timeOf } from "./i18n";

/** The languages as they are written. */
const written = Object.fromEntries(readdirSync("locales").map((file) => [file.replace(".json", ""), JSON.parse(readFileSync(`locales/${file}`, "utf8")) as Record<string, string>]));
const en = written["en"]!;
const others = Object.entries(written).filter(([code]) => code !== "en");

interface Element {
  readonly type: number;
  readonly value?: string;
  readonly options?: Readonly<Record<string, { readonly value: readonly Element[] }>>;
}

const parsed = Object.fromEntries(
  Object.entries(import.meta.glob<{ default: Record<string, string | Element[]> }>("../locales/*.json", { eager: true })).map(([path, { default: sentences }]) => [/(\w+)\.json/.exec(path)![1]!, sentences]),
);

/** The places of a sentence, those inside of plural forms too. */
function placesOf(code: string, key: string): string[] {
  const found = new Set<string>();
  const walk = (elements: readonly Element[]) => {
    for (const { type, value, options } of elements) {
      if (type !== LITERAL && value !== undefined) found.add(value);
      for (const option of Object.values(options ?? {})) walk(option.value);
    }
  };
  const sentence = parsed[code]?.[key] ?? [];
  if (typeof sentence !== "string") walk(sentence);
  return [...found].sort();
}

/** What the parser calls text without places. */
const LITERAL = 0;

it("offers the languages that there are", () => {
  expect(LANGUAGES.map(({ code }) => code).sort()).toEqual(Object.keys(written).sort());
});
it.each(others)("%s has every key, in the same order, and fills the same places", (code, sentences) => {
  expect(Object.keys(sentences)).toEqual(Object.keys(en));
  const places = (of: string) => Object.keys(en).map((key) => [key, placesOf(of, key)]);
  expect(places(code)).toEqual(places("en"));
});
it.each(Object.entries(written))("%s leaves nothing empty, and every sentence can be said", async (code, sentences) => {
  await speak(code);
  for (const [key, text] of Object.entries(sentences)) {
    expect(text.trim(), key).not.toBe("");
    const params = Object.fromEntries(placesOf(code, key).map((name) => [name, ["count", "hours", "seconds", "max", "size"].includes(name) ? 3 : "x"]));
    expect(isKey(key) && t(key, params), key).not.toMatch(/[{}]/);
  }
  await speak("en");
});
it("fills in what is given, and counts", async () => {
  await speak("en");
  expect(t("invite.title", { server: "Garden" })).toBe("You are invited to Garden");
  expect([0, 1, 2].map((count) => t("invitation.used", { count }))).toEqual(["Not used yet", "Used once", "Used 2 times"]);
  await speak("ar");
  expect(new Set([0, 1, 2, 3, 11].map((count) => t("members.count", { count }))).size).toBe(5);
  await speak("en");
});
it("keeps names from turning the sentence around", () => {
  expect(t("invite.title", { server: "\u202edrawrof" })).toBe("You are invited to drawrof");
  expect(t("invite.title", { server: "שרה 12" })).toBe("You are invited to \u2068שרה 12\u2069");
});
it("says when, whatever the time is", () => {
  expect(timeOf("nonsense")).toBe("");
  const now = Date.parse("2026-03-05T12:00:00Z");
  expect([agoOf("2026-03-05T11:55:00Z", now), agoOf("2026-03-04T12:00:00Z", now), agoOf("2026-03-05T12:00:00Z", now)]).toEqual(["5 minutes ago", "yesterday", "this minute"]);
});
