/** In which order somebody wants their servers, on this device. */
import { useMemo, useSyncExternalStore } from "react";
import type { KnownServer } from "../sdk";
import { IdList } from "../store/id-list";

const order = new IdList("beep.servers");

/** The servers as one put them; those that came later are at the end. */
export function useOrdered(servers: readonly KnownServer[]): readonly KnownServer[] {
  const wanted = useSyncExternalStore(order.subscribe, order.get);
  return useMemo(() => ordered(servers, ({ server }) => server.id, wanted), [servers, wanted]);
}

export function ordered<Of>(items: readonly Of[], idOf: (item: Of) => string, wanted: readonly string[]): Of[] {
  const place = new Map(wanted.map((id, at) => [id, at]));
  return [...items].sort((one, other) => (place.get(idOf(one)) ?? wanted.length) - (place.get(idOf(other)) ?? wanted.length));
}

/** Where all stand after one was put before another, or at the end. */
export function moved(ids: readonly string[], one: string, before: string | null): string[] {
  if (one === before) return [...ids];
  const rest = ids.filter((id) => id !== one);
  const at = before === null ? rest.length : rest.indexOf(before);
  return [...rest.slice(0, at), one, ...rest.slice(at)];
}

export function arrange(ids: readonly string[]): void {
  order.put([...ids]);
}
