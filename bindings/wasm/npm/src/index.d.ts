/**
 * The browser SDK of Beep. The types on the wire (`Message`, `Server`, `Event`, ...) and of the operations are generated
 * from the backend's table; this file has only what the SDK adds.
 */
import type {
  Channel,
  ErrorCode,
  Event,
  EventOf,
  EventType,
  Explained,
  Member,
  Operations,
  Permission,
  Problem,
  Ready,
  Role,
  SelfUser,
  Server,
} from "./operations.js";

export type * from "./operations.js";
export * from "./chat.js";

/** The WebAssembly module or its URL; by default it is beside the script. */
export type InitSource = string | URL | Request | Response | Promise<Response> | BufferSource | WebAssembly.Module;

/** Loads the WebAssembly module. Await it once before anything else is used; further calls do nothing. */
export default function init(source?: InitSource): Promise<void>;

/** The options of a client. */
export interface ClientOptions {
  /** The URL of the backend, without `/v1`: `location.origin` if it serves the page. */
  url: string;
  /**
   * Whether the `zuid` cookie is sent to another origin too. The default `same-origin` is right if the backend serves
   * the page, or if both are behind one proxy.
   */
  credentials?: "same-origin" | "include";
  /**
   * Where the refresh token is stored. `cookie`, the default: in an `HttpOnly` cookie, which scripts cannot read and all
   * tabs share, so that `restore()` works after a reload. `memory`: only in this client, lost with the page; for several
   * accounts in one page, and for backends of another origin.
   */
  session?: "cookie" | "memory";
  /** How often a request is tried if a retry cannot act twice; 5 by default. */
  tries?: number;
  /** How long one try of a request may take, in milliseconds; 45,000 by default. */
  timeoutInMs?: number;
}

/** What a page stores to open without the backend. */
export interface StoredSession {
  readonly session_id: string;
  /** The account, as of the last renewal of the session. */
  readonly user: SelfUser;
  /** Only with `session: "memory"`; store it like a password. */
  readonly refresh_token?: string;
  readonly cursor: string | null;
}

/** The options of every call. */
export interface CallOptions {
  /** Aborts the call: its promise rejects with the signal's reason. The request may have been carried out. */
  signal?: AbortSignal;
}

/** The domain of the backend that owns the thing with a qualified id. */
export function homeOf(id: string): string;

/** The handle of a user for users of the backend `domain`: `name` if they belong to it, else `name@b.example.com`. */
export function handleOf(user: { readonly id: string; readonly username: string }, domain: string): string;

/** The operations, by group: they merge into the class. */
export interface Client extends Operations<CallOptions> {}

/** One user of one backend. */
export class Client {
  constructor(options: ClientOptions);

  /**
   * Signs in with a username or mail address. `persist`: the cookie outlives the browser. `otp_required`: the password is
   * right; call again with a code of the second factor as `otp`.
   */
  login(
    input: { login: string; password: string; otp?: string; label?: string; persist?: boolean },
    options?: CallOptions,
  ): Promise<SelfUser>;

  /** Activates a new account with the mailed code, or confirms its new address, and signs in. `persist`: as for `login`. */
  activate(input: { email: string; code: string; otp?: string; label?: string; persist?: boolean }, options?: CallOptions): Promise<SelfUser>;

  /** Signs in with the `zuid` cookie, after a reload; `null` if there is none or its session has ended. */
  restore(options?: CallOptions): Promise<SelfUser | null>;

  /** The session to store for `resume`; `null` when signed out. */
  readonly session: StoredSession | null;

  /**
   * Signs in with a stored session, without a request: a page that was opened before opens without the backend. If the
   * session has ended, the stream of events, or `Chat.run`, ends with an error.
   */
  resume(session: StoredSession): void;

  /** Ends the session, here and on the backend. Here it ends even if the backend cannot be reached. */
  logout(options?: CallOptions): Promise<void>;

  /** The account, as of the last renewal of the session; `null` when signed out. */
  readonly user: SelfUser | null;

  /**
   * The live stream of events: with a snapshot first, or after a cursor. It reconnects without limit and ends, with an error,
   * when the session has ended. Use one stream at a time, because `state` follows it.
   */
  events(options?: { cursor?: string; signal?: AbortSignal }): Events;

  /** The state, from the stream of events. */
  readonly state: State;

  /** Frees the memory of the client, which cannot be used afterwards. */
  close(): void;
}

/** An item of the stream. */
export type StreamItem =
  /** A snapshot of all that the caller may see: at the start and after `resync`. Forget the earlier state. */
  | { readonly type: "ready"; readonly ready: Ready }
  /** Something happened. */
  | { readonly type: "event"; readonly event: Event }
  /** The connection continues where the last one ended; missed events follow. */
  | { readonly type: "resumed" }
  /** All missed events were delivered; what follows is live. */
  | { readonly type: "caught_up"; readonly cursor: string }
  /** There is no connection. The client reconnects; no event is lost. */
  | { readonly type: "disconnected"; readonly reason: DisconnectReason; readonly detail: string; readonly retryInMs: number }
  /**
   * The cursor is too old, or events are missing that cannot be fetched. `scope` is `all` or a server's id: `ready`
   * follows, or, for one server, an event `member.joined` that holds the whole server.
   */
  | { readonly type: "resync"; readonly scope: string };

/** Why there is no connection. */
export type DisconnectReason =
  /** The backend cannot be reached, or the connection broke. */
  | "transport"
  /** The backend closed it. */
  | "closed"
  /** The backend gave a reason and closed it. */
  | "refused"
  /** Nothing arrived for two intervals. */
  | "silent"
  /** The backend refused the access token; the client tries another one. */
  | "unauthenticated"
  /** The backend sent an invalid frame. */
  | "nonsense";

/** The events for listeners: items (`ready`, `disconnected`, ...), events (`message.created`, ...), and the end. */
export type StreamListeners = {
  [Type in StreamItem["type"]]: Extract<StreamItem, { type: Type }>;
} & {
  [Type in EventType]: EventOf<Type>;
} & {
  /** The stream has ended: the session ended, or the backend refuses this client for good. */
  error: BeepError;
  /** The stream has ended, with an error or closed by the caller. Comes last and once. */
  end: undefined;
};

/**
 * A stream of events. With `for await` the loop sets the pace; with listeners only, the stream is read as fast as items
 * arrive. Both can be combined. Nothing is read before one of them is used.
 *
 * An event counts as handled once the next one is requested. Listeners of an item run before the subscribers of `state`,
 * and see the new state.
 */
export class Events implements AsyncIterable<StreamItem> {
  private constructor();
  [Symbol.asyncIterator](): AsyncIterator<StreamItem, void, undefined>;
  addEventListener<Type extends keyof StreamListeners>(
    type: Type,
    listener: (item: StreamListeners[Type]) => void,
    options?: { once?: boolean; signal?: AbortSignal },
  ): void;
  removeEventListener<Type extends keyof StreamListeners>(
    type: Type,
    listener: (item: StreamListeners[Type]) => void,
  ): void;
  /** The cursor of the last handled item, for `client.events({ cursor })`. */
  readonly cursor: string | null;
  /** Ends the stream and its connection; loops end, listeners get `end`. */
  close(): void;
}

/** A server as one of its members sees it. */
export interface KnownServer {
  readonly server: Server;
  /** Highest first; `everyone` is the last. */
  readonly roles: readonly Role[];
  /** The caller's membership, without profile. */
  readonly member: Member;
}

/**
 * The state of the client: updated while the stream of events is read, empty before `ready`.
 *
 * Each result stays the same object until its content changes, so `subscribe` and these methods work with
 * `useSyncExternalStore`.
 */
export class State {
  private constructor();
  /** Counts the changes. */
  readonly version: number;
  /** Whether a snapshot has arrived. */
  readonly ready: boolean;
  /** The account; `null` before the snapshot. */
  self(): SelfUser | null;
  /** The servers that the caller is a member of, oldest first. */
  servers(): readonly KnownServer[];
  /** One of them. */
  server(serverId: string): KnownServer | null;
  /** The channels with messages of a server that the caller sees, in the order of the list: those in no category first. */
  channels(serverId: string): readonly Channel[];
  /** The categories of a server that the caller sees, in their order. */
  categories(serverId: string): readonly Channel[];
  /** One channel that the caller sees. */
  channel(channelId: string): Channel | null;
  /** The permissions of the caller in a server now; none if they are not a member. The end of a mute changes them without an event. */
  permissions(serverId: string): readonly Permission[];
  /** The permissions of the caller in a channel now; none if they do not see it. */
  permissionsIn(channelId: string): readonly Permission[];
  /** Calls a listener after every change; gives the function that unsubscribes it. */
  subscribe(listener: () => void): () => void;
  addEventListener(type: "change", listener: () => void, options?: { once?: boolean; signal?: AbortSignal }): void;
  removeEventListener(type: "change", listener: () => void): void;
}

/** Why a call failed. */
export type BeepErrorCode =
  /** The backend refused: `problem` says more. */
  | ErrorCode
  /** A code of a newer backend, or an answer that is not from a backend. */
  | "unknown"
  /** The backend cannot be reached, or its answer was lost, even after retries. */
  | "transport"
  /** The answer is not valid for the operation. */
  | "decode"
  /** There is no session. */
  | "not_signed_in"
  /** The options of the client, or the input of the call, are not valid. */
  | "configuration"
  /** The storage of a chat failed. */
  | "storage"
  /** Too many messages wait to be sent. The text was not taken. */
  | "queue_full"
  /** A text is too long to be kept. It was not taken. */
  | "text_too_long"
  /** Too many texts were begun. This one was not kept. */
  | "too_many_drafts"
  /** The message is not in the queue: it was sent, or given up. */
  | "gone"
  /** The message is being sent, or may have arrived. */
  | "may_be_sent";

/** A refusal or failure; branch on `code`. */
export class BeepError extends Error {
  private constructor();
  readonly name: "BeepError";
  readonly code: BeepErrorCode;
  /** The problem document, if the backend refused. */
  readonly problem?: Problem;
  /** The request id of the backend, under which its log has the details. */
  readonly requestId?: string;
}

/** The server input of the permission engine, in the format of `beep-core/vectors/README.md`. */
export interface PermissionServer {
  owner: string;
  everyone: { id: string; permissions: readonly Permission[] };
  roles: readonly { id: string; position: number; permissions: readonly Permission[] }[];
  members: readonly {
    user: string;
    roles: readonly string[];
    muted_until: number | null;
    restricted_until?: number | null;
  }[];
  suspended_until?: number | null;
}

/** A question to the permission engine. */
export interface PermissionQuestion {
  server: PermissionServer;
  user: string;
  /** Milliseconds since 1970; decides whether a mute has ended. */
  now: number;
}

/** One of four actions on a member or a role. */
export type HierarchyAct =
  | { on_member: string }
  | { on_role: string }
  | { make_role: { id: string; position: number } }
  | { move_role: { id: string; position: number } };

/** The permission engine, the same code that decides in the backend. Throws `BeepError` (`configuration`) for malformed input. */
export const permissions: {
  /** Every permission, in the order of the engine. */
  readonly all: readonly Permission[];
  /** The permissions of a user in a server. */
  inServer(question: PermissionQuestion): Permission[];
  /** The permissions of a user in a channel with these overrides, where these users are restricted until a time. */
  inChannel(
    question: PermissionQuestion & {
      restricted?: Readonly<Record<string, number>>;
      overrides: readonly { for: string; allow: readonly Permission[]; deny: readonly Permission[] }[];
    },
  ): Permission[];
  /** The permissions of a user with the reason for each, as `servers.permissions` answers it: in a channel if there are overrides, else in the server. */
  explain(
    question: PermissionQuestion & {
      restricted?: Readonly<Record<string, number>>;
      overrides?: readonly { for: string; allow: readonly Permission[]; deny: readonly Permission[] }[];
    },
  ): Explained;
  /** Whether the rank of a member allows an action. */
  rankAllows(question: { server: PermissionServer; user: string; act: HierarchyAct }): boolean;
  /** The permissions that a change from `before` to `after` grants and the actor does not hold. */
  beyond(question: {
    held: readonly Permission[];
    before: readonly Permission[];
    after: readonly Permission[];
  }): Permission[];
};
