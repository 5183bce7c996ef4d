/** How components read the stores. */
import { createContext, useContext, useEffect, useReducer, useSyncExternalStore } from "react";
import { handleOf, homeOf, type Channel, type Invitation, type KnownServer, type Message, type Permission } from "../sdk";
import type { Chat, ChatView } from "./chat";
import type { Roster } from "./people";
import type { Pins, PinsView } from "./pins";
import type { Reach } from "./remotes";
import type { Timeline, TimelineView } from "./timeline";

export const ChatContext = createContext<Chat | null>(null);

export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error("there is no chat around this component");
  return chat;
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

export function useChannels(server: string): readonly Channel[] {
  const chat = useChat();
  return useSyncExternalStore(chat.subscribeState, () => chat.client.state.channels(server));
}

export function useTimeline(timeline: Timeline): TimelineView {
  return useSyncExternalStore(timeline.subscribe, timeline.view);
}

/** The pinned messages of a channel, kept up for as long as somebody looks at them. */
export function usePins(pins: Pins): PinsView {
  useEffect(() => {
    pins.open();
    return () => pins.close();
  }, [pins]);
  return useSyncExternalStore(pins.subscribe, pins.view);
}

export function useRoster(server: string): Roster {
  const chat = useChat();
  const roster = useSyncExternalStore(chat.people.subscribe, () => chat.people.roster(server));
  useEffect(() => chat.people.open(server), [chat, server, roster.status]);
  return roster;
}

/** What the caller may do in a server. */
export function usePermissions(known: KnownServer): readonly Permission[] {
  const chat = useChat();
  const held = useSyncExternalStore(chat.subscribeState, () => chat.client.state.permissions(known.server.id));
  useMuteEnd(known);
  return held;
}

/** What the caller may do in a channel. */
export function usePermissionsIn(known: KnownServer, channel: string): readonly Permission[] {
  const chat = useChat();
  const held = useSyncExternalStore(chat.subscribeState, () => chat.client.state.permissionsIn(channel));
  useMuteEnd(known);
  return held;
}

/** Looks again when the caller's mute ends, of which no event tells. */
function useMuteEnd({ member }: KnownServer): void {
  const [, look] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const left = member.muted_until === null ? 0 : Date.parse(member.muted_until) - Date.now();
    if (left <= 0) return;
    const timer = setTimeout(look, Math.min(left + 50, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  }, [member.muted_until]);
}

/** What somebody is called in a server; their profile is fetched where it is not known. */
export function useName(server: string, user: string): string {
  const chat = useChat();
  return useSyncExternalStore(chat.people.subscribe, () => nameOf(chat, server, user));
}

/** What who spoke is called: a user as in that server, anybody else by the name that came with the message. */
export function useSpeaker(server: string, { author, via }: Pick<Message, "author" | "via">): string {
  const chat = useChat();
  return useSyncExternalStore(chat.people.subscribe, () => (author === null ? spokenName(via) : nameOf(chat, server, author)));
}

function nameOf(chat: Chat, server: string, user: string): string {
  const profile = chat.people.user(user);
  return chat.people.nickname(server, user) ?? profile?.display_name ?? profile?.username ?? "…";
}

function spokenName(via: Message["via"]): string {
  switch (via?.type) {
    case "webhook":
    case "app":
      return via.name;
    case "system":
      return via.event;
    default:
      return "…";
  }
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

/** Whether another backend can be reached. */
export function useReach(domain: string): Reach {
  const { remotes } = useChat();
  return useSyncExternalStore(remotes.subscribe, () => remotes.reach(domain));
}
