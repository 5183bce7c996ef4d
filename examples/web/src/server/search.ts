import { useDeferredValue, useEffect, useMemo, useState } from "react";
import type { KnownServer, Member } from "../sdk";
import { serverOf, useChat, useRoster } from "../store/hooks";
import { fitOf } from "../shell/fuzzy";

/** The members whose names a query is a part of, or fits, of all that there are: of what is here at once, of the rest as it comes; nobody apart from any server. */
export function useMemberSearch(known: KnownServer | null, query: string): { members: readonly Member[]; searching: boolean } {
  const chat = useChat();
  const server = serverOf(known);
  const { members, next } = useRoster(server);
  const q = useDeferredValue(query.trim().replace(/^@/, ""));
  const [found, setFound] = useState<{ q: string; members: readonly Member[] } | null>(null);
  const partial = next !== null;
  useEffect(() => {
    if (q === "" || !partial || server === null) return setFound(null);
    const stop = new AbortController();
    const timer = setTimeout(() => {
      chat.client.members.list({ server, q, limit: 50 }, { signal: stop.signal }).then(
        ({ items }) => setFound({ q, members: items }),
        // What is here is searched anyway.
        () => {},
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [chat, server, q, partial]);
  return useMemo(() => {
    if (q === "") return { members, searching: false };
    const here = members.filter((member) => namesOf(member).some((name) => fitOf(q, name) !== null));
    const more = found?.q === q ? found.members.filter(({ user }) => !here.some((one) => one.user === user)) : [];
    return { members: [...here, ...more], searching: partial && found?.q !== q };
  }, [q, members, found, partial]);
}

/** What a member may be found by. */
function namesOf({ nickname, profile }: Member): string[] {
  return [nickname, profile?.display_name, profile?.username].filter((name): name is string => Boolean(name));
}

export const nameOfMember = ({ nickname, profile, user }: Member): string => nickname ?? profile?.display_name ?? profile?.username ?? user;

const PAUSE_MS = 200;
