/** How long a text is, as the backend counts, and how one that is too long becomes several. */

/** What one message may have, in code points. */
export const MOST = 4_000;
/** From here on the composer says how much is left. */
export const WARN_FROM = 3_800;

/** Code points; half of a surrogate pair counts as one. */
export function lengthOf(text: string): number {
  // Most texts are far shorter than what would matter.
  if (text.length < WARN_FROM) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * The texts that a long one is sent as, in order: parted at the ends of paragraphs, lines, sentences or words where
 * possible, else between two characters. A block of code that is cut is closed and opened again.
 */
export function partsOf(text: string, most: number = MOST): string[] {
  const parts: string[] = [];
  let rest = text;
  while ([...rest].length > most) {
    const fence = (head: string) => openFence(head);
    let at = cutOf(rest, most);
    let head = rest.slice(0, at);
    let open = fence(head);
    if (open !== null) {
      // Room for the marks that close it.
      at = cutOf(rest, most - CLOSING.length);
      head = rest.slice(0, at);
      open = fence(head);
    }
    parts.push(open === null ? head.trimEnd() : `${head.trimEnd()}${CLOSING}`);
    const tail = rest.slice(at).replace(/^[ \t]*\n/, "").replace(open === null ? /^\s+/ : /^$/, "");
    rest = open === null ? tail : `\`\`\`${open}\n${tail}`;
  }
  return [...parts, rest].filter((part) => part.trim() !== "");
}

const CLOSING = "\n```";

/** Where to cut so that at most so many code points are before it, in UTF-16 units. */
function cutOf(text: string, most: number): number {
  let units = 0;
  let count = 0;
  for (const point of text) {
    if (count === most) break;
    count += 1;
    units += point.length;
  }
  const head = text.slice(0, units);
  for (const [end, least] of [["\n\n", 0.5], ["\n", 0.5], [". ", 0.7], [" ", 0.7]] as const) {
    const at = head.lastIndexOf(end);
    if (at > units * least) return at + end.length;
  }
  return lastBoundary(head);
}

/** Does not tear apart what is drawn as one: a flag, a family, a letter with its accents. */
function lastBoundary(head: string): number {
  if (typeof Intl.Segmenter === "undefined") return head.length;
  const tail = head.slice(-64);
  const last = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(tail)].at(-1);
  const at = head.length - tail.length + (last?.index ?? tail.length);
  return at > 0 && last !== undefined && [...last.segment].length > 1 ? at : head.length;
}

/** The language of the block of code that is open at the end of a text; `null` if none is. */
function openFence(text: string): string | null {
  let open: string | null = null;
  for (const line of text.split("\n")) {
    const mark = /^```([\w+#.-]*)\s*$/.exec(line);
    if (open === null && mark) open = mark[1] ?? "";
    else if (open !== null && /^```\s*$/.test(line)) open = null;
  }
  return open;
}
