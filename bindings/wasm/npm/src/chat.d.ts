/**
 * The objects of a chat app, as the browser SDK gives them: what they are is in the Rust SDK, which all platforms share.
 */
import type { Client, StreamItem } from "./index.js";
import type { Channel, ErrorCode, Event, Message, Permission, Pin, Presence, User } from "./operations.js";

/** A list that is watched. `rows` is another array after each change, so it fits React's `useSyncExternalStore`. */
export interface Observed<T> {
  readonly rows: readonly T[];
  /** Calls back after each change, at most once for a burst; gives the function that ends it. */
  subscribe(listener: () => void): () => void;
}

/** A value that is watched; another object after each change. */
export interface Watched<T> {
  readonly value: T;
  subscribe(listener: () => void): () => void;
}

/** What outlives the page: values by key. The default is IndexedDB where the browser has it, and else memory. */
export interface ChatStorage {
  read(key: string): Promise<Uint8Array | null>;
  write(key: string, value: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  /** Puts values and removes keys (`null`): all of them or none. Without it they are written one by one. */
  writeAll?(writes: readonly (readonly [key: string, value: Uint8Array | null])[]): Promise<void>;
  list(prefix: string): Promise<string[]>;
}

/** Why something did not work, as it is kept. */
export interface Failure {
  /** The backend's code; `null` if there was no answer. */
  readonly code: ErrorCode | null;
  readonly detail: string;
  /** With `permission_denied`: the permissions that are needed. */
  readonly missing?: readonly string[];
  /** When it ends: slow mode (`rate_limited`), `muted`, `restricted`, `account_suspended`, `server_suspended`. */
  readonly until?: string;
}

/** The chat of who is signed in. Make it after `login`, `activate` or `restore`; it follows the gateway by itself. */
export class Chat {
  constructor(client: Client, options?: { storage?: ChatStorage });

  /** Does the work until `close`. Rejects with the error that ended the session; what was not sent is kept. */
  run(): Promise<void>;

  readonly client: Client;

  /** A channel's messages. Close it when it is not shown any longer; asking again gives another view of the same. */
  timeline(channel: string): Timeline;
  /** A channel's pinned messages. */
  pins(channel: string): Pins;
  /** The members of a server. Each call gives another list, with its own range and search; close it after use. */
  members(server: string): Members;

  /** Names, avatars and colours. */
  readonly people: People;
  /** Friends, open requests, and whom the caller has blocked. */
  readonly friends: Friends;
  /** Who is there. */
  readonly company: Company;
  readonly sendQueue: SendQueue;
  readonly drafts: Drafts;
  readonly conversations: Conversations;

  readonly connection: Watched<ConnectionState>;
  /** Other backends that do not answer as they should. What waits for one is tried again by itself. */
  readonly unreachable: Observed<Unreachable>;

  /** Why the caller may not do something now; `null` if they may. */
  denied(action: Action): Denied | null;
  /** What the caller, or a member with these roles alone, may do in a channel. `null` if they do not see it. */
  permissionsIn(channel: string, viewAs?: readonly string[]): readonly Permission[] | null;
  /** What a target of an override may do in a channel without that override: what "inherit" means now. */
  inherited(channel: string, target: OverrideTarget): readonly Permission[] | null;

  /** Calls back with every event of the gateway, in order, after the objects took it. */
  onEvent(listener: (event: Event) => void): () => void;
  /** The same with everything that the stream of events gives: snapshots, resumes, resyncs. */
  onItem(listener: (item: StreamItem) => void): () => void;

  /** The network is back, the page is visible again, or the user wants it: whatever waits is tried at once. */
  networkIsBack(): void;
  /** Waits until everything is stored. */
  saved(): Promise<void>;
  /** Stops the work. Everything that was written is kept. */
  close(): void;

  /** Removes all that is stored of an account on this device, also what was not sent. */
  static erase(user: string, storage?: ChatStorage): Promise<void>;
}

export type ConnectionState =
  | { readonly type: "connecting" | "catching_up" | "live" | "signed_out" }
  | { readonly type: "offline"; readonly reason: string; readonly retry_at: string };

export interface Unreachable {
  readonly domain: string;
  readonly code: ErrorCode;
  readonly since: string;
}

export interface Timeline extends Observed<TimelineRow> {
  readonly channel: string;
  readonly status: Watched<TimelineStatus>;
  /** Who is writing: never the caller, nor whom they have blocked. */
  readonly writers: Observed<string>;
  loadOlder(): void;
  loadNewer(): void;
  jumpToNewest(): void;
  /** Shows a message and those around it. If it is not among the rows once loaded, it was deleted. */
  jumpTo(message: string): void;
  /** Whether the view is at the newest rows; at most 500 messages are kept, and the far end is dropped. */
  follow(newest: boolean): void;
  edit(message: string, text: string): Promise<void>;
  delete(message: string): Promise<void>;
  pin(message: string, pinned: boolean): Promise<void>;
  /** Reacts with an emoji, or takes that back. The rows follow, with `me` in `message.reactions`. */
  react(message: string, emoji: string, reacts: boolean): Promise<void>;
  /** Removes all reactions with an emoji. */
  clearReactions(message: string, emoji: string): Promise<void>;
  close(): void;
}

/** `key` stays the same when a message that was on its way has arrived. */
export type TimelineRow =
  | { readonly key: string; readonly type: "message"; readonly message: Message; readonly reply: ReplyPreview | null }
  | ({ readonly key: string; readonly type: "outgoing" } & Outgoing);

export type ReplyPreview =
  | { readonly type: "loading" }
  | { readonly type: "deleted" }
  | { readonly type: "message"; readonly message: Message };

export interface TimelineStatus {
  readonly is_loaded: boolean;
  /** What is being loaded. */
  readonly loading: "newest" | "older" | "newer" | "around" | null;
  /** A temporary failure is tried again by itself; otherwise `loading` is `null`. */
  readonly failure: Failure | null;
  readonly has_older: boolean;
  readonly has_newer: boolean;
  /** The rows may have gaps until they were loaded again. */
  readonly is_stale: boolean;
  /** The channel was deleted, or is no longer visible. */
  readonly is_gone: boolean;
}

export interface Outgoing {
  readonly nonce: string;
  readonly channel: string;
  readonly content: string;
  readonly reply_to: string | null;
  readonly queued_at: string;
  readonly state:
    | { readonly type: "queued" }
    | { readonly type: "waiting"; readonly reason: Failure; readonly retry_at: string }
    | { readonly type: "sending" }
    | { readonly type: "failed"; readonly reason: Failure };
}

export interface SendQueue extends Observed<Outgoing> {
  /** Queues a text; gives its nonce. Throws BeepError `queue_full` or `text_too_long`: then it is not taken. */
  send(channel: string, text: string, replyTo?: string | null): string;
  retry(nonce: string): void;
  /** Replaces the text of one that was certainly not sent. Throws `gone` or `may_be_sent`. */
  edit(nonce: string, text: string): void;
  /** Gives one up, and gives it back. Throws `gone` or `may_be_sent`. */
  discard(nonce: string): Outgoing;
}

export interface DraftPlace {
  readonly channel: string;
  /** The message that is being edited; `null` for the composer. */
  readonly edits: string | null;
}

export interface Draft {
  readonly place: DraftPlace;
  readonly text: string;
  readonly reply_to: string | null;
  readonly changed_at: string;
}

export interface Drafts extends Observed<Draft> {
  get(place: DraftPlace): Draft | null;
  /** To be called at each change. Without text and reply there is no draft. */
  set(place: DraftPlace, text: string, replyTo?: string | null): void;
  discard(place: DraftPlace): Draft | null;
  /** Sends what is in the composer of a channel and empties it; says whether there was any text. */
  send(channel: string): boolean;
}

export interface Pins extends Observed<Pin> {
  readonly failure: Failure | null;
  close(): void;
}

/** A part of the members: `rows` are those that were asked for with `show`, and the first of them is at `start`. */
export interface Members extends Observed<MemberRow> {
  /** The place of the first row in the whole list; changes together with `rows`. */
  readonly start: number;
  /** How many rows the whole list has, as far as that is known. */
  readonly length: number;
  /** A temporary failure is tried again by itself. */
  readonly failure: Failure | null;
  /** Shows the rows from one place to before another, at most 500; the first 100 before the first call. */
  show(from: number, to: number): void;
  /** Lists only those whose nickname, display name or username begins so; `null` for all. */
  search(query: string | null): void;
  close(): void;
}

/** Up to 1000 members are in sections; more, and those found, are in the order of the backend. */
export type MemberRow =
  | { readonly type: "section"; readonly section: MemberSection; readonly count: number }
  | {
      readonly type: "member";
      readonly user: string;
      readonly nickname: string | null;
      /** `null` until it is known of one who just joined. */
      readonly profile: User | null;
      readonly roles: readonly string[];
      /** `0xRRGGBB` */
      readonly color: number | null;
      readonly owner: boolean;
      /** The mute may be over. */
      readonly muted_until: string | null;
    }
  /** Not loaded yet. */
  | { readonly type: "pending"; readonly at: number };

export type MemberSection = { readonly of: "owner" | "others" } | { readonly of: "role"; readonly id: string };

export interface People {
  /** Somebody as they are shown, in a server or apart from any; to be called whenever they are drawn. What is not known is
   * asked for. Who is the same is the same object. */
  show(server: string | null, user: string): Shown;
  /** Calls back with those who are to be drawn again; `null` is everybody. */
  subscribe(listener: (users: readonly string[] | null) => void): () => void;
}

export interface Shown {
  /** Nickname, else display name, else username; `null` until it is known. */
  readonly name: string | null;
  /** With the domain if the user is of another backend. Two people can have one name, but not one handle. */
  readonly handle: string | null;
  readonly avatar: string | null;
  /** `0xRRGGBB` */
  readonly color: number | null;
  /** Whether they are a member of the server, if that is known. */
  readonly member: boolean | null;
  readonly deleted: boolean;
}

export type FriendListName = "friends" | "incoming" | "outgoing" | "blocked";

/** Somebody in one of the lists of friends. */
export interface FriendRow {
  readonly list: FriendListName;
  readonly user: string;
  /** `null` until it is read. */
  readonly profile: User | null;
  /** The request, in the lists of requests. */
  readonly request: string | null;
  /** Since when they are in the list. */
  readonly since: string;
}

/** Newest first. */
export interface FriendRows extends Observed<FriendRow> {
  /** Whether the rows are all there are, and why not; `subscribe` tells when it changes. A temporary failure is tried again by itself. */
  readonly status: { readonly is_loaded: boolean; readonly failure: Failure | null };
}

/**
 * What the caller does shows at once; if the backend refuses it, it is taken back and the promise rejects with the reason.
 * Blocks of another device are known after the next connection.
 */
export interface Friends {
  /** Incoming requests and blocks are read with each connection, the others when they are first asked for. */
  list(of: FriendListName): FriendRows;
  /** The row of somebody: among the blocked, or in the one of the other lists that they are in. */
  relation(user: string): FriendRow | null;
  /** Whether to hide what they say. */
  isBlocked(user: string): boolean;
  /** Asks by handle: `name`, or `name@b.example.com`. Gives a row of `friends` if they had asked the caller. */
  ask(handle: string): Promise<FriendRow>;
  accept(request: string): Promise<void>;
  decline(request: string): Promise<void>;
  cancel(request: string): Promise<void>;
  remove(user: string): Promise<void>;
  block(user: string): Promise<void>;
  unblock(user: string): Promise<void>;
}

export interface Company {
  /** How somebody is seen: friends always, members while somebody watches them; others are `offline`. `people.subscribe` tells
   * whose presence is another one. */
  presence(user: string): Presence;
  /** Looks at the members of a server or private channel until the function is called that it gives. `users` are those that are
   * shown; call it again where they are others. */
  watch(server: string, users?: readonly string[]): () => void;
}

export interface ServerRow {
  readonly id: string;
  readonly name: string;
  readonly icon: string | null;
  readonly unread_channels: number;
  readonly mentions: number;
}

export interface ChannelRow {
  readonly id: string;
  readonly kind: Channel["kind"];
  readonly name: string | null;
  /** The category that it is in, if that is in the list. */
  readonly parent_id: string | null;
  /** The position in its category, or among those in none. */
  readonly position: number;
  readonly participants: readonly string[];
  readonly last_message_id: string | null;
  /** The next message is the first that is new. */
  readonly last_read_id: string | null;
  readonly unread: number;
  /** Whether there may be more than `unread`. */
  readonly more: boolean;
  /** How many unread messages are for the caller: those that mention them, and in a private channel all. */
  readonly mentions: number;
  readonly muted: boolean;
}

export interface Conversations {
  readonly servers: Observed<ServerRow>;
  /** The channels of a server: those in no category, then each category with its channels; of `null` the private ones. */
  channels(server: string | null): Observed<ChannelRow>;
  /** For the title and the icon of the app. */
  readonly totals: Watched<{ readonly unread_channels: number; readonly mentions: number }>;
  /** What is marked shows at once, and on all devices of the account as soon as the backend knows of it. */
  markRead(channel: string): void;
  markServerRead(server: string | null): void;
  markUnread(channel: string, message: string, count?: number): void;
  setMuted(channel: string, muted: boolean): void;
  nextUnread(after?: string | null): string | null;
}

/** See `Action` in the Rust SDK: `{ action: "send", channel }`, `{ action: "kick", server, member }`, ... */
export type Action = { readonly action: string } & Record<string, unknown>;

export type Denied =
  | { readonly reason: "unknown" | "member_rank" | "role_rank" | "owner_only" | "owner_cannot" | "not_yours" | "yourself" | "everyone_role" | "private" | "category" }
  | { readonly reason: "missing" | "missing_any"; readonly permissions: readonly Permission[] }
  | { readonly reason: "muted" | "slow_mode" | "restricted" | "suspended"; readonly until: string };

export type OverrideTarget =
  | { readonly type: "role"; readonly id: string }
  | { readonly type: "member"; readonly user: string; readonly roles?: readonly string[] };

/** The text of a message as a tree. */
export function markup(text: string): Markup;
/** One line without marks, for reply previews and notices; `name` gives the name of a mention without its sign. */
export function preview(text: string, most: number, name: (mention: Mention) => string | null): string;

/** A text without marks, for copying and reading aloud. */
export function plainText(text: string, name: (mention: Mention) => string | null): string;

export interface Markup {
  readonly blocks: readonly Block[];
  /** Set if the message has nothing but 1 to 27 emoji, which can be drawn large. */
  readonly lone_emoji?: number;
}

export type Block =
  | { readonly type: "paragraph" | "small"; readonly inlines: readonly Inline[] }
  | { readonly type: "heading"; readonly level: 1 | 2 | 3; readonly inlines: readonly Inline[] }
  | { readonly type: "quote"; readonly blocks: readonly Block[] }
  | { readonly type: "list"; readonly items: readonly { readonly number?: number; readonly blocks: readonly Block[] }[] }
  | { readonly type: "code"; readonly language?: string; readonly text: string };

export type Inline =
  | { readonly type: "text" | "code"; readonly text: string }
  | { readonly type: "break" | "everyone" }
  | { readonly type: "strong" | "emphasis" | "strike" | "spoiler"; readonly inlines: readonly Inline[] }
  | { readonly type: "link"; readonly url: string; readonly host: string; readonly label: readonly Inline[]; readonly disguised: boolean }
  | { readonly type: "user" | "role" | "channel"; readonly id: string }
  | { readonly type: "emoji"; readonly name: string };

export type Mention = { readonly type: "user" | "role" | "channel"; readonly id: string } | { readonly type: "everyone" };
