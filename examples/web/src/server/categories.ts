/** The categories of a server with the channels in them, and which of them somebody has closed, on this device. */
import { useMemo, useSyncExternalStore } from "react";
import type { Channel } from "../sdk";
import { useChannels, useChat } from "../store/hooks";
import { Signal } from "../store/signal";

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

const STORED = "beep.categories.closed";
/** As many as somebody may remember to have closed. */
const MOST = 500;
const signal = new Signal();
let closed = read();

globalThis.addEventListener?.("storage", ({ key }) => {
  if (key !== STORED) return;
  closed = read();
  signal.now();
});

/** Whether somebody has closed a category. */
export function useClosed(category: string): boolean {
  return useSyncExternalStore(signal.subscribe, () => closed.includes(category));
}

export function close(category: string, closes: boolean): void {
  const others = closed.filter((id) => id !== category);
  closed = closes ? [category, ...others].slice(0, MOST) : others;
  try {
    localStorage.setItem(STORED, JSON.stringify(closed));
  } catch {
    // Then it holds until the page is left.
  }
  signal.now();
}

function read(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(globalThis.localStorage?.getItem(STORED) ?? "[]");
    return Array.isArray(stored) ? stored.filter((id): id is string => typeof id === "string") : [];
  } catch {
    return [];
  }
}
