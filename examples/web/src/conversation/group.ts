/** How messages stand together: which begins a day, and which goes on what the same author said just before. */

export interface Said {
  /** Who spoke: a user, or the webhook, app or system that did; `null` if nobody knows. */
  readonly author: string | null;
  /** RFC 3339. */
  readonly created_at: string;
  readonly reply_to: string | null;
}

export interface Place {
  /** Whether a day's separator stands above. */
  readonly startsDay: boolean;
  /** Whether name and picture are shown. */
  readonly startsGroup: boolean;
}

/** `isNew`: whether the line above which all was read stands between the two. */
export function placeOf(message: Said, before: Said | undefined, isNew = false): Place {
  const startsDay = before === undefined || dayKey(before.created_at) !== dayKey(message.created_at);
  const startsGroup =
    startsDay ||
    isNew ||
    message.author === null ||
    message.reply_to !== null ||
    before.author !== message.author ||
    Date.parse(message.created_at) - Date.parse(before.created_at) > PAUSE_MS;
  return startsDay ? NEW_DAY : startsGroup ? NEW_GROUP : GOES_ON;
}

// The same each time, so that a row whose place stays the same is not drawn again.
const NEW_DAY: Place = { startsDay: true, startsGroup: true };
const NEW_GROUP: Place = { startsDay: false, startsGroup: true };
const GOES_ON: Place = { startsDay: false, startsGroup: false };

/** The day in the reader's own time zone. */
export function dayKey(time: string | number): string {
  const at = new Date(time);
  return `${at.getFullYear()}-${at.getMonth()}-${at.getDate()}`;
}

/** A longer silence begins a new group. */
const PAUSE_MS = 7 * 60_000;
