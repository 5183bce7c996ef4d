/** Where one was last, on this device: the page, the channel of each server, and the private conversations. */
import { readJson, write } from "./store/device";

const STORED = "beep.places";
/** More servers and private conversations than anybody goes back to. */
const MOST = 200;

interface Places {
  /** Whose they are. */
  of: string | null;
  /** The path of the last channel. */
  last: string | null;
  /** The latest first; a private conversation stands in place of its server. */
  channels: [server: string, channel: string][];
}

let places = read();

export const lastPath = (): string | null => places.last;
export const lastChannel = (server: string): string | null => places.channels.find(([known]) => known === server)?.[1] ?? null;

/** How long ago a channel was the last of its server, or a private one was open, among all: 0 is the latest; `null` if it is not. */
export function visitedAt(channel: string): number | null {
  const at = places.channels.findIndex(([, last]) => last === channel);
  return at < 0 ? null : at;
}

/** `server` is `null` for a private conversation. */
export function visited(path: string, server: string | null, channel: string): void {
  const place = server ?? channel;
  // What another tab visited meanwhile stays.
  const all = new Map([[place, channel], ...places.channels.filter(([known]) => known !== place)]);
  for (const [other, its] of read().channels) if (!all.has(other)) all.set(other, its);
  const channels = [...all].slice(0, MOST);
  keep({ ...places, last: path, channels });
}

/** Forgets them if they are somebody else's, whose session ended here. */
export function belongTo(user: string): void {
  if (places.of !== user) keep(places.of === null ? { ...places, of: user } : { of: user, last: null, channels: [] });
}

/** Forgets all: somebody else may sign in here. */
export function forget(): void {
  keep({ of: null, last: null, channels: [] });
}

function keep(next: Places): void {
  places = next;
  write(STORED, JSON.stringify(next));
}

function read(): Places {
  const { of, last, channels } = (readJson(STORED) ?? {}) as Partial<Places>;
  const pairs = Array.isArray(channels) ? channels.filter((pair) => Array.isArray(pair) && pair.every((id) => typeof id === "string")) : [];
  return { of: typeof of === "string" ? of : null, last: typeof last === "string" && /^\/[cs]\//.test(last) ? last : null, channels: pairs.slice(0, MOST) };
}
