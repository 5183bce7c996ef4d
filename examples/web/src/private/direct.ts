/** The direct conversation with somebody: of each two people there is one. */
import { navigate, paths, routeOf, usePath } from "../router";
import { BeepError } from "../sdk";
import type { Chat } from "../store/chat";
import { useChannel, useChat } from "../store/hooks";
import { toast } from "../ui/toast";
import { explainContact } from "./explain";

/** The path of the direct conversation with somebody, which is made if there is none. */
export async function directWith({ client, objects }: Chat, user: string): Promise<string> {
  const { rows } = objects.conversations.channels(null);
  const known = rows.find(({ kind, participants }) => kind === "direct" && participants.includes(user));
  const { id } = known ?? (await client.conversations.open({ kind: "direct", user }));
  return paths.channel(null, id);
}

/** Goes to the direct conversation with somebody; where that is refused it says why. `name` is what they are called. */
export function writeTo(chat: Chat, user: string, name: string): void {
  directWith(chat, user).then(navigate, (cause: unknown) => {
    if (!(cause instanceof BeepError)) throw cause;
    toast(explainContact(cause, user, name));
  });
}

/** What leads to the direct conversation with somebody; `null` where it is open. */
export function useWriteTo(user: string, name: string): (() => void) | null {
  const chat = useChat();
  const route = routeOf(usePath());
  const open = useChannel(route.at === "private" ? route.channel : null);
  return open?.kind === "direct" && open.participants.includes(user) ? null : () => writeTo(chat, user, name);
}
