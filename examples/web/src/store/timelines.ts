/**
 * The timelines of the channels that were shown last. They stay open for a while, so that who comes back finds the
 * channel as it was left, and at the same place.
 */
import type { Anchor } from "../virtual/layout";
import type { Timeline } from "./objects";

export interface OpenTimeline {
  readonly timeline: Timeline;
  /** Where the view stood when it was left. */
  position: Anchor;
}

export class Timelines {
  /** The one that was shown last is the last one. */
  readonly #open = new Map<string, OpenTimeline>();

  constructor(private readonly make: (channel: string) => Timeline) {}

  get(channel: string): OpenTimeline {
    const known = this.#open.get(channel);
    this.#open.delete(channel);
    let open = known;
    // What a channel showed before it was out of sight is not asked for again by itself.
    if (open?.timeline.status.value.is_gone) {
      open.timeline.close();
      open = undefined;
    }
    open ??= { timeline: this.make(channel), position: "end" };
    this.#open.set(channel, open);
    for (const [oldest, { timeline }] of this.#open) {
      if (this.#open.size <= MOST) break;
      timeline.close();
      this.#open.delete(oldest);
    }
    return open;
  }

  close(): void {
    for (const { timeline } of this.#open.values()) timeline.close();
    this.#open.clear();
  }
}

/** Each holds at most 500 messages. */
const MOST = 8;
