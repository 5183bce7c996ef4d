/** What is unread, for the lists of servers and channels. What counts as unread is decided in the SDK. */
import { useMemo } from "react";
import { useObjects, useObserved, useWatched } from "./hooks";
import type { ChannelRow, ServerRow } from "./objects";

/** The servers with what is unread in each. */
export function useServerRows(): readonly ServerRow[] {
  return useObserved(useObjects().conversations.servers);
}

/** The channels of a server with what is unread in each; of `null` the private ones. */
export function useChannelRows(server: string | null): readonly ChannelRow[] {
  const { conversations } = useObjects();
  return useObserved(useMemo(() => conversations.channels(server), [conversations, server]));
}

/** One of them. */
export function useChannelRow(server: string | null, channel: string): ChannelRow | null {
  return useChannelRows(server).find(({ id }) => id === channel) ?? null;
}

/** How many messages wait in private conversations, without muted ones. */
export function usePrivateUnread(): number {
  return useChannelRows(null).reduce((sum, { mentions, muted }) => (muted ? sum : sum + mentions), 0);
}

/** What is unread in all. */
export function useTotals(): { readonly unread_channels: number; readonly mentions: number } {
  return useWatched(useObjects().conversations.totals);
}

/** Whether something was begun in the composer of a channel. */
export function useHasDraft(channel: string): boolean {
  return useObserved(useObjects().drafts).some(({ place, text }) => place.channel === channel && place.edits === null && text.trim() !== "");
}
