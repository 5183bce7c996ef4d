/** The client's state: who is signed in, how the connection is, and what the stream of events says. */
import { BeepError, homeOf, type Client, type Event, type Message, type SelfUser, type StreamItem } from "../sdk";
import { People } from "./people";
import { Pins } from "./pins";
import { Received } from "./received";
import { Remotes } from "./remotes";
import { Signal } from "./signal";
import { Timeline } from "./timeline";
import { watched } from "./watched";

export type Connection = "connecting" | "live" | "offline" | "catching_up" | "resumed";

export interface ChatView {
  readonly me: SelfUser | null;
  readonly connection: Connection;
  /** Whether the backend ended the session, so that the login page can say so. */
  readonly expired: boolean;
}

/** Somebody else's message that came just now, for the screen reader. */
export type Arrival = (message: Message) => void;

export class Chat {
  readonly #signal = new Signal();
  readonly #state = new Signal();
  readonly #timelines = new Map<string, Timeline>();
  readonly #pins = new Map<string, Pins>();
  readonly #arrivals = new Set<Arrival>();
  #stop: AbortController | null = null;
  #view: ChatView = { me: null, connection: "connecting", expired: false };
  readonly client: Client;
  people: People;
  received: Received;
  remotes: Remotes;

  constructor(client: Client) {
    this.client = watched(client, (domain, error) => this.remotes.heard(domain, error));
    this.people = new People(this.client);
    this.received = this.#noneReceived();
    this.remotes = this.#noRemotes();
    client.state.subscribe(this.#state.soon);
  }

  subscribe = this.#signal.subscribe;
  view = (): ChatView => this.#view;
  /** As `client.state.subscribe`, but once for a burst of events. */
  subscribeState = this.#state.subscribe;

  onArrival(listener: Arrival): () => void {
    this.#arrivals.add(listener);
    return () => this.#arrivals.delete(listener);
  }

  /** Takes up the session that a login gave or the cookie kept. */
  enter(me: SelfUser): void {
    this.#stop?.abort();
    const stop = new AbortController();
    this.#stop = stop;
    this.#timelines.clear();
    this.#pins.clear();
    this.people = new People(this.client);
    this.received = this.#noneReceived();
    this.remotes = this.#noRemotes();
    this.#set({ me, connection: "connecting", expired: false });
    void this.#follow(stop);
  }

  async leave(): Promise<void> {
    this.#stop?.abort();
    this.#stop = null;
    try {
      await this.client.logout();
    } finally {
      this.#set({ me: null, expired: false });
    }
  }

  rename(me: SelfUser): void {
    this.#set({ me });
  }

  timeline(channel: string): Timeline {
    let timeline = this.#timelines.get(channel);
    if (!timeline) {
      timeline = new Timeline(channel, this.#view.me?.id ?? "", this.client.messages);
      this.#timelines.set(channel, timeline);
    }
    return timeline;
  }

  pins(channel: string): Pins {
    let pins = this.#pins.get(channel);
    if (!pins) {
      pins = new Pins(channel, this.client.pins);
      this.#pins.set(channel, pins);
    }
    return pins;
  }

  #noneReceived(): Received {
    return new Received(this.client.invitations, (domain, error) => this.remotes.heard(domain, error));
  }

  #noRemotes(): Remotes {
    const remotes: Remotes = new Remotes(
      (server) => this.client.servers.get({ server }),
      (domain) => remotes === this.remotes && this.#recover(domain),
    );
    return remotes;
  }

  /** A backend is there again: what it owes is asked for once more, and it gets what waits for it. */
  #recover(domain: string): void {
    for (const [channel, timeline] of this.#timelines) if (homeOf(channel) === domain) timeline.recover();
    for (const [channel, pins] of this.#pins) if (homeOf(channel) === domain) pins.reload();
    this.people.recover(domain);
  }

  async #follow(stop: AbortController): Promise<void> {
    try {
      let since = performance.now();
      for await (const item of this.client.events({ signal: stop.signal })) {
        this.#take(item);
        if (performance.now() - since < SLICE_MS) continue;
        // However much arrives, the page is drawn and keys are heard in between.
        await new Promise((resolve) => setTimeout(resolve));
        since = performance.now();
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      if (!(error instanceof BeepError)) throw error;
      this.#set({ me: null, expired: true });
    }
  }

  #take(item: StreamItem): void {
    switch (item.type) {
      case "ready":
        for (const timeline of this.#timelines.values()) timeline.restart();
        for (const pins of this.#pins.values()) pins.restart();
        this.people.restart();
        this.received.restart();
        this.#set({ me: item.ready.self, connection: this.#view.connection === "connecting" ? "live" : "resumed" });
        break;
      case "event":
        this.#apply(item.event);
        break;
      case "resumed":
        this.#set({ connection: "catching_up" });
        break;
      case "caught_up":
        if (this.#view.connection !== "live") this.#set({ connection: "resumed" });
        break;
      case "disconnected":
        this.#set({ connection: "offline" });
        break;
      case "resync":
        // One server alone opens anew, and the rest goes on.
        if (item.scope === "all") this.#set({ connection: "catching_up" });
    }
    if (this.#view.connection === "resumed") setTimeout(this.#settle, RESUMED_MS);
  }

  #settle = (): void => {
    if (this.#view.connection === "resumed") this.#set({ connection: "live" });
  };

  #apply(event: Event): void {
    this.people.apply(event);
    this.received.apply(event);
    this.remotes.stirred(homeOf(event.stream));
    switch (event.type) {
      case "member.joined":
        // Held anew, a server may have had messages that nobody told of.
        for (const { id } of event.data.channels ?? []) {
          this.#timelines.get(id)?.restart();
          this.#pins.get(id)?.restart();
        }
        if (event.data.server) this.people.restart(event.data.server_id);
        break;
      case "message.created": {
        const message = event.data;
        this.#timelines.get(message.channel_id)?.put(message);
        if (message.author !== this.#view.me?.id) for (const tell of this.#arrivals) tell(message);
        break;
      }
      case "message.updated":
        this.#timelines.get(event.data.channel_id)?.replace(event.data);
        this.#pins.get(event.data.channel_id)?.replace(event.data);
        break;
      case "message.deleted":
        this.#timelines.get(event.data.channel_id)?.drop(event.data.id);
        this.#pins.get(event.data.channel_id)?.drop(event.data.id);
        break;
      case "message.pinned":
        this.#timelines.get(event.data.channel_id)?.mark(event.data.message_id, true);
        this.#pins.get(event.data.channel_id)?.restart();
        break;
      case "message.unpinned":
        this.#timelines.get(event.data.channel_id)?.mark(event.data.message_id, false);
        this.#pins.get(event.data.channel_id)?.drop(event.data.message_id);
        break;
      case "channel.deleted":
        this.#timelines.delete(event.data.id);
        this.#pins.delete(event.data.id);
    }
  }

  #set(change: Partial<ChatView>): void {
    this.#view = { ...this.#view, ...change };
    this.#signal.now();
  }
}

/** How long events are taken in without a pause. */
const SLICE_MS = 12;

/** How long the page says that the connection is back. */
const RESUMED_MS = 3_000;
