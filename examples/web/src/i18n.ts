/**
 * What the page says, in the reader's language. The sentences are ICU messages in `locales/`; a key that is not there
 * does not compile, and of several languages only the reader's is loaded.
 */
import { IntlMessageFormat } from "intl-messageformat";
import type en from "../locales/en.json";
import type conversation from "./conversation/locales/en.json";
import { read, write } from "./store/device";
import { isolated } from "./ui/bidi";

export type Key = keyof typeof en | keyof typeof conversation;
export type Params = Readonly<Record<string, string | number>>;

/** A sentence as the build parsed it; plain text stays text. */
type Parsed = string | ConstructorParameters<typeof IntlMessageFormat>[0];
type Sentences = Readonly<Record<string, Parsed>>;

const LOADERS: Readonly<Record<string, () => Promise<readonly { default: unknown }[]>>> = {
  en: () => Promise.all([import("../locales/en.json"), import("./conversation/locales/en.json")]),
  fr: () => Promise.all([import("../locales/fr.json"), import("./conversation/locales/fr.json")]),
  de: () => Promise.all([import("../locales/de.json"), import("./conversation/locales/de.json")]),
  es: () => Promise.all([import("../locales/es.json"), import("./conversation/locales/es.json")]),
  ar: () => Promise.all([import("../locales/ar.json"), import("./conversation/locales/ar.json")]),
};
const STORED = "beep.locale";

/** The languages that there are, in their own words. */
export const LANGUAGES: readonly { code: string; name: string }[] = [
  { code: "en", name: "English" },
  { code: "fr", name: "Français" },
  { code: "de", name: "Deutsch" },
  { code: "es", name: "Español" },
  { code: "ar", name: "العربية" },
];

export let locale: string = chosen();
export let direction: "ltr" | "rtl" = directionOf(locale);
let sentences: Sentences = {};
const formats = new Map<Key, IntlMessageFormat>();

/** Loads a language; everything is said in it from then on. */
export async function speak(code: string = locale): Promise<void> {
  const load = LOADERS[code] ?? LOADERS["en"]!;
  sentences = Object.assign({}, ...(await load()).map((part) => part.default)) as Sentences;
  formats.clear();
  locale = code;
  direction = directionOf(code);
  region = regionOf(code);
}

/** The sentence of a key, with its places filled; names in it cannot change how the rest of it reads. */
export function t(key: Key, params: Params = {}): string {
  const sentence = formatOf(key);
  if (typeof sentence === "string") return sentence;
  const values = Object.entries(params).map(([name, value]) => [name, typeof value === "string" ? isolated(value, direction) : value]);
  return String(sentence.format(Object.fromEntries(values) as Record<string, string | number>));
}

/** The same with anything at its places, as elements that isolate themselves: the texts and what stands between them, in order. */
export function parts<Part extends object>(key: Key, values: Readonly<Record<string, Part>>): readonly (string | Part)[] {
  const sentence = formatOf(key);
  if (typeof sentence === "string") return [sentence];
  const said: string | Part | (string | Part)[] = sentence.format<Part>(values);
  return Array.isArray(said) ? said : [said];
}

function formatOf(key: Key): string | IntlMessageFormat {
  const sentence = sentences[key];
  if (sentence === undefined) return key;
  if (typeof sentence === "string") return sentence;
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new IntlMessageFormat(sentence, locale)));
  return format;
}

/** Whether there is such a sentence, for keys made from what a backend says. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(sentences, key);
}

/** Takes another language; the page is loaded again, as every sentence changes. */
export function choose(code: string): void {
  // No storage, no choice: the browser's language stays.
  if (write(STORED, code)) location.reload();
}

function directionOf(code: string): "ltr" | "rtl" {
  return code === "ar" ? "rtl" : "ltr";
}

/** The languages that the browser asks for; some say what is no language at all. */
function wanted(): readonly string[] {
  return (globalThis.navigator?.languages ?? []).filter((tag) => {
    try {
      return Intl.getCanonicalLocales(tag).length === 1;
    } catch {
      return false;
    }
  });
}

function chosen(): string {
  return [read(STORED), ...wanted()].map((tag) => tag?.split("-")[0] ?? "").find((code) => Object.hasOwn(LOADERS, code)) ?? "en";
}

/** Dates as the reader's own country writes them, where that speaks the language. */
function regionOf(code: string): string {
  return wanted().find((tag) => tag.split("-")[0] === code) ?? code;
}

let region = regionOf(locale);
export const timeOf = written({ timeStyle: "short" });
export const dayOf = written({ dateStyle: "full" });
export const dateOf = written({ dateStyle: "medium" });
export const momentOf = written({ dateStyle: "long", timeStyle: "short" });

/** How long ago something was, in the largest unit that fits. */
export function agoOf(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1_000;
  const format = new Intl.RelativeTimeFormat(region, { numeric: "auto" });
  for (const [unit, length] of UNITS) if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  return format.format(0, "minute");
}

const UNITS = [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]] as const;

/** Made with the first use, as it takes a while, and anew where the reader travels to another time zone. */
function written(options: Intl.DateTimeFormatOptions): (time: string) => string {
  let format: Intl.DateTimeFormat | null = null;
  let made = "";
  return (time) => {
    const now = `${region} ${new Date().getTimezoneOffset()}`;
    if (format === null || made !== now) format = new Intl.DateTimeFormat(region, options);
    made = now;
    const at = new Date(time);
    return Number.isNaN(at.getTime()) ? "" : format.format(at);
  };
}
