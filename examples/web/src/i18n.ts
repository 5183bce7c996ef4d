/** What the page says, in the reader's language. Sentences live in `locales/`; a key that is not there does not compile. */
import en from "../locales/en.json";
import fr from "../locales/fr.json";

export type Key = keyof typeof en;
/** Keys that come in a form for one and a form for several. */
export type CountedKey = Key extends infer One ? (One extends `${infer Stem}.one` ? Stem : never) : never;
export type Params = Readonly<Record<string, string | number>>;

const LOCALES: Readonly<Record<string, Readonly<Record<Key, string>>>> = { en, fr };
const STORED = "beep.locale";

/** The languages that there are, in their own words. */
export const LANGUAGES: readonly { code: string; name: string }[] = [
  { code: "en", name: "English" },
  { code: "fr", name: "Français" },
];

export const locale: string = chosen();
const strings = LOCALES[locale] ?? en;
let plural: Intl.PluralRules | null = null;

/** The sentence of a key, with `{name}` replaced. */
export function t(key: Key, params: Params = {}): string {
  return strings[key].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return typeof value === "number" ? value.toLocaleString(locale) : (value ?? whole);
  });
}

/** The sentence for a number of things. */
export function counted(stem: CountedKey, count: number): string {
  plural ??= new Intl.PluralRules(locale);
  return t(`${stem}.${plural.select(count) === "one" ? "one" : "other"}` as Key, { count });
}

/** Whether there is such a sentence, for keys made from what a backend says. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(en, key);
}

/** Takes another language; the page is loaded again, as every sentence changes. */
export function choose(code: string): void {
  try {
    localStorage.setItem(STORED, code);
  } catch {
    return; // No storage, no choice: the browser's language stays.
  }
  location.reload();
}

function chosen(): string {
  let stored: string | null = null;
  try {
    stored = globalThis.localStorage?.getItem(STORED) ?? null;
  } catch {
    // Storage is closed to the page.
  }
  const wanted = [stored, ...(globalThis.navigator?.languages ?? [])];
  return wanted.map((language) => language?.split("-")[0] ?? "").find((language) => Object.hasOwn(LOCALES, language)) ?? "en";
}

/** Dates as the reader's own country writes them, where that speaks the language. */
const region = globalThis.navigator?.languages.find((language) => language.split("-")[0] === locale) ?? locale;
export const timeOf = written({ timeStyle: "short" });
export const dayOf = written({ dateStyle: "full" });
export const momentOf = written({ dateStyle: "long", timeStyle: "short" });

/** Made with the first use: it takes a while, and the first page shows no date. */
function written(options: Intl.DateTimeFormatOptions): (time: string) => string {
  let format: Intl.DateTimeFormat | null = null;
  return (time) => (format ??= new Intl.DateTimeFormat(region, options)).format(new Date(time));
}
