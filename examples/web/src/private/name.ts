/** What a private conversation is called: by the other one, or as a group is named, or by who else is in it. */
import type { Channel } from "../sdk";

export interface Private extends Pick<Channel, "kind" | "name"> {
  /** The owner of a group is the first. */
  readonly participants: readonly string[];
}

/** Who takes part beside oneself, in the order in which they came. */
export function othersIn({ participants }: Pick<Private, "participants">, me: string): readonly string[] {
  return participants.filter((user) => user !== me);
}

/** Who a direct conversation is with; `null` for a group. */
export function partnerIn(channel: Private, me: string): string | null {
  return channel.kind === "direct" ? (othersIn(channel, me)[0] ?? me) : null;
}

/** `nameOf` gives what somebody is called; `alone` is said of a group without a name in which nobody else is. */
export function privateName(channel: Private, me: string, nameOf: (user: string) => string, language: string, alone: string): string {
  const partner = partnerIn(channel, me);
  if (partner !== null) return nameOf(partner);
  if (channel.name !== null && channel.name !== "") return channel.name;
  const others = othersIn(channel, me);
  return others.length === 0 ? alone : new Intl.ListFormat(language, { style: "short", type: "unit" }).format(others.slice(0, MOST).map(nameOf));
}

/** More names than a line has room for. */
const MOST = 10;
