/** Who and what can be named in a channel, by how one writes it. */
import { useMemo } from "react";
import { handleOf, type KnownServer } from "../sdk";
import { nameOf, useChannels, useChat, useChatView, useRoster } from "../store/hooks";
import type { Chat } from "../store/chat";
import type { Mention } from "../store/objects";
import type { Names } from "./mention-text";

export function useNames(known: KnownServer): Names {
  const chat = useChat();
  const { me } = useChatView();
  const { members } = useRoster(known.server.id);
  const channels = useChannels(known.server.id);
  return useMemo(() => {
    const users = members.flatMap(({ profile }) => (profile ? [{ id: profile.id, handle: handleOf(profile, me?.domain ?? "") }] : []));
    const byName = new Map<string, string>();
    // What comes last wins: people go before roles of the same name.
    for (const role of known.roles) if (!role.everyone) byName.set(`@${role.name.toLowerCase()}`, `@&${role.id}`);
    for (const { id, handle } of users) byName.set(`@${handle.toLowerCase()}`, `@${id}`);
    for (const { id, name } of channels) if (name !== null) byName.set(`#${name.toLowerCase()}`, `#${id}`);
    const byId = new Map([...byName].map(([name, id]) => [id, name]));
    for (const { id, handle } of users) byId.set(`@${id}`, `@${handle}`);
    for (const role of known.roles) if (byId.has(`@&${role.id}`)) byId.set(`@&${role.id}`, `@${role.name}`);
    for (const { id, name } of channels) if (name !== null) byId.set(`#${id}`, `#${name}`);
    return {
      idOf: (sign, name) => byName.get(`${sign}${name.toLowerCase()}`) ?? null,
      nameOf: (kind, id) => {
        const written = byId.get(`${kind}${id}`)?.slice(1);
        if (written !== undefined) return written;
        const profile = kind === "@" ? chat.people.user(id) : null;
        return profile && byName.get(`@${handleOf(profile, me?.domain ?? "").toLowerCase()}`) === `@${id}` ? handleOf(profile, me?.domain ?? "") : null;
      },
    };
  }, [chat, me, members, channels, known.roles]);
}

/** What a mention is called in a line of plain text, without its sign. */
export function mentionName(chat: Chat, known: KnownServer, mention: Mention): string | null {
  switch (mention.type) {
    case "user":
      return nameOf(chat, known.server.id, mention.id);
    case "role":
      return known.roles.find(({ id }) => id === mention.id)?.name ?? null;
    case "channel":
      return chat.client.state.channel(mention.id)?.name ?? null;
    case "everyone":
      return "everyone";
  }
}
