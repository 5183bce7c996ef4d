/** All emoji with their names, in the reader's language where there is one. Loaded when somebody wants to choose one. */
import { locale } from "../i18n";

export interface Emoji {
  readonly unicode: string;
  /** What it shows, in words. */
  readonly label: string;
  readonly tags: readonly string[];
  /** As it is called between colons, without them. */
  readonly names: readonly string[];
  readonly group: Group;
  /** With each skin, from light to dark; none where it has no skin of its own. */
  readonly skins: readonly string[];
}

export const GROUPS = ["smileys", "people", "animals", "food", "travel", "activities", "objects", "symbols", "flags"] as const;
export type Group = (typeof GROUPS)[number];

/** The numbers of the groups in the data; 2 are parts of others. */
const BY_NUMBER: Readonly<Record<number, Group>> = { 0: "smileys", 1: "people", 3: "animals", 4: "food", 5: "travel", 6: "activities", 7: "objects", 8: "symbols", 9: "flags" };

interface Compact {
  readonly hexcode: string;
  readonly label: string;
  readonly unicode: string;
  readonly group?: number;
  readonly tags?: readonly string[];
  readonly skins?: readonly { readonly unicode: string }[];
}

const DATA: Readonly<Record<string, () => Promise<{ default: unknown }>>> = {
  en: () => import("emojibase-data/en/compact.json"),
  de: () => import("emojibase-data/de/compact.json"),
  es: () => import("emojibase-data/es/compact.json"),
  fr: () => import("emojibase-data/fr/compact.json"),
};

let loading: Promise<readonly Emoji[]> | null = null;
let loaded: readonly Emoji[] | null = null;
let byName: ReadonlyMap<string, string> | null = null;

/** What was loaded already. */
export const emojiNow = (): readonly Emoji[] | null => loaded;

export function loadEmoji(): Promise<readonly Emoji[]> {
  loading ??= load().catch((cause: unknown) => {
    loading = null;
    throw cause;
  });
  return loading;
}

/** The emoji of a name between colons; `null` if there is none, or not yet. */
export function emojiOf(name: string): string | null {
  return byName?.get(name) ?? null;
}

async function load(): Promise<readonly Emoji[]> {
  const [data, codes] = await Promise.all([(DATA[locale] ?? DATA["en"]!)(), import("emojibase-data/en/shortcodes/github.json")]);
  const namesOf = codes.default as Readonly<Record<string, string | readonly string[]>>;
  const found: Emoji[] = [];
  const names = new Map<string, string>();
  for (const { hexcode, label, unicode, group, tags = [], skins = [] } of data.default as readonly Compact[]) {
    const known = group === undefined ? undefined : BY_NUMBER[group];
    if (!known) continue;
    const own = [namesOf[hexcode] ?? []].flat();
    for (const name of own) names.set(name, unicode);
    found.push({ unicode, label, tags, names: own, group: known, skins: skins.slice(0, 5).map((skin) => skin.unicode) });
  }
  loaded = found;
  byName = names;
  return found;
}
