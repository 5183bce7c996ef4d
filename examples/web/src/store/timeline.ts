/**
 * The messages of one channel as this client knows them: a stretch of history that ends now, and below it what is on
 * its way. Each message is in it once, however it came: read, sent, or told by an event.
 */
import { BeepError, type Client, type Message } from "../sdk";
import { isTrouble } from "./remotes";
import { Signal } from "./signal";

/** A message that is not known to have arrived. */
export interface Outgoing {
  readonly nonce: string;
  readonly content: string;
  readonly created_at: string;
  /** Why it failed; `null` while it is on its way. */
  readonly failure: BeepError | null;
}

export interface TimelineView {
  /** Oldest first. */
  readonly messages: readonly Message[];
  readonly outgoing: readonly Outgoing[];
  readonly status: "empty" | "loading" | "loaded" | "failed";
  /** Whether there is history above what is here. */
  readonly hasOlder: boolean;
}

type Messages = Pick<Client["messages"], "list" | "send" | "edit" | "delete">;

export class Timeline {
  readonly #signal = new Signal();
  readonly #gone = new Set<string>();
  /** What was pinned or unpinned while history was on its way, which may say otherwise. */
  readonly #moved = new Map<string, boolean>();
  #view: TimelineView = { messages: [], outgoing: [], status: "empty", hasOlder: true };
  /** Counts fresh starts, so that an answer to an earlier question is not taken for the later one's. */
  #generation = 0;
  /** Whether what is here may have holes, and is only kept until something better comes. */
  #stale = false;

  constructor(
    readonly channel: string,
    readonly me: string,
    private readonly calls: Messages,
  ) {}

  subscribe = this.#signal.subscribe;
  view = (): TimelineView => this.#view;

  /** Reads the newest messages, if that did not happen yet. */
  open(): void {
    if (this.#view.status === "empty" || (this.#view.status === "failed" && this.#view.messages.length === 0)) void this.#load();
  }

  loadOlder = (): void => {
    if (this.#view.status === "loaded" && this.#view.hasOlder) void this.#load();
  };

  /** Tries again what failed to load. */
  reload = (): void => {
    if (this.#view.status === "failed") void this.#load();
  };

  /** Reads the newest messages again, as the history may have holes. Until they come, what is here can be read. */
  restart(): void {
    const wasOpen = this.#view.status !== "empty";
    this.#generation += 1;
    this.#stale = true;
    this.#set({ status: "empty", hasOlder: true });
    if (wasOpen) this.open();
  }

  /** What failed while another backend could not be reached is tried again, in its order. */
  async recover(): Promise<void> {
    this.reload();
    const waiting = this.#view.outgoing.filter(({ failure }) => failure !== null && isTrouble(failure));
    for (const { nonce } of waiting) this.#mark(nonce, null);
    for (const one of waiting) await this.#deliver(one);
  }

  async #load(): Promise<void> {
    const generation = this.#generation;
    const held = new Set(this.#stale ? this.#view.messages : []);
    const oldest = this.#stale ? undefined : this.#view.messages[0];
    this.#set({ status: "loading" });
    try {
      const page = await this.calls.list({ channel: this.channel, limit: PAGE, ...(oldest && { before: oldest.id }) });
      if (generation !== this.#generation) return;
      const older = page.items.filter(({ id }) => !this.#gone.has(id)).map((message) => ({ ...message, pinned: this.#moved.get(message.id) ?? message.pinned })).reverse();
      const first = older[0]?.id ?? "";
      const kept = this.#stale ? this.#view.messages.filter((message) => !held.has(message) && message.id >= first) : this.#view.messages;
      this.#stale = false;
      this.#moved.clear();
      this.#set({
        messages: merge(older, kept),
        outgoing: without(this.#view.outgoing, older, this.me),
        status: "loaded",
        hasOlder: page.next !== null || page.items.length === PAGE,
      });
    } catch (error) {
      if (generation !== this.#generation) return;
      if (!(error instanceof BeepError)) throw error;
      this.#set({ status: "failed" });
    }
  }

  /** Takes a message that was sent or edited. */
  put(message: Message, told: "now" | "soon" = "soon"): void {
    if (this.#view.status === "empty" || this.#gone.has(message.id)) return;
    const { messages, outgoing } = this.#view;
    this.#set({ messages: merge(messages, [message]), outgoing: without(outgoing, [message], this.me) }, told);
  }

  /** Takes an edit; a message that is not in the stretch stays out of it. */
  replace(message: Message): void {
    if (this.#view.messages.some(({ id }) => id === message.id)) this.put(message);
  }

  /** Takes that a message was pinned or unpinned. */
  mark(id: string, pinned: boolean): void {
    if (this.#view.status === "loading") this.#moved.set(id, pinned);
    this.#set({ messages: this.#view.messages.map((message) => (message.id === id ? { ...message, pinned } : message)) }, "soon");
  }

  /** Reads further back until a message is here, as far as is reasonable. */
  async reach(id: string): Promise<"here" | "far" | "failed"> {
    for (let pages = 0; ; pages += 1) {
      const { messages, hasOlder } = this.#view;
      if (messages.some((message) => message.id === id)) return "here";
      const passed = messages[0] !== undefined && messages[0].id < id;
      if (!hasOlder || passed || pages === REACH) return "far";
      await this.#load();
      if (this.#view.status === "failed") return "failed";
    }
  }

  drop(id: string): void {
    this.#gone.add(id);
    this.#set({ messages: this.#view.messages.filter((message) => message.id !== id) }, "soon");
  }

  send(content: string): void {
    const outgoing = { nonce: nonce(), content, created_at: new Date().toISOString(), failure: null };
    this.#set({ outgoing: [...this.#view.outgoing, outgoing] });
    void this.#deliver(outgoing);
  }

  /** Sends once more what failed, under the same nonce: if it had arrived after all, it is not said twice. */
  retry(nonce: string): void {
    const failed = this.#view.outgoing.find((one) => one.nonce === nonce && one.failure !== null);
    if (!failed) return;
    this.#mark(nonce, null);
    void this.#deliver(failed);
  }

  discard(nonce: string): void {
    this.#set({ outgoing: this.#view.outgoing.filter((one) => one.nonce !== nonce) });
  }

  async edit(message: Message, content: string): Promise<void> {
    this.put(await this.calls.edit({ channel: this.channel, message: message.id, content }), "now");
  }

  async delete(message: Message): Promise<void> {
    await this.calls.delete({ channel: this.channel, message: message.id });
    this.drop(message.id);
  }

  async #deliver({ nonce, content }: Outgoing): Promise<void> {
    try {
      const message = await this.calls.send({ channel: this.channel, content, nonce });
      this.put(message, "now");
      this.discard(nonce);
    } catch (error) {
      if (!(error instanceof BeepError)) throw error;
      this.#mark(nonce, error);
    }
  }

  #mark(nonce: string, failure: BeepError | null): void {
    this.#set({ outgoing: this.#view.outgoing.map((one) => (one.nonce === nonce ? { ...one, failure } : one)) });
  }

  #set(change: Partial<TimelineView>, told: "now" | "soon" = "now"): void {
    this.#view = { ...this.#view, ...change };
    if (told === "now") this.#signal.now();
    else this.#signal.soon();
  }
}

const PAGE = 50;
/** How many pages back a message is looked for. */
const REACH = 20;

/** Joins two stretches, each in order of ids; where both have a message, the one that was edited last is right. */
export function merge(one: readonly Message[], other: readonly Message[]): readonly Message[] {
  const last = one.at(-1);
  const first = other[0];
  if (!last || !first || last.id < first.id) return [...one, ...other];
  const byId = new Map(one.map((message) => [message.id, message]));
  for (const message of other) {
    const held = byId.get(message.id);
    if (!held || (held.edited_at ?? "") <= (message.edited_at ?? "")) byId.set(message.id, message);
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function without(outgoing: readonly Outgoing[], arrived: readonly Message[], me: string): readonly Outgoing[] {
  if (outgoing.length === 0) return outgoing;
  const nonces = new Set(arrived.filter(({ author }) => author === me).map(({ nonce }) => nonce));
  return outgoing.filter(({ nonce }) => !nonces.has(nonce));
}

/** Random, in pages without TLS too, where `crypto.randomUUID` is missing. */
function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
