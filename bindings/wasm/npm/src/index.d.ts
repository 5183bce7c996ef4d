/**
 * The browser SDK of Beep. The types of what travels (`Message`, `Server`, `Event`, ...) and of the operations are
 * generated from the backend's own table; here is only what the SDK adds.
 */
import type {
  Channel,
  ErrorCode,
  Event,
  EventOf,
  EventType,
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

/** Where the WebAssembly module comes from; left out, it lies beside the script. */
export type InitSource = string | URL | Request | Response | Promise<Response> | BufferSource | WebAssembly.Module;

/** Loads the WebAssembly module. Await it once before anything else is used; further calls do nothing. */
export default function init(source?: InitSource): Promise<void>;

/** How a client is made. */
export interface ClientOptions {
  /** Where the backend is reached, without `/v1`: `location.origin` when it serves the page. */
  url: string;
  /**
   * Whether the `zuid` cookie travels to another origin too. `same-origin`, the default, is right when the backend
   * serves the page or a proxy stands before both.
   */
  credentials?: "same-origin" | "include";
  /**
   * Where the refresh credential lives. `cookie`, the default: in the `HttpOnly` cookie that no script reads, shared by
   * all tabs, so that `restore()` works after a reload. `memory`: in this client alone, gone with the page; for several
   * accounts in one page, and for backends of another origin.
   */
  session?: "cookie" | "memory";
  /** How often a request is tried where that cannot do a thing twice; 5 by default. */
  tries?: number;
  /** How long one try of a request may take, in milliseconds; 45,000 by default. */
  timeoutInMs?: number;
}

/** What every call takes beside its input. */
export interface CallOptions {
  /** Ends the call: its promise is rejected with the signal's reason. What was sent may have been carried out. */
  signal?: AbortSignal;
}

/** The domain of the backend that owns what a qualified id names. */
export function homeOf(id: string): string;

/** What somebody is called by users of the backend `domain`: `name` if they are its own, else `name@b.example.com`. */
export function handleOf(user: { readonly id: string; readonly username: string }, domain: string): string;

/** One user of one backend. */
export class Client implements Operations<CallOptions> {
  constructor(options: ClientOptions);

  readonly backend: Operations<CallOptions>["backend"];
  readonly accounts: Operations<CallOptions>["accounts"];
  readonly sessions: Operations<CallOptions>["sessions"];
  readonly self: Operations<CallOptions>["self"];
  readonly users: Operations<CallOptions>["users"];
  readonly servers: Operations<CallOptions>["servers"];
  readonly members: Operations<CallOptions>["members"];
  readonly bans: Operations<CallOptions>["bans"];
  readonly roles: Operations<CallOptions>["roles"];
  readonly channels: Operations<CallOptions>["channels"];
  readonly invitations: Operations<CallOptions>["invitations"];
  readonly messages: Operations<CallOptions>["messages"];
  readonly admin: Operations<CallOptions>["admin"];

  /** Signs in with a username or mail address. `persist`: the cookie outlives the browser. */
  login(
    input: { login: string; password: string; otp?: string; label?: string; persist?: boolean },
    options?: CallOptions,
  ): Promise<SelfUser>;

  /** Activates a new account with the mailed code, and signs in. */
  activate(input: { email: string; code: string }, options?: CallOptions): Promise<SelfUser>;

  /** Signs in by the `zuid` cookie, after a reload; `null` when there is none or its session is over. */
  restore(options?: CallOptions): Promise<SelfUser | null>;

  /** Ends the session, here and on the backend. Here it ends also when the backend cannot be told. */
  logout(options?: CallOptions): Promise<void>;

  /** The account, as it was when the session was last renewed; `null` when signed out. */
  readonly user: SelfUser | null;

  /**
   * The live stream of events: with a snapshot first, or after a cursor. It reconnects for ever and ends, with an error,
   * when the session is over. A client should have one at a time, since `state` follows it.
   */
  events(options?: { cursor?: string; signal?: AbortSignal }): Events;

  /** What is known from the stream of events. */
  readonly state: State;

  /** Gives back the memory of the client. It is of no use afterwards. */
  close(): void;
}

/** What happens on the stream. */
export type StreamItem =
  /** All that the caller may see, at one moment: at the start and after `resync`. What was known before is to be forgotten. */
  | { readonly type: "ready"; readonly ready: Ready }
  /** Something happened. */
  | { readonly type: "event"; readonly event: Event }
  /** The connection goes on where the one before ended; what was missed follows. */
  | { readonly type: "resumed" }
  /** What was missed is told; what follows is live. */
  | { readonly type: "caught_up"; readonly cursor: string }
  /** There is no connection. It is tried again; nothing is lost. */
  | { readonly type: "disconnected"; readonly reason: DisconnectReason; readonly detail: string; readonly retryInMs: number }
  /**
   * It was too long ago, or events are missing that cannot be told. `scope` is `all` or a server's id: `ready` follows, or,
   * for one server alone, an event `member.joined` that brings it whole.
   */
  | { readonly type: "resync"; readonly scope: string };

/** Why there is no connection. */
export type DisconnectReason =
  /** The backend cannot be reached, or the connection broke. */
  | "transport"
  /** The backend closed it. */
  | "closed"
  /** The backend said why and closed it. */
  | "refused"
  /** Nothing was heard for two intervals. */
  | "silent"
  /** The access token was not taken; another one is tried. */
  | "unauthenticated"
  /** What the backend said makes no sense. */
  | "nonsense";

/** What listeners hear: by item (`ready`, `disconnected`, ...), by event (`message.created`, ...), and how it ended. */
export type StreamListeners = {
  [Type in StreamItem["type"]]: Extract<StreamItem, { type: Type }>;
} & {
  [Type in EventType]: EventOf<Type>;
} & {
  /** The stream is over: the session ended, or the backend wants nothing more of this client. */
  error: BeepError;
  /** The stream is over, with an error or closed by the caller. Comes last and once. */
  end: undefined;
};

/**
 * A stream of what happens. Both at once are possible: iterate with `for await`, and the loop sets the pace; or add
 * listeners alone, and the stream is read as fast as it comes. Nothing is read before either.
 *
 * An event counts as handled once the next is asked for. Listeners of an item run before `state` tells of its change,
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
  /** The cursor of the last item that was handled: for `client.events({ cursor })`. */
  readonly cursor: string | null;
  /** Ends the stream and its connection; loops end, listeners hear `end`. */
  close(): void;
}

/** A server as one of its members knows it. */
export interface KnownServer {
  readonly server: Server;
  /** Highest first; `everyone` is the last. */
  readonly roles: readonly Role[];
  /** The caller's membership, without profile. */
  readonly member: Member;
}

/**
 * What the client knows: kept up to date while the stream of events is read, empty before its `ready`.
 *
 * Every answer stays the same object until its content changes, so that `subscribe` and these methods suit
 * `useSyncExternalStore`.
 */
export class State {
  private constructor();
  /** Counts the changes. */
  readonly version: number;
  /** Whether a snapshot has come. */
  readonly ready: boolean;
  /** The account; `null` before the snapshot. */
  self(): SelfUser | null;
  /** The servers that the caller is a member of, oldest first. */
  servers(): readonly KnownServer[];
  /** One of them. */
  server(serverId: string): KnownServer | null;
  /** The channels of a server that the caller sees, in the order of the list. */
  channels(serverId: string): readonly Channel[];
  /** One channel that the caller sees. */
  channel(channelId: string): Channel | null;
  /** What the caller may do in a server now; nothing if they are no member. A mute that ends changes it without an event. */
  permissions(serverId: string): readonly Permission[];
  /** What the caller may do in a channel now; nothing if they do not see it. */
  permissionsIn(channelId: string): readonly Permission[];
  /** Calls a listener after every change; gives the function that stops that. */
  subscribe(listener: () => void): () => void;
  addEventListener(type: "change", listener: () => void, options?: { once?: boolean; signal?: AbortSignal }): void;
  removeEventListener(type: "change", listener: () => void): void;
}

/** Why a call failed. */
export type BeepErrorCode =
  /** The backend refused: `problem` says more. */
  | ErrorCode
  /** A code of a newer backend, or an answer that no backend gave. */
  | "unknown"
  /** The backend cannot be reached, or its answer was lost, also after retrying. */
  | "transport"
  /** The answer is not what the operation answers. */
  | "decode"
  /** There is no session. */
  | "not_signed_in"
  /** The client was made, or the call was asked for, with something that makes no sense. */
  | "configuration";

/** A refusal or failure; `code` is what to branch on. */
export class BeepError extends Error {
  private constructor();
  readonly name: "BeepError";
  readonly code: BeepErrorCode;
  /** What the backend says, if it refused. */
  readonly problem?: Problem;
  /** The backend's name for the request, under which its log has the details. */
  readonly requestId?: string;
}

/** A server as the permission engine asks for it: the format of `beep-core/vectors/README.md`. */
export interface PermissionServer {
  owner: string;
  everyone: { id: string; permissions: readonly Permission[] };
  roles: readonly { id: string; position: number; permissions: readonly Permission[] }[];
  members: readonly { user: string; roles: readonly string[]; muted_until: number | null }[];
}

/** Who asks about what. */
export interface PermissionQuestion {
  server: PermissionServer;
  user: string;
  /** Milliseconds since 1970; whether a mute has ended is decided by it. */
  now: number;
}

/** Exactly one of four acts upon a member or a role. */
export type HierarchyAct =
  | { on_member: string }
  | { on_role: string }
  | { make_role: { id: string; position: number } }
  | { move_role: { id: string; position: number } };

/** The permission engine by itself, the very code that decides in the backend. Throws `BeepError` (`configuration`) for malformed input. */
export const permissions: {
  /** Every permission, in the order of the engine. */
  readonly all: readonly Permission[];
  /** What a user may do in a server. */
  inServer(question: PermissionQuestion): Permission[];
  /** What a user may do in a channel with these overrides. */
  inChannel(
    question: PermissionQuestion & {
      overrides: readonly { for: string; allow: readonly Permission[]; deny: readonly Permission[] }[];
    },
  ): Permission[];
  /** Whether rank lets a member act. */
  rankAllows(question: { server: PermissionServer; user: string; act: HierarchyAct }): boolean;
  /** What a change from `before` to `after` hands out beyond what the actor holds. */
  beyond(question: {
    held: readonly Permission[];
    before: readonly Permission[];
    after: readonly Permission[];
  }): Permission[];
};
