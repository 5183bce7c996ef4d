/** What the tabs of one browser tell each other: they share one session, and one pair of eyes. */

export type TabNews =
  | { readonly type: "entered"; readonly user: string }
  | { readonly type: "read"; readonly user: string; readonly channel: string }
  | { readonly type: "server_read"; readonly user: string; readonly server: string | null };

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
