/** Which emoji somebody means. */
import { ranked } from "../conversation/completion";
import { GROUPS, type Emoji, type Group } from "./emoji";

/** The best first; what it shows counts as much as its name, and its tags less. */
export function searched(query: string, emoji: readonly Emoji[], most: number): Emoji[] {
  const named = ranked(query, emoji, ({ label, names }) => [label, ...names], most);
  if (named.length >= most || query.trim() === "") return named;
  const rest = emoji.filter((one) => !named.includes(one));
  return [...named, ...ranked(query, rest, ({ tags }) => tags, most - named.length)];
}

/** The same in the skin that somebody wants. */
export function skinned(emoji: Emoji, tone: number): string {
  return tone === 0 ? emoji.unicode : (emoji.skins[tone - 1] ?? emoji.unicode);
}

export function grouped(emoji: readonly Emoji[]): readonly { readonly group: Group; readonly emoji: readonly Emoji[] }[] {
  return GROUPS.map((group) => ({ group, emoji: emoji.filter((one) => one.group === group) }));
}

/** The cell that an arrow key leads to in rows of so many; the same at the edges. */
export function moved(at: number, key: string, count: number, columns: number): number {
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -at, End: count - 1 - at }[key] ?? 0;
  const next = at + by;
  return next < 0 || next >= count ? at : next;
}
