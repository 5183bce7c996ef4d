/** The categories of a server with the channels in them, and which of them somebody has closed, on this device. */
import { useMemo, useSyncExternalStore } from "react";
import type { Channel } from "../sdk";
import { useChannels, useChat } from "../store/hooks";
import { IdList } from "../store/id-list";

export interface Category {
  readonly category: Channel;
  readonly channels: readonly Channel[];
}

/** The channels of a server as they are listed: those in no category, then each category with its own. */
export interface Listed {
  readonly alone: readonly Channel[];
  readonly categories: readonly Category[];
}

export function useCategories(server: string): readonly Channel[] {
  const chat = useChat();
  return useSyncExternalStore(chat.subscribeState, () => chat.client.state.categories(server));
}

/** A channel or category as it is by now. */
export function useChannel(asOpened: Channel): Channel {
  const chat = useChat();
  return useSyncExternalStore(chat.subscribeState, () => chat.client.state.channel(asOpened.id)) ?? asOpened;
}

export function useListed(server: string): Listed {
  const [channels, categories] = [useChannels(server), useCategories(server)];
  return useMemo(() => listed(channels, categories), [channels, categories]);
}

export function listed(channels: readonly Channel[], categories: readonly Channel[]): Listed {
  const known = new Set(categories.map(({ id }) => id));
  return {
    alone: channels.filter(({ parent_id }) => parent_id === null || !known.has(parent_id)),
    categories: categories.map((category) => ({ category, channels: channels.filter(({ parent_id }) => parent_id === category.id) })),
  };
}

/** As many as somebody may remember to have closed. */
const MOST = 500;
const closed = new IdList("beep.categories.closed");

/** Whether somebody has closed a category. */
export function useClosed(category: string): boolean {
  return useSyncExternalStore(closed.subscribe, () => closed.get().includes(category));
}

export function close(category: string, closes: boolean): void {
  const others = closed.get().filter((id) => id !== category);
  closed.put(closes ? [category, ...others].slice(0, MOST) : others);
}
