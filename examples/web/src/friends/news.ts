/** What is news of friends: that somebody asks, and that somebody accepted. */
import type { Event } from "../sdk";

export interface FriendNews {
  readonly key: "friends.asks" | "friends.accepted";
  readonly name: string;
  readonly tab: "pending" | "all";
}

/** What an event is news of; what one did oneself is none. */
export function newsOf(event: Event, me: string | undefined): FriendNews | null {
  if (event.type !== "friend_request.received" && event.type !== "friend_request.accepted") return null;
  const { from, to } = event.data;
  if (event.type === "friend_request.received") return to.id === me ? { key: "friends.asks", name: from.display_name ?? from.username, tab: "pending" } : null;
  return from.id === me ? { key: "friends.accepted", name: to.display_name ?? to.username, tab: "all" } : null;
}
