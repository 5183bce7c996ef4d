/** How components read private conversations. */
import { useSyncExternalStore } from "react";
import { locale, t } from "../i18n";
import type { Channel } from "../sdk";
import { nameOf, useChat, useChatView } from "../store/hooks";
import { partnerIn, privateName, type Private } from "./name";

/** What a private conversation is called. */
export function usePrivateName(channel: Private): string {
  const chat = useChat();
  const { me } = useChatView();
  return useSyncExternalStore(chat.people.subscribe, () => privateName(channel, me?.id ?? "", (user) => nameOf(chat, null, user), locale, t("group.alone")));
}

/** What a channel is called, without a sign: that of a server by its name. */
export function useChannelName(channel: Channel): string {
  const derived = usePrivateName(channel);
  return channel.server_id === null ? derived : (channel.name ?? "");
}

/** Who a direct conversation is with; `null` for every other channel. */
export function usePartner(channel: Private): string | null {
  const { me } = useChatView();
  return partnerIn(channel, me?.id ?? "");
}
