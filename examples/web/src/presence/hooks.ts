/** How components read who is there. */
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import type { Presence } from "../sdk";
import { useObjects } from "../store/hooks";

/** How somebody is seen: offline, where nothing is told of them. */
export function usePresence(user: string): Presence {
  const { company, people } = useObjects();
  const subscribe = useCallback((listener: () => void) => people.subscribe((users) => (users === null || users.includes(user)) && listener()), [people, user]);
  // The same text stays the same answer.
  const text = useSyncExternalStore(subscribe, () => JSON.stringify(company.presence(user)));
  return useMemo(() => JSON.parse(text) as Presence, [text]);
}

/** Which of some people are there. */
export function useThere(users: readonly string[]): ReadonlySet<string> {
  const { company, people } = useObjects();
  const text = useSyncExternalStore(people.subscribe, () => users.filter((user) => company.presence(user).status !== "offline").join(" "));
  return useMemo(() => new Set(text.split(" ").filter((user) => user !== "")), [text]);
}

/** Has the backend tell which of the people that are shown are there: members of a server, or who is in a private channel. */
export function useWatched(place: string, users: readonly string[]): void {
  const { company } = useObjects();
  const all = users.join(" ");
  useEffect(() => company.watch(place, all.split(" ").filter((user) => user !== "")), [company, place, all]);
}
