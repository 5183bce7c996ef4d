/** How one wants to be seen, told to the backend. */
import type { Client, Presence } from "../sdk";
import type { ChatObjects } from "../store/objects";

/** Changes how available one is; what one says beside it stays. */
export function seenAs({ client, objects }: { client: Client; objects: ChatObjects }, me: string, status: Presence["status"]): Promise<unknown> {
  const { text, emoji } = objects.company.presence(me);
  return client.presence.put({ status, ...(text !== null && { text }), ...(emoji !== null && { emoji }) });
}
