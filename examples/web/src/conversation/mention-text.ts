/**
 * Mentions as one writes them, `@ada` and `#general`, and as they are sent, with ids in angle brackets. What is in code
 * stays as it is.
 */

/** Who and what can be named here. */
export interface Names {
  /** The id of a user by their handle, or of a role or channel by its name; without case. */
  idOf(sign: "@" | "#", name: string): string | null;
  /** The handle or name of what an id in angle brackets is about. */
  nameOf(kind: "@" | "@&" | "#", id: string): string | null;
}

export function toSent(text: string, { idOf }: Names): string {
  return outsideCode(text, (part) =>
    part.replace(/(^|[^\p{L}\p{N}_<&@#/])([@#])([\p{L}\p{N}_][\p{L}\p{M}\p{N}_.@-]*)/gu, (whole, before: string, sign: "@" | "#", written: string) => {
      // A full stop ends a sentence more often than a name.
      for (let name = written; name !== ""; name = name.slice(0, -1)) {
        const id = idOf(sign, name);
        if (id !== null) return `${before}<${id}>${written.slice(name.length)}`;
        if (!/[.@-]$/.test(name)) break;
      }
      return whole;
    }));
}

export function toWritten(text: string, { nameOf }: Names): string {
  return outsideCode(text, (part) =>
    part.replace(/<(@&|@|#)([^<>\s]{1,300})>/g, (whole, kind: "@" | "@&" | "#", id: string) => {
      const name = nameOf(kind, id);
      return name === null ? whole : `${kind === "#" ? "#" : "@"}${name}`;
    }));
}

/** Changes what is not between backticks. */
function outsideCode(text: string, change: (part: string) => string): string {
  return text
    .split(/(```[^]*?(?:```|$)|`[^`\n]+`)/)
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join("");
}
