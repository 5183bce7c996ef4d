import { readFileSync, readdirSync } from "node:fs";
import { expect, it } from "vitest";

const words = Object.fromEntries(readdirSync("src/conversation/locales").map((file) => [file.replace(".json", ""), JSON.parse(readFileSync(`src/conversation/locales/${file}`, "utf8")) as Record<string, string>]));
const en = words["en"]!;
/** What a sentence asks for; the forms of a plural are no places. */
const places = (sentence: string) => [...new Set([...sentence.matchAll(/\{(\w+)(?=[,}])/g)].map(([, name]) => name))].sort();

it.each(Object.entries(words))("%s has every key of a conversation, and fills the same places", (_, sentences) => {
  expect(Object.keys(sentences)).toEqual(Object.keys(en));
  for (const [key, sentence] of Object.entries(sentences)) expect(places(sentence), key).toEqual(places(en[key]!));
});
