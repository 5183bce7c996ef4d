/** What somebody most probably wants to see next. */
export interface Waiting {
  readonly unread: boolean;
  readonly mentions: number;
  /** How long ago one was there last: 0 is the latest; `null` is not of late. */
  readonly visited: number | null;
}

/** First where one is mentioned, then what is unread, then where one was last; the rest stays in its order. */
export function byWaiting<Of extends Waiting>(all: readonly Of[]): Of[] {
  const rank = ({ unread, mentions }: Waiting) => (unread && mentions > 0 ? 0 : unread ? 1 : 2);
  return [...all].sort((one, other) => rank(one) - rank(other) || (one.visited ?? Infinity) - (other.visited ?? Infinity) || 0);
}
