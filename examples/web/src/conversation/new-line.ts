/**
 * The line above what is new in a channel. It is drawn where reading ended when somebody came, or when something came
 * while they looked elsewhere, and stays there although all counts as read meanwhile.
 */

/** What the lists say of a channel. */
export interface Unread {
  readonly last_read_id: string | null;
  readonly unread: number;
  readonly more: boolean;
}

export interface NewLine {
  /** The last message that was read: the line is below it. */
  readonly after: string | null;
  /** How many were new. */
  readonly count: number;
  /** Whether there may be more. */
  readonly more: boolean;
}

/** The line for who opens a channel. */
export function lineAt(unread: Unread | null): NewLine | null {
  return unread !== null && unread.unread > 0 ? { after: unread.last_read_id, count: unread.unread, more: unread.more } : null;
}

/** The line after something changed. `reads`: whether somebody reads what comes as it comes. */
export function nextLine(line: NewLine | null, before: Unread | null, now: Unread | null, reads: boolean): NewLine | null {
  const fresh = lineAt(now);
  if (fresh === null) return line;
  // What was marked as unread again is new, wherever the line was.
  if (before !== null && before.last_read_id !== fresh.after && (fresh.after ?? "") < (before.last_read_id ?? "")) return fresh;
  if (line !== null && line.after === fresh.after) return same(line, fresh) ? line : fresh;
  const began = (before?.unread ?? 0) === 0;
  // Who looks away before it counted as read has not read it.
  return !reads && (began || line === null) ? fresh : line;
}

function same(one: NewLine, other: NewLine): boolean {
  return one.count === other.count && one.more === other.more;
}

/** The first message that is new: the first of others after the line. */
export function firstNew<Of extends { readonly id: string; readonly author: string | null }>(line: NewLine | null, messages: readonly Of[], me: string): Of | null {
  if (line === null) return null;
  return messages.find(({ id, author }) => id > (line.after ?? "") && author !== me) ?? null;
}
