/** What one is about to name in a text, and who or what it may be. */

export type Trigger = "@" | "#" | ":";

/** An unfinished name at the cursor. */
export interface Asked {
  readonly trigger: Trigger;
  /** What was written of it. */
  readonly query: string;
  /** Where its sign stands. */
  readonly start: number;
}

/** The unfinished name before the cursor; `null` if there is none, or in code. */
export function askedAt(text: string, cursor: number): Asked | null {
  const line = text.slice(text.lastIndexOf("\n", cursor - 1) + 1, cursor);
  const found = /(?:^|[\s([{"'“‘*_~|>])([@#:])([\p{L}\p{M}\p{N}_+.@-]*)$/u.exec(line);
  if (!found || isCode(text.slice(0, cursor))) return null;
  const [, trigger, query] = found as unknown as [string, Trigger, string];
  // A smiley or a time is no emoji yet.
  if (trigger === ":" && ([...query].length < 2 || /^\d/.test(query))) return null;
  if ([...query].length > MOST_QUERY) return null;
  return { trigger, query, start: cursor - query.length - 1 };
}

/** Whether a text ends within code. */
function isCode(text: string): boolean {
  const fences = text.split("\n").filter((line) => line.startsWith("```")).length;
  if (fences % 2 === 1) return true;
  const line = text.slice(text.lastIndexOf("\n") + 1);
  return (line.match(/`/g)?.length ?? 0) % 2 === 1;
}

/**
 * The items whose names fit a query, the best first: the name itself, names that begin so, names of which a later word
 * begins so, names that hold it. What fits alike stays in its order.
 */
export function ranked<Item>(query: string, items: readonly Item[], namesOf: (item: Item) => readonly string[], most: number = MOST_SHOWN): Item[] {
  const wanted = folded(query);
  if (wanted === "") return items.slice(0, most);
  return items
    .map((item, order) => ({ item, order, fit: Math.min(...namesOf(item).map((name) => fitOf(wanted, folded(name)))) }))
    .filter(({ fit }) => fit < NONE)
    .sort((a, b) => a.fit - b.fit || a.order - b.order)
    .slice(0, most)
    .map(({ item }) => item);
}

function fitOf(wanted: string, name: string): number {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  const at = name.indexOf(wanted);
  if (at < 0) return NONE;
  return /[\s_.-]/.test(name[at - 1] ?? "") ? 2 : 3;
}

/** Without case and accents, so that `zoe` finds Zoë. */
function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

const NONE = 9;
const MOST_QUERY = 40;
const MOST_SHOWN = 8;
