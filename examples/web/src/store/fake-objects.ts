/** Objects of the SDK for tests: they hold what a test puts in, tell of it at once, and decide nothing. */
import type { Event } from "../sdk";
import type { ChatObjects, ConnectionState, Draft, DraftPlace, Observed, Timeline, TimelineRow, TimelineStatus, Watched } from "./objects";

export class FakeList<T> implements Observed<T> {
  readonly #listeners = new Set<() => void>();
  constructor(public rows: readonly T[] = []) {}
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  set(rows: readonly T[]): void {
    this.rows = rows;
    for (const listener of [...this.#listeners]) listener();
  }
  get watchers(): number {
    return this.#listeners.size;
  }
}

export class FakeValue<T> implements Watched<T> {
  readonly #listeners = new Set<() => void>();
  constructor(public value: T) {}
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  set(value: T): void {
    this.value = value;
    for (const listener of [...this.#listeners]) listener();
  }
}

const LOADED: TimelineStatus = { is_loaded: true, loading: null, failure: null, has_older: false, has_newer: false, is_stale: false, is_gone: false };

export class FakeTimeline extends FakeList<TimelineRow> {
  readonly status = new FakeValue<TimelineStatus>(LOADED);
  readonly writers = new FakeList<string>();
  closed = false;
  constructor(readonly channel: string) {
    super();
  }
  close(): void {
    this.closed = true;
  }
}

export class FakeDrafts extends FakeList<Draft> {
  get({ channel, edits }: DraftPlace): Draft | null {
    return this.rows.find(({ place }) => place.channel === channel && place.edits === edits) ?? null;
  }
  put(place: DraftPlace, text: string, reply_to: string | null = null): void {
    const rest = this.rows.filter((row) => row !== this.get(place));
    this.set([...rest, { place, text, reply_to, changed_at: "2026-11-29T10:00:00Z" }]);
  }
}

export class FakeObjects {
  readonly connection = new FakeValue<ConnectionState>({ type: "connecting" });
  readonly unreachable = new FakeList<{ domain: string; code: string; since: string }>();
  readonly drafts = new FakeDrafts();
  readonly conversations = { totals: new FakeValue({ unread_channels: 0, mentions: 0 }) };
  readonly blocked = new Set<string>();
  readonly friends = { isBlocked: (user: string) => this.blocked.has(user) };
  readonly timelines: FakeTimeline[] = [];
  readonly #listeners = new Set<(event: Event) => void>();
  closed = false;
  /** Whether nothing more is stored. */
  over = false;
  tries = 0;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};

  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#end = () => {
        this.over = true;
        resolve();
      };
      this.#fail = (error) => {
        this.over = true;
        reject(error);
      };
    });
  }
  /** Ends the session. */
  fail(error: unknown): void {
    this.#fail(error);
  }
  timeline(channel: string): Timeline {
    const timeline = new FakeTimeline(channel);
    this.timelines.push(timeline);
    return timeline as unknown as Timeline;
  }
  onEvent(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  tell(event: Event): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
  networkIsBack(): void {
    this.tries += 1;
  }
  /** What was not stored is stored before it ends. */
  close(): void {
    this.closed = true;
    setTimeout(this.#end);
  }
  /** As the stores take them. */
  get asObjects(): ChatObjects {
    return this as unknown as ChatObjects;
  }
}
