/** What somebody may do and why, as the backend decides it: asked again when something changes that it may rest on. */
import { useEffect, useState, useSyncExternalStore } from "react";
import { BeepError, type Explained, type KnownServer } from "../sdk";
import { useChannel, useChat } from "../store/hooks";

export function useExplained(known: KnownServer, user: string, channel: string | null): { explained: Explained | null; error: BeepError | null } {
  const chat = useChat();
  const { servers } = chat.client;
  const server = known.server.id;
  const member = useSyncExternalStore(chat.people.subscribe, () => chat.people.member(server, user));
  const there = useChannel(channel);
  const [answer, setAnswer] = useState<{ of: string; explained: Explained | null; error: BeepError | null } | null>(null);
  const of = `${user} ${channel ?? ""}`;
  useEffect(() => {
    const stop = new AbortController();
    servers.permissions({ server, user, ...(channel !== null && { channel }) }, { signal: stop.signal }).then(
      (explained) => setAnswer({ of, explained, error: null }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof BeepError)) throw error;
        setAnswer({ of, explained: null, error });
      },
    );
    return () => stop.abort();
  }, [servers, server, user, channel, of, known, member, there]);
  // The answer to an earlier question is none to this one.
  return answer?.of === of ? answer : { explained: null, error: null };
}
