/**
 * What tells somebody who looks elsewhere that something waits: the number in the title, a dot on the icon of the page,
 * the badge of the installed app, and, where they want it, notices and a sound for mentions.
 */
import { t } from "../i18n";
import { navigate, paths } from "../router";
import type { Client, Event, Message, SelfUser } from "../sdk";
import { setWaiting } from "../title";
import { preview, type ChatObjects, type Mention } from "./objects";
import type { People } from "./people";
import { Signal } from "./signal";

/** What it needs of the session. */
interface Around {
  readonly client: Client;
  readonly people: People;
  view(): { readonly me: SelfUser | null };
}

export class Attention {
  readonly #signal = new Signal();
  #free: (() => void)[] = [];
  /** How many mentions waited when it was last looked at. */
  #mentions = 0;
  /** Whether there are more, and of which message nothing was told yet. */
  #more = false;
  #newest: Message | null = null;
  #asking = false;

  constructor(
    private readonly chat: Around,
    private readonly objects: ChatObjects,
  ) {}

  subscribe = this.#signal.subscribe;
  /** Whether to ask if mentions should be told: after the first one, and once. */
  asking = (): boolean => this.#asking;

  start(): void {
    const { totals } = this.objects.conversations;
    this.#mentions = totals.value.mentions;
    this.#free = [totals.subscribe(() => this.#show()), this.objects.onEvent((event) => this.#apply(event))];
    this.#show();
  }

  stop(): void {
    for (const free of this.#free) free();
    this.#free = [];
    show({ unread_channels: 0, mentions: 0 });
  }

  /** The answer to the question; the browser asks once more by itself. */
  async answer(wanted: boolean): Promise<void> {
    this.#ask(false);
    choose(wanted ? "on" : "off");
    if (!wanted) return;
    // Made by a press, so that it may sound later.
    sound.open();
    await Notification.requestPermission();
  }

  #show(): void {
    const { value } = this.objects.conversations.totals;
    this.#count(value.mentions);
    show(value);
  }

  #apply(event: Event): void {
    if (event.type !== "message.created") return;
    this.#newest = event.data;
    this.#count(this.objects.conversations.totals.value.mentions);
  }

  /** The number of mentions and the message come one after the other, in either order. */
  #count(mentions: number): void {
    this.#more ||= mentions > this.#mentions;
    this.#mentions = mentions;
    if (!this.#more || this.#newest === null) return;
    const message = this.#newest;
    this.#more = false;
    this.#newest = null;
    if (document.hasFocus() && document.visibilityState === "visible") return;
    if (chosen() === null && typeof Notification !== "undefined" && Notification.permission === "default") this.#ask(true);
    if (chosen() === "on") this.#tell(message);
  }

  #ask(asking: boolean): void {
    this.#asking = asking;
    this.#signal.now();
  }

  #tell(message: Message): void {
    sound.play();
    const channel = this.chat.client.state.channel(message.channel_id);
    if (typeof Notification === "undefined" || Notification.permission !== "granted" || !channel) return;
    const title = t("notice.title", { name: this.#author(message), channel: channel.name ?? "" });
    const body = message.sealed === null ? preview(message.content, MOST_TEXT, (mention) => this.#name(mention)) : t("message.sealed");
    try {
      const notice = new Notification(title, { body, tag: message.channel_id, icon: "/icon.svg", silent: true });
      notice.onclick = () => {
        window.focus();
        if (channel.server_id !== null) navigate(paths.message(channel.server_id, channel.id, message.id));
        notice.close();
      };
    } catch {
      // Some phones show none but those of a service worker.
    }
  }

  #author({ author, via }: Message): string {
    if (author === null) return via?.type === "webhook" || via?.type === "app" ? via.name : "Beep";
    const user = this.chat.people.user(author);
    return user?.display_name ?? user?.username ?? "…";
  }

  #name(mention: Mention): string | null {
    switch (mention.type) {
      case "user": {
        const user = this.chat.people.user(mention.id);
        return user?.display_name ?? user?.username ?? null;
      }
      case "channel":
        return this.chat.client.state.channel(mention.id)?.name ?? null;
      default:
        return null;
    }
  }
}

function show({ unread_channels, mentions }: { readonly unread_channels: number; readonly mentions: number }): void {
  // A mention is for this person; without one, it counts where there is something new.
  setWaiting(mentions > 0 ? mentions : unread_channels);
  const icon = globalThis.document?.querySelector<HTMLLinkElement>("link[rel=icon]");
  const href = mentions > 0 || unread_channels > 0 ? "/icon-unread.svg" : "/icon.svg";
  if (icon && icon.getAttribute("href") !== href) icon.setAttribute("href", href);
  const { navigator } = globalThis;
  const badge = mentions > 0 ? navigator?.setAppBadge?.(mentions) : unread_channels > 0 ? navigator?.setAppBadge?.() : navigator?.clearAppBadge?.();
  badge?.catch(() => {
    // Only an installed app has a badge.
  });
}

/** Two short tones, made here: the page's policy lets it fetch no sounds. */
const sound = {
  context: null as AudioContext | null,
  open(): void {
    if (typeof AudioContext !== "undefined") this.context ??= new AudioContext();
  },
  play(): void {
    this.open();
    const { context } = this;
    if (!context || context.state === "closed") return;
    for (const [frequency, at] of [[660, 0], [880, 0.09]] as const) {
      const [tone, volume] = [context.createOscillator(), context.createGain()];
      const start = context.currentTime + at;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.12, start + 0.01);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.18);
      tone.connect(volume).connect(context.destination);
      tone.start(start);
      tone.stop(start + 0.2);
    }
  },
};

/** What somebody chose on this device. */
function chosen(): "on" | "off" | null {
  try {
    const stored = localStorage.getItem(STORED);
    return stored === "on" || stored === "off" ? stored : null;
  } catch {
    return null;
  }
}

function choose(choice: "on" | "off"): void {
  try {
    localStorage.setItem(STORED, choice);
  } catch {
    // Then it is asked again in the next visit.
  }
}

const STORED = "beep.notices";
/** Code points of a message that a notice shows. */
const MOST_TEXT = 160;
