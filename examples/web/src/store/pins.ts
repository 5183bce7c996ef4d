/** The pinned messages of one channel: read when somebody looks at them, then kept as the stream of events tells. */
import { BeepError, type Client, type Message, type Pin } from "../sdk";
import { Signal } from "./signal";

export interface PinsView {
  /** Newest pin first. */
  readonly pins: readonly Pin[];
  readonly status: "empty" | "loading" | "loaded" | "failed";
}

type Calls = Pick<Client["pins"], "list" | "put" | "delete">;

const NONE: PinsView = { pins: [], status: "empty" };

export class Pins {
  readonly #signal = new Signal();
  #view: PinsView = NONE;
  #isOpen = false;
  #isReading = false;
  /** Whether something changed while they were read, so that what comes may be old. */
  #isStale = false;

  constructor(
    readonly channel: string,
    private readonly calls: Calls,
  ) {}

  subscribe = this.#signal.subscribe;
  view = (): PinsView => this.#view;

  open(): void {
    this.#isOpen = true;
    this.restart();
  }

  /** Forgets them: nobody looks, so nothing is kept up. */
  close(): void {
    this.#isOpen = false;
    this.#set(NONE);
  }

  /** Reads them again, as one came or something may have been missed. Until they come, the old stay. */
  restart(): void {
    if (!this.#isOpen) return;
    this.#isStale = true;
    if (!this.#isReading) void this.#read();
  }

  /** Tries again what failed to load. */
  reload = (): void => {
    if (this.#view.status === "failed") this.restart();
  };

  /** Takes an edit. */
  replace(message: Message): void {
    this.#change((pins) => pins.map((pin) => (pin.message.id === message.id ? { ...pin, message } : pin)));
  }

  /** Takes that a message was unpinned or deleted. */
  drop(id: string): void {
    this.#change((pins) => pins.filter(({ message }) => message.id !== id));
  }

  /** The event that follows shows it, here and in the history, in the order in which it happened. */
  async put(message: string): Promise<void> {
    await this.calls.put({ channel: this.channel, message });
  }

  async delete(message: string): Promise<void> {
    await this.calls.delete({ channel: this.channel, message });
  }

  /** Reads once at a time, and once more if something changed meanwhile, however often. */
  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#isOpen && this.#isStale) {
        this.#isStale = false;
        this.#set({ ...this.#view, status: "loading" });
        const pins = await this.#all();
        if (this.#isOpen && !this.#isStale) this.#set({ pins, status: "loaded" });
      }
    } catch (error) {
      if (!(error instanceof BeepError)) throw error;
      if (this.#isOpen) this.#set({ ...this.#view, status: "failed" });
    } finally {
      this.#isReading = false;
    }
  }

  async #all(): Promise<readonly Pin[]> {
    const pins: Pin[] = [];
    let next: string | null = null;
    do {
      const page: Awaited<ReturnType<Calls["list"]>> = await this.calls.list({ channel: this.channel, limit: 100, ...(next !== null && { cursor: next }) });
      pins.push(...page.items);
      next = page.next;
    } while (next !== null && !this.#isStale);
    return pins;
  }

  #change(change: (pins: readonly Pin[]) => readonly Pin[]): void {
    if (!this.#isOpen) return;
    if (this.#isReading) this.#isStale = true;
    this.#set({ ...this.#view, pins: change(this.#view.pins) });
  }

  #set(view: PinsView): void {
    this.#view = view;
    this.#signal.soon();
  }
}
