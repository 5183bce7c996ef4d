/** Who and what can be named in a channel, by how one writes it. */
import { useMemo } from "react";
import { handleOf, type Channel, type KnownServer } from "../sdk";
import { nameOf, serverOf, useChannels, useChat, useChatView, useProfiles, useRoster } from "../store/hooks";
import type { Chat } from "../store/chat";
import type { Mention } from "../store/objects";
import type { Names } from "./mention-text";

/** Members, roles and channels of a server; in a private conversation who takes part. */
export function useNames(known: KnownServer | null, { participants }: Channel): Names {
  const chat = useChat();
  const { me } = useChatView();
  const { members } = useRoster(serverOf(known));
  const present = useProfiles(participants);
  const channels = useChannels(serverOf(known));
  const roles = known?.roles;
  return useMemo(() => {
    const profiles = [...present, ...members.flatMap(({ profile }) => profile ?? [])];
    const users = profiles.map((profile) => ({ id: profile.id, handle: handleOf(profile, me?.domain ?? "") }));
    const byName = new Map<string, string>();
    // What comes last wins: people go before roles of the same name.
    for (const role of roles ?? []) if (!role.everyone) byName.set(`@${role.name.toLowerCase()}`, `@&${role.id}`);
    for (const { id, handle } of users) byName.set(`@${handle.toLowerCase()}`, `@${id}`);
    for (const { id, name } of channels) if (name !== null) byName.set(`#${name.toLowerCase()}`, `#${id}`);
    const byId = new Map([...byName].map(([name, id]) => [id, name]));
    for (const { id, handle } of users) byId.set(`@${id}`, `@${handle}`);
    for (const role of roles ?? []) if (byId.has(`@&${role.id}`)) byId.set(`@&${role.id}`, `@${role.name}`);
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
  }, [chat, me, members, present, channels, roles]);
}

/** What a mention is called in a line of plain text, without its sign. */
export function mentionName(chat: Chat, known: KnownServer | null, mention: Mention): string | null {
  switch (mention.type) {
    case "user":
      return nameOf(chat, serverOf(known), mention.id);
    case "role":
      return known?.roles.find(({ id }) => id === mention.id)?.name ?? null;
    case "channel":
      return chat.client.state.channel(mention.id)?.name ?? null;
    case "everyone":
      return "everyone";
  }
}
