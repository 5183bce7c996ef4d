/** The session of the page: who is signed in, and the objects that their chat consists of. */
import { belongTo } from "../places";
import { Idle } from "../presence/idle";
import { seenAs } from "../presence/put";
import { BeepError, type Client, type Event, type SelfUser, type StoredSession } from "../sdk";
import { Attention } from "./attention";
import { drop, keep, kept, left, setLeft } from "./kept";
import { onNetworkBack } from "./network";
import { ChatObjects, type ConnectionState } from "./objects";
import { People } from "./people";
import { Received } from "./received";
import { Signal } from "./signal";
import { Tabs, type TabNews } from "./tabs";
import { Timelines, type OpenTimeline } from "./timelines";

export type Connection = ConnectionState;

export interface ChatView {
  readonly me: SelfUser | null;
  readonly connection: Connection;
  /** Whether the backend ended the session, so that the login page can say so. */
  readonly expired: boolean;
  /** Whether another tab signed in as somebody else: the cookie is theirs, and this tab has nothing any more. */
  readonly replaced: boolean;
  /** Whether one logs out: nothing of the account is shown any more. */
  readonly leaving: boolean;
}

/** How the objects are made and forgotten, so that a test can give others. */
export interface Maker {
  open(client: Client): ChatObjects;
  erase(user: string): Promise<void>;
}

const sdk: Maker = {
  open: (client) => new ChatObjects(client),
  erase: (user) => ChatObjects.erase(user),
};

/** What there is while somebody is signed in. */
interface Session {
  readonly objects: ChatObjects;
  readonly timelines: Timelines;
  readonly attention: Attention;
  readonly idle: Idle;
  /** Resolves once the objects have stored what they hold, after their end. */
  readonly over: Promise<void>;
  readonly tabs: Tabs;
  readonly free: readonly (() => void)[];
}

const NOBODY: ChatView = { me: null, connection: { type: "signed_out" }, expired: false, replaced: false, leaving: false };

export class Chat {
  readonly #signal = new Signal();
  readonly #state = new Signal();
  readonly #events = new Set<(event: Event) => void>();
  #session: Session | null = null;
  #unreachable: readonly string[] = [];
  /** Whether the account is being deleted: then the end of the session is no news. */
  #deleting = false;
  #view: ChatView = NOBODY;
  people: People;
  received: Received;

  constructor(
    readonly client: Client,
    private readonly maker: Maker = sdk,
  ) {
    this.people = new People(client);
    this.received = new Received(client.invitations);
    client.state.subscribe(() => {
      const self = client.state.self();
      if (self && this.#view.me && self !== this.#view.me && self.id === this.#view.me.id) this.#set({ me: self });
      this.#state.soon();
    });
  }

  subscribe = this.#signal.subscribe;
  view = (): ChatView => this.#view;
  /** As `client.state.subscribe`, but once for a burst of events. */
  subscribeState = this.#state.subscribe;

  /** The objects of who is signed in; nobody may ask while nobody is. */
  get objects(): ChatObjects {
    if (!this.#session) throw new Error("nobody is signed in");
    return this.#session.objects;
  }

  get attention(): Attention {
    if (!this.#session) throw new Error("nobody is signed in");
    return this.#session.attention;
  }

  timeline(channel: string): OpenTimeline {
    if (!this.#session) throw new Error("nobody is signed in");
    return this.#session.timelines.get(channel);
  }

  /** Calls a listener with each event, after the objects took it. */
  onEvent(listener: (event: Event) => void): () => void {
    this.#events.add(listener);
    return () => this.#events.delete(listener);
  }

  /** Takes up the session of an earlier visit; says whether there is one. It is asked for only where the device keeps none. */
  async restore(signal: AbortSignal): Promise<boolean> {
    const session = kept();
    if (session && this.#resume(session)) {
      this.enter(session.user);
      return true;
    }
    const me = await this.client.restore({ signal });
    if (me && left()) {
      await this.client.logout();
      setLeft(false);
      return false;
    }
    if (me && !signal.aborted) this.enter(me);
    return me !== null;
  }

  /** Takes up the session that a login gave or the cookie kept; `stays` says whether it outlives the browser, if that is known. */
  enter(me: SelfUser, stays: boolean | null = null): void {
    this.#end();
    keep(this.client.session, stays);
    belongTo(me.id);
    const objects = this.maker.open(this.client);
    const timelines = new Timelines((channel) => objects.timeline(channel));
    const attention = new Attention(this, objects);
    const idle = new Idle({ user: me.id, status: () => objects.company.presence(me.id).status, put: (status) => seenAs(this, me.id, status) });
    this.people = new People(this.client);
    this.received = new Received(this.client.invitations);
    this.#unreachable = [];
    const over = objects.run().catch((error: unknown) => {
      if (this.#session?.objects !== objects || this.#deleting) return;
      if (!(error instanceof BeepError)) throw error;
      this.#end();
      if (error.problem?.status === 401) {
        // Who logged out in another tab left nothing, and neither does this one.
        if (kept() === null) this.maker.erase(me.id).catch((cause: unknown) => console.warn("what was kept on this device is still there:", cause));
        drop();
      }
      this.#set({ ...NOBODY, expired: true });
    });
    this.#session = {
      objects,
      timelines,
      attention,
      idle,
      over,
      tabs: new Tabs((news) => this.#heard(news)),
      free: [
        objects.connection.subscribe(() => this.#connected(objects.connection.value)),
        objects.unreachable.subscribe(() => this.#reached(objects.unreachable.rows.map(({ domain }) => domain))),
        objects.onEvent((event) => this.#apply(event)),
        onNetworkBack(() => objects.networkIsBack()),
      ],
    };
    this.#set({ ...NOBODY, me, connection: objects.connection.value });
    this.#tell((user) => ({ type: "entered", user }));
    attention.start();
    idle.start();
  }

  /** Signs out. Nothing of the account stays on this device, which others may use. */
  async leave(): Promise<void> {
    const { me } = this.#view;
    const over = this.#session?.over;
    this.#end();
    this.#set({ leaving: true });
    drop();
    setLeft(true);
    try {
      await over;
      if (me) await this.maker.erase(me.id);
      const late = AbortSignal.timeout(LOGOUT_MS);
      const ended = await this.client.logout({ signal: late }).then(() => true, (cause: unknown) => {
        if (late.aborted) return false;
        throw cause;
      });
      if (ended) setLeft(false);
    } finally {
      this.#set(NOBODY);
    }
  }

  /** Says whether the SDK takes it: an earlier version may have kept less of it. */
  #resume(session: StoredSession): boolean {
    try {
      this.client.resume(session);
      return true;
    } catch (error) {
      if (!(error instanceof BeepError)) throw error;
      drop();
      return false;
    }
  }

  /** Deletes the account. Nothing of it stays on this device, as after signing out; the backend has ended the session by itself. */
  async deleteAccount(input: { password: string; otp?: string }): Promise<void> {
    this.#deleting = true;
    try {
      await this.client.self.delete(input);
      await this.leave().catch((cause: unknown) => {
        if (!(cause instanceof BeepError)) throw cause;
      });
    } finally {
      this.#deleting = false;
    }
  }

  /** Confirms a new mail address, which signs in: the session goes on as the new one, and the one before ends. */
  async confirmEmail(input: { email: string; code: string; otp?: string; label: string; persist: boolean }): Promise<void> {
    const before = this.client.session?.session_id;
    await this.client.activate(input);
    keep(this.client.session);
    this.#set({ me: await this.client.self.get({}) });
    if (before) await this.client.sessions.revoke({ session: before });
  }

  rename(me: SelfUser): void {
    this.#set({ me });
  }

  #end(): void {
    const session = this.#session;
    this.#session = null;
    if (!session) return;
    for (const free of session.free) free();
    session.tabs.close();
    session.attention.stop();
    session.idle.stop();
    session.timelines.close();
    session.objects.close();
  }

  #tell(news: (user: string) => TabNews): void {
    const { me } = this.#view;
    if (me) this.#session?.tabs.tell(news(me.id));
  }

  #heard(news: TabNews): void {
    if (news.user === this.#view.me?.id) return;
    this.#end();
    this.#set({ ...NOBODY, replaced: true });
  }

  #connected(connection: Connection): void {
    const before = this.#view.connection.type;
    // Somebody else signed in since, in another tab.
    if (this.#isReplaced()) return void setTimeout(() => this.#isReplaced() && this.client.user && this.enter(this.client.user));
    this.#set({ connection });
    if (connection.type !== "live" || before === "live") return;
    keep(this.client.session);
    // Events may have been missed, and with them who came, went or changed their name.
    this.people.restart();
    this.received.restart();
  }

  #isReplaced(): boolean {
    const [now, me] = [this.client.user, this.#view.me];
    return now != null && me !== null && now.id !== me.id;
  }

  #reached(unreachable: readonly string[]): void {
    const back = this.#unreachable.filter((domain) => !unreachable.includes(domain));
    this.#unreachable = unreachable;
    for (const domain of back) this.people.recover(domain);
  }

  #apply(event: Event): void {
    this.people.apply(event);
    this.received.apply(event);
    if (event.type === "member.joined" && event.data.server) this.people.restart(event.data.server_id);
    for (const tell of [...this.#events]) tell(event);
  }

  #set(change: Partial<ChatView>): void {
    this.#view = { ...this.#view, ...change };
    this.#signal.now();
  }
}

/** How long the backend is waited for; it hears of it with the next visit otherwise. */
const LOGOUT_MS = 5_000;
