/** How components read the stores. */
import { createContext, useCallback, useContext, useEffect, useMemo, useReducer, useRef, useState, useSyncExternalStore } from "react";
import { handleOf, homeOf, type Channel, type Invitation, type KnownServer, type Message, type Permission, type User } from "../sdk";
import type { Chat, ChatView } from "./chat";
import { troubleOf, type Trouble } from "./failure";
import type { Action, ChatObjects, Denied, FriendListName, FriendRow, FriendRows, Observed, Watched } from "./objects";
import { NOBODY, calledOf, type Roster } from "./people";

export const ChatContext = createContext<Chat | null>(null);

export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error("there is no chat around this component");
  return chat;
}

/** The objects of who is signed in. */
export function useObjects(): ChatObjects {
  return useChat().objects;
}

/** The rows of a list of the SDK. */
export function useObserved<T>(list: Observed<T>): readonly T[] {
  return useSyncExternalStore(useCallback((listener: () => void) => list.subscribe(listener), [list]), () => list.rows);
}

/** A value of the SDK. */
export function useWatched<T>(watched: Watched<T>): T {
  return useSyncExternalStore(useCallback((listener: () => void) => watched.subscribe(listener), [watched]), () => watched.value);
}

export function useChatView(): ChatView {
  const chat = useChat();
  return useSyncExternalStore(chat.subscribe, chat.view);
}

export function useReady(): boolean {
  const chat = useChat();
  return useSyncExternalStore(chat.subscribeState, () => chat.client.state.ready);
}

export function useServers(): readonly KnownServer[] {
  const chat = useChat();
  return useSyncExternalStore(chat.subscribeState, () => chat.client.state.servers());
}

/** The channels of a server that the caller sees; none apart from any server. */
export function useChannels(server: string | null): readonly Channel[] {
  const chat = useChat();
  return useSyncExternalStore(chat.subscribeState, () => (server === null ? NONE : chat.client.state.channels(server)));
}

/** One channel that the caller sees, private ones too. */
export function useChannel(channel: string | null): Channel | null {
  const chat = useChat();
  return useSyncExternalStore(chat.subscribeState, () => (channel === null ? null : chat.client.state.channel(channel)));
}

/** The members of a server; nobody apart from any server. */
export function useRoster(server: string | null): Roster {
  const chat = useChat();
  const roster = useSyncExternalStore(chat.people.subscribe, () => (server === null ? NOBODY : chat.people.roster(server)));
  useEffect(() => {
    if (server !== null) chat.people.open(server);
  }, [chat, server, roster.status]);
  return roster;
}

/** What the caller may do in a server; nothing apart from any server. */
export function usePermissions(known: KnownServer | null): readonly Permission[] {
  const chat = useChat();
  const held = useSyncExternalStore(chat.subscribeState, () => (known === null ? NONE : chat.client.state.permissions(known.server.id)));
  useAgainAt(known?.member.muted_until ?? null);
  return held;
}

const NONE: readonly never[] = [];

/** What the caller may do in a channel. */
export function usePermissionsIn(known: KnownServer, channel: string): readonly Permission[] {
  const chat = useChat();
  const held = useSyncExternalStore(chat.subscribeState, () => chat.client.state.permissionsIn(channel));
  useAgainAt(known.member.muted_until);
  return held;
}

/** Why the caller may not do something now; `null` if they may. */
export function useDenied(action: Action): Denied | null {
  const chat = useChat();
  const { objects } = chat;
  const asked = JSON.stringify(action);
  const subscribe = useCallback((listener: () => void) => {
    // One's own messages begin the pause of a slow channel.
    const free = [chat.subscribeState(listener), objects.sendQueue.subscribe(listener), chat.onEvent(listener)];
    return () => free.forEach((end) => end());
  }, [chat, objects]);
  // The same text stays the same answer.
  const text = useSyncExternalStore(subscribe, () => JSON.stringify(objects.denied(JSON.parse(asked) as Action)));
  const denied = useMemo(() => JSON.parse(text) as Denied | null, [text]);
  useAgainAt(denied && "until" in denied ? denied.until : null);
  return denied;
}

/** Draws again at a time, of which no event tells. */
export function useAgainAt(time: string | null): void {
  const [, look] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const left = time === null ? 0 : Date.parse(time) - Date.now();
    if (!(left > 0)) return;
    const timer = setTimeout(look, Math.min(left + 50, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  }, [time]);
}

/** The id of a server; `null` apart from any. */
export const serverOf = (known: KnownServer | null): string | null => known?.server.id ?? null;

/** What somebody is called in a server, or apart from any; their profile is fetched where it is not known. */
export function useName(server: string | null, user: string): string {
  const chat = useChat();
  return useSyncExternalStore(chat.people.subscribe, () => nameOf(chat, server, user));
}

/** What who spoke is called: a user as in that server, anybody else by the name that came with the message. */
export function useSpeaker(server: string | null, { author, via }: Pick<Message, "author" | "via">): string {
  const chat = useChat();
  return useSyncExternalStore(chat.people.subscribe, () => speakerOf(chat, server, { author, via }));
}

export function speakerOf(chat: Chat, server: string | null, { author, via }: Pick<Message, "author" | "via">): string {
  return author === null ? spokenName(via) : nameOf(chat, server, author);
}

export function nameOf(chat: Pick<Chat, "people">, server: string | null, user: string): string {
  const profile = chat.people.user(user);
  return (server === null ? null : chat.people.nickname(server, user)) ?? calledOf(profile) ?? "…";
}

function spokenName(via: Message["via"]): string {
  switch (via?.type) {
    case "webhook":
    case "app":
      return via.name;
    case "system":
      return "Beep";
    default:
      return "…";
  }
}

/** The profiles of people, in their order, without those that are not known yet. */
export function useProfiles(users: readonly string[]): readonly User[] {
  const { people } = useChat();
  const last = useRef<readonly User[]>(NONE);
  return useSyncExternalStore(people.subscribe, () => {
    const now = users.flatMap((user) => people.user(user) ?? []);
    // The same people stay the same list.
    if (now.length !== last.current.length || now.some((one, at) => one !== last.current[at])) last.current = now;
    return last.current;
  });
}

/** The colour of somebody's name in a server: of the highest of their roles that has one. Apart from any server names have none. */
export function useColor(known: KnownServer | null, user: string | null): number | null {
  const { people } = useChat();
  return useSyncExternalStore(people.subscribe, () => {
    if (known === null) return null;
    const roles = user === null ? [] : (people.member(known.server.id, user)?.roles ?? []);
    return known.roles.find(({ id, color }) => color !== null && roles.includes(id))?.color ?? null;
  });
}

/** The backend of a person, server or channel, if it is another one than one's own. */
export function useElsewhere(id: string | null): string | null {
  const { me } = useChatView();
  const home = id === null ? null : homeOf(id);
  return me === null || home === me.domain ? null : home;
}

/** `name`, or `name@b.example.com` for somebody of another backend; `null` while nothing is known of them. */
export function useHandle(user: string): string | null {
  const chat = useChat();
  const { me } = useChatView();
  const profile = useSyncExternalStore(chat.people.subscribe, () => chat.people.user(user));
  return profile && handleOf(profile, me?.domain ?? homeOf(user));
}

/** The invitations that are for oneself, newest first. */
export function useReceived(): readonly Invitation[] {
  const { received } = useChat();
  return useSyncExternalStore(received.subscribe, received.list);
}

/** One of the lists of friends, and how far it is read. */
export function useFriendList(name: FriendListName): Pick<FriendRows, "rows" | "status"> {
  const list = useObjects().friends.list(name);
  return { rows: useObserved(list), status: list.status };
}

/** How somebody stands to oneself: their row among the friends, the requests or the blocked. */
export function useRelation(user: string): FriendRow | null {
  const { friends } = useObjects();
  const subscribe = useCallback((listener: () => void) => {
    const free = FRIEND_LISTS.map((name) => friends.list(name).subscribe(listener));
    return () => free.forEach((end) => end());
  }, [friends]);
  // The same text stays the same answer.
  const text = useSyncExternalStore(subscribe, () => JSON.stringify(friends.relation(user)));
  return useMemo(() => JSON.parse(text) as FriendRow | null, [text]);
}

/** Whether one has blocked who said something. */
export function useBlocked(author: string | null): boolean {
  const { friends } = useObjects();
  const blocked = friends.list("blocked");
  const subscribe = useCallback((listener: () => void) => blocked.subscribe(listener), [blocked]);
  return useSyncExternalStore(subscribe, () => author !== null && friends.isBlocked(author));
}

const FRIEND_LISTS = ["friends", "incoming", "outgoing", "blocked"] as const;

export interface Reach {
  /** What is wrong; `null` while nothing is known to be. */
  readonly trouble: Trouble | null;
  /** Whether something was wrong until just now. */
  readonly back: boolean;
}

/** Whether another backend can be reached. */
export function useReach(domain: string): Reach {
  const unreachable = useObserved(useObjects().unreachable);
  const row = unreachable.find((one) => one.domain === domain);
  const trouble = row ? (troubleOf(row.code) ?? "remote_unavailable") : null;
  const [last, setLast] = useState(trouble);
  useEffect(() => {
    if (trouble !== null) return setLast(trouble);
    const timer = setTimeout(() => setLast(null), BACK_MS);
    return () => clearTimeout(timer);
  }, [trouble]);
  return { trouble, back: trouble === null && last !== null };
}

/** How long the page says that a backend is there again. */
const BACK_MS = 4_000;
