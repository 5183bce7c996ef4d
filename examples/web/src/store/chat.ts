/** The client's state: who is signed in, how the connection is, and what the stream of events says. */
import { BeepError, type Client, type Event, type SelfUser, type StreamItem } from "../sdk";
import { People } from "./people";
import { Signal } from "./signal";
import { Timeline } from "./timeline";

export type Connection = "connecting" | "live" | "offline" | "catching_up" | "resumed";

export interface ChatView {
  readonly me: SelfUser | null;
  readonly connection: Connection;
  /** Whether the backend ended the session, so that the login page can say so. */
  readonly expired: boolean;
}

/** Somebody else's message that came just now, for the screen reader. */
export type Arrival = (channel: string, author: string, content: string) => void;

export class Chat {
  readonly #signal = new Signal();
  readonly #state = new Signal();
  readonly #timelines = new Map<string, Timeline>();
  readonly #arrivals = new Set<Arrival>();
  #stop: AbortController | null = null;
  #view: ChatView = { me: null, connection: "connecting", expired: false };
  people: People;

  constructor(readonly client: Client) {
    this.people = new People(client);
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
    this.people = new People(this.client);
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
        this.people.restart();
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
        this.#set({ connection: "catching_up" });
    }
    if (this.#view.connection === "resumed") setTimeout(this.#settle, RESUMED_MS);
  }

  #settle = (): void => {
    if (this.#view.connection === "resumed") this.#set({ connection: "live" });
  };

  #apply(event: Event): void {
    this.people.apply(event);
    switch (event.type) {
      case "message.created": {
        const { channel_id, author, content } = event.data;
        this.#timelines.get(channel_id)?.put(event.data);
        if (author !== this.#view.me?.id) for (const tell of this.#arrivals) tell(channel_id, author, content);
        break;
      }
      case "message.updated":
        this.#timelines.get(event.data.channel_id)?.replace(event.data);
        break;
      case "message.deleted":
        this.#timelines.get(event.data.channel_id)?.drop(event.data.id);
        break;
      case "channel.deleted":
        this.#timelines.delete(event.data.id);
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
