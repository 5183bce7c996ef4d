// What must and what must not compile against the declarations.

import init, { BeepError, Chat, Client, handleOf, homeOf, markup, permissions, preview } from "@beep-chat/client";
import type { Event, Invitation, Message, Permission, StreamItem } from "@beep-chat/client";

declare const channel: string;
await init();
const client = new Client({ url: location.origin });
const message: Message = await client.messages.send({ channel, content: "a" }, { signal: AbortSignal.timeout(1) });
const none: void = await client.messages.delete({ channel, message: message.id });
await client.pins.put({ channel, message: message.id });
for (const pin of (await client.pins.list({ channel })).items) pin.message.pinned === true && pin.pinned_at.length > 0;
await client.backend.get();
if (client.session) client.resume(client.session);
void none;
if (message.author === null) throw new Error(message.via?.type);
const handle: string = handleOf(await client.users.get({ user: message.author }), homeOf(message.channel_id));
void handle;
const invited: Invitation = await client.invitations.create({ server: "a", user: message.author });
for (const { id } of (await client.invitations.received()).items) await client.invitations.decline({ code: id });
void invited;

// @ts-expect-error the content is missing
await client.messages.send({ channel });
// @ts-expect-error there is no such permission
const wrong: Permission = "send_message";
void wrong;

const events = client.events();
events.addEventListener("message.created", ({ data }) => data.content.length);
events.addEventListener("disconnected", ({ reason, retryInMs }) => reason === "silent" && retryInMs > 0);
// @ts-expect-error there is no such event
events.addEventListener("message.sent", () => {});

const said = (event: Event): string => {
  switch (event.type) {
    case "message.created":
      return event.data.content;
    case "message.pinned":
    case "message.unpinned":
      return event.data.message_id;
    case "invitation.received":
      return event.data.server.name;
    case "invitation.revoked":
      return event.data.id;
    case "role.deleted":
      return event.data.server_id;
    default:
      return event.stream;
  }
};
for await (const item of events) {
  const one: StreamItem = item;
  if (one.type === "event") said(one.event);
}
const held: readonly Permission[] = client.state.permissionsIn(channel);
permissions.beyond({ held, before: [], after: ["view_channels"] });
const everyone = { id: "00000000-0000-7000-8000-000000000001", permissions: held };
const why: string | undefined = permissions.explain({ server: { owner: "", everyone, roles: [], members: [] }, user: "", now: 0 }).because[0]?.denied_by;
why?.length;
try {
  await client.login({ login: "a", password: "b" });
} catch (error) {
  if (error instanceof BeepError && error.code === "muted") error.problem?.until?.length;
  // @ts-expect-error there is no such code
  if (error instanceof BeepError && error.code === "silenced") throw error;
}

const chat = new Chat(client);
const ended: Promise<void> = chat.run();
void ended;
const timeline = chat.timeline(channel);
for (const row of timeline.rows) {
  if (row.type === "message") row.message.content.length;
  else if (row.state.type === "failed") row.state.reason.detail.length;
}
const stop: () => void = timeline.subscribe(() => timeline.status.value.has_older === true);
stop();
const nonce: string = chat.sendQueue.send(channel, "a", message.id);
chat.sendQueue.discard(nonce).content.length;
chat.drafts.set({ channel, edits: null }, "a");
for (const { unread, mentions } of chat.conversations.channels(null).rows) unread + mentions > 0;
const members = chat.members("a");
members.show(0, 50);
members.search("an");
for (const row of members.rows) {
  if (row.type === "section") row.section.of === "role" && row.section.id.length > 0;
  else if (row.type === "member") row.profile?.username.length;
  else row.at + members.start < members.length;
}
members.close();
const name: string | null = chat.people.show(null, message.author).name;
void name;
chat.people.subscribe((users) => users?.length)();
for (const { request, profile } of chat.friends.list("incoming").rows) if (request) await chat.friends.accept(request), profile?.username.length;
chat.friends.list("blocked").status.is_loaded === chat.friends.isBlocked(message.author);
if (chat.company.presence(message.author).status === "dnd") chat.company.watch("a", [message.author])();
const writers: readonly string[] = timeline.writers.rows;
void writers;
const asked: "friends" | "incoming" | "outgoing" | "blocked" = (await chat.friends.ask("bob@b.example.com")).list;
void asked;
// @ts-expect-error there is no such list
chat.friends.list("pending");
// @ts-expect-error a user is needed
chat.people.show("a");
const denied = chat.denied({ action: "send", channel });
if (denied?.reason === "slow_mode") denied.until.length;
for (const block of markup("**a**").blocks) if (block.type === "list") block.items.length;
const line: string = preview("a", 80, (mention) => (mention.type === "everyone" ? "everyone" : mention.id));
void line;
// @ts-expect-error a timeline has no such row
timeline.rows[0].text;
chat.close();
