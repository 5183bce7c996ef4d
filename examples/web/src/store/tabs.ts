/** What the tabs of one browser tell each other: they share one session. */

export interface TabNews {
  readonly type: "entered";
  readonly user: string;
}

export class Tabs {
  readonly #channel: BroadcastChannel | null;

  constructor(heard: (news: TabNews) => void) {
    this.#channel = opened();
    if (this.#channel) this.#channel.onmessage = ({ data }: MessageEvent<TabNews>) => heard(data);
  }

  tell(news: TabNews): void {
    this.#channel?.postMessage(news);
  }

  close(): void {
    this.#channel?.close();
  }
}

/** A browser that forbids storage may forbid this as well: then each tab is on its own. */
function opened(): BroadcastChannel | null {
  try {
    return new BroadcastChannel(NAME);
  } catch {
    return null;
  }
}

const NAME = "beep";
