/** Tells who lost a server why: removed, banned, or the server deleted. Leaving by oneself tells nothing. */
import type { Event } from "../sdk";
import { Signal } from "../store/signal";

export type Departure = { readonly server: string; readonly name: string; readonly how: "removed" | "banned" | "deleted" };

const signal = new Signal();
const names = new Map<string, string>();
const own = new Set<string>();
let departures: readonly Departure[] = [];

export const subscribe = signal.subscribe;
export const all = (): readonly Departure[] => departures;

/** Remembers what the servers are called, for when they are gone. */
export function know(servers: readonly { server: { id: string; name: string } }[]): void {
  for (const { server } of servers) names.set(server.id, server.name);
  const back = departures.filter((one) => !servers.some(({ server }) => server.id === one.server));
  if (back.length !== departures.length) set(back);
}

/** What one does oneself is no news. */
export function leaving(server: string): void {
  own.add(server);
}

export function apply(event: Event, me: string | undefined): void {
  switch (event.type) {
    case "member.left":
    case "member.banned":
      if (event.data.user === me) note(event.data.server_id, event.type === "member.banned" ? "banned" : "removed");
      break;
    case "server.deleted":
      note(event.data.id, "deleted");
      break;
    case "member.joined":
      own.delete(event.data.server_id);
  }
}

function note(server: string, how: Departure["how"]): void {
  if (own.delete(server)) return;
  set([...departures.filter((one) => one.server !== server), { server, name: names.get(server) ?? "", how }].slice(-20));
}

function set(next: readonly Departure[]): void {
  departures = next;
  signal.now();
}
