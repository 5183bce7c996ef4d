/**
 * What tells somebody who looks elsewhere that something waits: the number in the title, on the icon of the page and on
 * that of the installed app, and, where they want it, notifications and a sound for mentions and private messages.
 */
import { locale, t } from "../i18n";
import { privateName } from "../private/name";
import { paths } from "../router";
import type { Channel, Client, Event, Message, SelfUser } from "../sdk";
import { setWaiting } from "../title";
import { plain } from "../ui/bidi";
import { showOnIcons } from "./app-icon";
import { change, notices, subscribe } from "./notices";
import { askPermission, notify, permission } from "./notification";
import { preview, type ChatObjects, type Mention } from "./objects";
import { calledOf, type People } from "./people";
import { Signal } from "./signal";
import * as sound from "./sound";

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
    this.#free = [totals.subscribe(() => this.#show()), subscribe(() => this.#show()), this.objects.onEvent((event) => this.#apply(event))];
    this.#show();
  }

  stop(): void {
    for (const free of this.#free) free();
    this.#free = [];
    show(0, 0);
  }

  /** The answer to the question; the browser asks once more by itself. */
  async answer(wanted: boolean): Promise<void> {
    this.#ask(false);
    change({ mentions: wanted, sound: wanted });
    if (!wanted) return;
    sound.prepare();
    await askPermission();
  }

  #show(): void {
    const { unread_channels, mentions } = this.objects.conversations.totals.value;
    this.#count(mentions);
    if (notices().count) show(unread_channels, mentions);
    else show(0, 0);
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
    if (message.author !== null && this.objects.friends.isBlocked(message.author)) return;
    if (document.hasFocus() && document.visibilityState === "visible") return;
    const { mentions: wanted, sound: sounds } = notices();
    if (wanted === null && permission() === "default") this.#ask(true);
    if (sounds) sound.play();
    if (wanted) this.#tell(message).catch((cause: unknown) => console.warn("the browser shows no notification:", cause));
  }

  #ask(asking: boolean): void {
    this.#asking = asking;
    this.#signal.now();
  }

  async #tell(message: Message): Promise<void> {
    const channel = this.chat.client.state.channel(message.channel_id);
    if (!channel) return;
    await this.#named(message, channel);
    const title = this.#title(message, channel);
    const body = message.sealed === null ? preview(message.content, MOST_TEXT, (mention) => this.#name(mention)) : t("message.sealed");
    await notify({ title, body, tag: channel.id, path: paths.message(channel.server_id, channel.id, message.id) });
  }

  /** Who spoke, and where, if that is not the same. */
  #title(message: Message, channel: Channel): string {
    const name = this.#author(message);
    switch (channel.kind) {
      case "direct":
        return plain(name);
      case "group":
        return t("notice.title.group", { name, group: privateName(channel, this.chat.view().me?.id ?? "", (user) => this.#called(user), locale, t("group.alone")) });
      default:
        return t("notice.title", { name, channel: channel.name ?? "" });
    }
  }

  /** Waits a while for the names of who spoke, of who is mentioned, and of who is in a group that is called by them. */
  async #named({ author, content }: Message, { kind, name, participants }: Channel): Promise<void> {
    const users = new Set([...(author === null ? [] : [author]), ...(kind === "group" && name === null ? participants.slice(0, MOST_NAMES) : [])]);
    preview(content, MOST_TEXT, (mention) => {
      if (mention.type === "user") users.add(mention.id);
      return null;
    });
    const found = Promise.all([...users].map((id) => this.chat.people.find(id)));
    await Promise.race([found, new Promise((late) => setTimeout(late, NAMES_MS))]);
  }

  #author({ author, via }: Message): string {
    if (author === null) return via?.type === "webhook" || via?.type === "app" ? via.name : "Beep";
    return this.#called(author);
  }

  #called(id: string): string {
    return calledOf(this.chat.people.user(id)) ?? "…";
  }

  #name(mention: Mention): string | null {
    switch (mention.type) {
      case "user":
        return calledOf(this.chat.people.user(mention.id));
      case "channel":
        return this.chat.client.state.channel(mention.id)?.name ?? null;
      default:
        return null;
    }
  }
}

function show(unreadChannels: number, mentions: number): void {
  // A mention is for this person; without one, it counts where there is something new.
  setWaiting(mentions > 0 ? mentions : unreadChannels);
  showOnIcons(mentions, unreadChannels > 0);
}

/** People of a group whose names are waited for. */
const MOST_NAMES = 10;
/** Code points of a message that a notice shows. */
const MOST_TEXT = 160;
const NAMES_MS = 3_000;
