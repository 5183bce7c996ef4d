/** The audit log of a server, or of the backend, as it is read: the newest entries first, further ones as somebody asks for them. */
import { useCallback, useEffect, useRef, useState } from "react";
import { BeepError, type AuditEntry, type Event } from "../sdk";
import { useChat } from "../store/hooks";

export interface Filter {
  readonly actor: string | null;
  readonly action: string | null;
}

export interface Log {
  /** `null` before the first of them are here. */
  readonly entries: readonly AuditEntry[] | null;
  /** Whether there are older ones. */
  readonly hasMore: boolean;
  readonly busy: boolean;
  readonly error: BeepError | null;
  more(): void;
  /** Looks for what came since. */
  renew(): void;
}

interface Read {
  readonly entries: readonly AuditEntry[] | null;
  readonly next: string | null;
  readonly busy: boolean;
  readonly error: BeepError | null;
}

const NOTHING: Read = { entries: null, next: null, busy: true, error: null };
const PAGE = 50;

/** `server` is `null` for the log of the backend, of which no event tells. */
export function useAuditLog(server: string | null, { actor, action }: Filter): Log {
  const chat = useChat();
  const { admin, audit_log: log } = chat.client;
  const [read, setRead] = useState<Read>(NOTHING);
  /** What is being asked for, for these filters; another choice ends it. */
  const asking = useRef<AbortController>(null);
  const ask = useCallback(
    (cursor: string | null, signal: AbortSignal) => {
      const asked = { limit: PAGE, ...(actor !== null && { actor }), ...(action !== null && { action }), ...(cursor !== null && { cursor }) };
      return server === null ? admin.auditLog(asked, { signal }) : log.list({ server, ...asked }, { signal });
    },
    [admin, log, server, actor, action],
  );
  const load = useCallback(async (cursor: string | null) => {
    const signal = asking.current?.signal;
    if (!signal) return;
    setRead((read) => ({ ...read, busy: true, error: null }));
    try {
      const { items, next } = await ask(cursor, signal);
      if (!signal.aborted) setRead(({ entries }) => ({ entries: cursor === null ? items : [...(entries ?? []), ...items], next, busy: false, error: null }));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof BeepError)) throw error;
      setRead((read) => ({ ...read, busy: false, error }));
    }
  }, [ask]);

  useEffect(() => {
    asking.current = new AbortController();
    setRead(NOTHING);
    void load(null);
    return () => asking.current?.abort();
  }, [load]);

  const look = useCallback(async () => {
    const signal = asking.current?.signal;
    if (!signal) return;
    // What cannot be had now comes with the next look.
    const fresh = await ask(null, signal).catch(() => null);
    if (fresh && !signal.aborted) setRead((read) => (read.entries === null ? read : { ...read, ...renewed(read.entries, read.next, fresh) }));
  }, [ask]);

  useEffect(() => {
    if (server === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const free = chat.onEvent((event) => {
      if (!leavesEntry(event, server)) return;
      clearTimeout(timer);
      timer = setTimeout(() => void look(), SETTLED_MS);
    });
    return () => {
      clearTimeout(timer);
      free();
    };
  }, [chat, server, look]);

  const { entries, next, busy, error } = read;
  return { entries, hasMore: next !== null, busy, error, more: () => void (!busy && load(next)), renew: () => void look() };
}

/** The entries with those that came since; where these do not reach the known ones, they alone, with where they go on. */
export function renewed(entries: readonly AuditEntry[], next: string | null, fresh: { items: readonly AuditEntry[]; next: string | null }): Pick<Read, "entries" | "next"> {
  const first = entries[0];
  const at = first === undefined ? -1 : fresh.items.findIndex(({ id }) => id === first.id);
  return at < 0 ? { entries: fresh.items, next: fresh.next } : { entries: [...fresh.items.slice(0, at), ...entries], next };
}

/** Whether what happened may stand in the log. */
function leavesEntry(event: Event, server: string): boolean {
  switch (event.type) {
    case "server.updated":
      return event.data.id === server;
    case "role.created":
    case "role.updated":
    case "role.deleted":
    case "channel.created":
    case "channel.updated":
    case "channel.deleted":
    case "member.updated":
    case "member.left":
    case "member.banned":
      return event.data.server_id === server;
    default:
      return false;
  }
}

/** What is changed in one go makes several events. */
const SETTLED_MS = 500;
