/** Marks around what is selected in a text, set and taken away by the same key. */

export interface Selection {
  readonly start: number;
  readonly end: number;
}

/** Puts `insert` in place of what is between `from` and `to`, and selects. */
export interface Replacement {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly select: Selection;
}

/** The mark of a key with Control or Command; `null` if it has none. */
export function markOf({ key, shiftKey }: { readonly key: string; readonly shiftKey: boolean }): string | null {
  const letter = key.toLowerCase();
  if (shiftKey) return letter === "x" ? "~~" : null;
  return { b: "**", i: "*", e: "`" }[letter] ?? null;
}

export function marked(text: string, { start, end }: Selection, mark: string): Replacement {
  const inside = text.slice(start, end);
  // Blanks at the ends stay outside: marks hold only what they touch.
  const lead = inside.length - inside.trimStart().length;
  const trail = inside.trim() === "" ? 0 : inside.length - inside.trimEnd().length;
  const [from, to] = inside.trim() === "" ? [start, end] : [start + lead, end - trail];
  const core = text.slice(from, to);
  const width = mark.length;
  if (has(text, from, to, mark)) {
    return { from: from - width, to: to + width, insert: core, select: { start: from - width, end: to - width } };
  }
  if (core.length >= 2 * width && core.startsWith(mark) && core.endsWith(mark) && !(mark === "*" && core.startsWith("**") && !core.startsWith("***"))) {
    const bare = core.slice(width, -width);
    return { from, to, insert: bare, select: { start: from, end: from + bare.length } };
  }
  return { from, to, insert: `${mark}${core}${mark}`, select: { start: from + width, end: to + width } };
}

/** Makes the lines of a selection a quotation, or takes that away. */
export function quoted(text: string, { start, end }: Selection): Replacement {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const next = text.indexOf("\n", Math.max(start, end - 1));
  const to = next < 0 ? text.length : next;
  const lines = text.slice(from, to).split("\n");
  const bare = lines.every((line) => line.startsWith("> "));
  const insert = lines.map((line) => (bare ? line.slice(2) : `> ${line}`)).join("\n");
  return { from, to, insert, select: { start: from, end: from + insert.length } };
}

/** Whether the mark, and not a longer one, stands around a part of a text. */
function has(text: string, from: number, to: number, mark: string): boolean {
  const width = mark.length;
  if (text.slice(from - width, from) !== mark || text.slice(to, to + width) !== mark || from < width) return false;
  if (mark !== "*") return true;
  const before = /\*+$/.exec(text.slice(0, from))?.[0].length ?? 0;
  return before % 2 === 1;
}
