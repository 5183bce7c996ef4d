// The objects of a chat app, made of what crosses between WebAssembly and JavaScript. Decides nothing: what they do is in
// the Rust SDK, and what they mean in `chat.d.ts`.

import { RawChat, erase, markup as rawMarkup, plainText as rawPlainText, preview as rawPreview } from "./beep_wasm.js";
import { attempt, failure } from "./failure.js";
import { ObservedRows, Signal, WatchedValue, follow } from "./observed.js";
import { BrowserStorage } from "./storage.js";

const settled = async (promise) => {
  try {
    return await promise;
  } catch (thrown) {
    throw failure(thrown);
  }
};

const parsed = (text) => (text === undefined ? null : JSON.parse(text));

export class Chat {
  #raw;
  #storage;
  #own;
  #events = new Signal();
  #items = new Signal();
  #changed;
  #watches = [];

  constructor(client, { storage } = {}) {
    this.client = client;
    this.#own = storage ? undefined : new BrowserStorage();
    this.#storage = storage ?? this.#own;
    const { raw, changed } = client[INSIDE]();
    this.#changed = changed;
    this.#raw = attempt(() => new RawChat(raw, this.#storage));
    const value = (watch) => this.#kept(new WatchedValue(watch));
    const rows = (watch) => this.#kept(new ObservedRows(watch));
    this.connection = value((tell) => this.#raw.watchConnection(tell));
    this.unreachable = rows((tell) => this.#raw.watchUnreachable(tell));
    this.sendQueue = this.#kept(new SendQueue(this.#raw.sendQueue()));
    this.drafts = this.#kept(new Drafts(this.#raw.drafts()));
    this.conversations = this.#kept(new Conversations(this.#raw.lists()));
    this.people = this.#kept(new People(this.#raw.people()));
    this.friends = this.#kept(new Friends(this.#raw.friends()));
    this.company = new Company(this.#raw.company());
    // What was stored is known before anything happens on the gateway; where no server was, no row tells it.
    this.connection.subscribe(this.#changed);
    this.conversations.servers.subscribe(this.#changed);
  }

  run() {
    return settled(
      this.#raw.run((text) => {
        const { item, changed } = JSON.parse(text);
        if (changed) this.#changed();
        if (item.type === "event") this.#events.tell(item.event);
        this.#items.tell(item);
      }),
    );
  }

  timeline(channel) {
    return new Timeline(channel, attempt(() => this.#raw.timeline(channel)));
  }

  pins(channel) {
    return new Pins(attempt(() => this.#raw.pins(channel)));
  }

  members(server) {
    return new Members(attempt(() => this.#raw.members(server)));
  }

  denied(action) {
    return parsed(attempt(() => this.#raw.denied(JSON.stringify(action))));
  }

  permissionsIn(channel, viewAs) {
    const roles = viewAs && JSON.stringify(viewAs);
    return parsed(attempt(() => this.#raw.permissionsIn(channel, roles)));
  }

  inherited(channel, target) {
    return parsed(attempt(() => this.#raw.inherited(channel, JSON.stringify(target))));
  }

  onEvent(listener) {
    return this.#events.add(listener);
  }

  onItem(listener) {
    return this.#items.add(listener);
  }

  networkIsBack() {
    this.#raw?.networkIsBack();
  }

  saved() {
    return settled(this.#raw.saved());
  }

  close() {
    if (!this.#raw) return;
    this.#raw.stop();
    for (const watch of this.#watches) watch.end();
    this.#raw.free();
    this.#raw = undefined;
    this.#own?.close();
    this.#changed();
  }

  static async erase(user, storage = new BrowserStorage()) {
    await settled(erase(user, storage));
  }

  #kept(watch) {
    this.#watches.push(watch);
    return watch;
  }
}

class Timeline extends ObservedRows {
  #raw;

  constructor(channel, raw) {
    super((tell) => raw.watch(tell));
    this.#raw = raw;
    this.channel = channel;
    this.status = new WatchedValue((tell) => raw.watchStatus(tell));
    this.writers = new ObservedRows((tell) => raw.watchWriters(tell));
  }

  loadOlder = () => this.#raw?.loadOlder();
  loadNewer = () => this.#raw?.loadNewer();
  jumpToNewest = () => this.#raw?.jumpToNewest();
  jumpTo = (message) => attempt(() => this.#raw?.jumpTo(message));
  follow = (newest) => this.#raw?.follow(newest);
  edit = (message, text) => settled(this.#raw.edit(message, text));
  delete = (message) => settled(this.#raw.delete(message));
  pin = (message, pinned) => settled(this.#raw.pin(message, pinned));
  react = (message, emoji, reacts) => settled(this.#raw.react(message, emoji, reacts));
  clearReactions = (message, emoji) => settled(this.#raw.clearReactions(message, emoji));

  close() {
    this.end();
    this.status.end();
    this.writers.end();
    this.#raw?.free();
    this.#raw = undefined;
  }
}

class Pins extends ObservedRows {
  #raw;

  constructor(raw) {
    super((tell) => raw.watch(tell));
    this.#raw = raw;
  }

  get failure() {
    return parsed(this.#raw?.failure());
  }

  close() {
    this.end();
    this.#raw?.free();
    this.#raw = undefined;
  }
}

class Members {
  #raw;
  #rows = Object.freeze([]);
  #start = 0;
  #length = 0;
  #signal = new Signal();
  #watch;

  constructor(raw) {
    this.#raw = raw;
    this.#watch = raw.watch((text) => {
      const { steps, start, length } = JSON.parse(text);
      // Together: rows that belong to another place are never seen.
      this.#rows = follow(this.#rows, steps);
      this.#start = start;
      this.#length = length;
      this.#signal.tell();
    });
  }

  get rows() {
    return this.#rows;
  }

  get start() {
    return this.#start;
  }

  get length() {
    return this.#length;
  }

  get failure() {
    return parsed(this.#raw?.failure());
  }

  subscribe = (listener) => this.#signal.add(listener);
  show = (from, to) => this.#raw?.show(from, to);
  search = (query) => this.#raw?.search(query ?? undefined);

  close() {
    this.#watch?.free();
    this.#watch = undefined;
    this.#raw?.free();
    this.#raw = undefined;
  }
}

class People {
  #raw;
  #signal = new Signal();
  #watch;
  // Who was shown and how, so that who is the same stays the same object: those shown lately, and those before.
  #shown = new Map();
  #before = new Map();

  constructor(raw) {
    this.#raw = raw;
    this.#watch = raw.watch((text) => this.#signal.tell(JSON.parse(text)));
  }

  show = (server, user) => {
    const text = attempt(() => this.#raw.show(server ?? undefined, user));
    const key = `${server ?? ""} ${user}`;
    let held = this.#shown.get(key) ?? this.#before.get(key);
    if (held?.text !== text) held = { text, shown: Object.freeze(JSON.parse(text)) };
    this.#shown.set(key, held);
    if (this.#shown.size > PEOPLE) {
      this.#before = this.#shown;
      this.#shown = new Map();
    }
    return held.shown;
  };

  subscribe = (listener) => this.#signal.add(listener);

  end() {
    this.#watch?.free();
    this.#watch = undefined;
  }
}

class FriendRows extends ObservedRows {
  #raw;
  #of;

  constructor(raw, of) {
    super((tell) => attempt(() => raw.watch(of, tell)));
    this.#raw = raw;
    this.#of = of;
  }

  get status() {
    return JSON.parse(this.#raw.status(this.#of));
  }
}

class Friends {
  #raw;
  #lists = new Map();

  constructor(raw) {
    this.#raw = raw;
  }

  list(of) {
    let rows = this.#lists.get(of);
    if (!rows) this.#lists.set(of, (rows = new FriendRows(this.#raw, of)));
    return rows;
  }

  relation = (user) => parsed(attempt(() => this.#raw.relation(user)));
  isBlocked = (user) => attempt(() => this.#raw.isBlocked(user));
  ask = async (handle) => JSON.parse(await settled(this.#raw.ask(handle)));
  accept = (request) => this.#act("accept", request);
  decline = (request) => this.#act("decline", request);
  cancel = (request) => this.#act("cancel", request);
  remove = (user) => this.#act("remove", user);
  block = (user) => this.#act("block", user);
  unblock = (user) => this.#act("unblock", user);

  async #act(action, of) {
    await settled(attempt(() => this.#raw.act(action, of)));
  }

  end() {
    for (const rows of this.#lists.values()) rows.end();
  }
}

class Company {
  #raw;

  constructor(raw) {
    this.#raw = raw;
  }

  presence = (user) => JSON.parse(attempt(() => this.#raw.presence(user)));

  watch = (server, users = []) => {
    let watched = attempt(() => this.#raw.watch(server, users));
    return () => {
      watched?.free();
      watched = undefined;
    };
  };
}

class SendQueue extends ObservedRows {
  #raw;

  constructor(raw) {
    super((tell) => raw.watch(tell));
    this.#raw = raw;
  }

  send = (channel, text, replyTo) => attempt(() => this.#raw.send(channel, text, replyTo ?? undefined));
  retry = (nonce) => attempt(() => this.#raw.retry(nonce));
  edit = (nonce, text) => attempt(() => this.#raw.edit(nonce, text));
  discard = (nonce) => JSON.parse(attempt(() => this.#raw.discard(nonce)));
}

class Drafts extends ObservedRows {
  #raw;

  constructor(raw) {
    super((tell) => raw.watch(tell));
    this.#raw = raw;
  }

  get = ({ channel, edits }) => parsed(attempt(() => this.#raw.get(channel, edits ?? undefined)));
  set = ({ channel, edits }, text, replyTo) =>
    attempt(() => this.#raw.set(channel, edits ?? undefined, text, replyTo ?? undefined));
  discard = ({ channel, edits }) => parsed(attempt(() => this.#raw.discard(channel, edits ?? undefined)));
  send = (channel) => attempt(() => this.#raw.send(channel));
}

class Conversations {
  #raw;
  #channels = new Map();

  constructor(raw) {
    this.#raw = raw;
    this.servers = new ObservedRows((tell) => raw.watchServers(tell));
    this.totals = new WatchedValue((tell) => raw.watchTotals(tell));
  }

  channels(server) {
    let rows = this.#channels.get(server);
    if (!rows) {
      rows = new ObservedRows((tell) => attempt(() => this.#raw.watchChannels(server ?? undefined, tell)));
      this.#channels.set(server, rows);
    }
    return rows;
  }

  markRead = (channel) => attempt(() => this.#raw.markRead(channel));
  markServerRead = (server) => attempt(() => this.#raw.markServerRead(server ?? undefined));
  markUnread = (channel, message, count) => attempt(() => this.#raw.markUnread(channel, message, count));
  setMuted = (channel, muted) => attempt(() => this.#raw.setMuted(channel, muted));
  nextUnread = (after) => attempt(() => this.#raw.nextUnread(after ?? undefined)) ?? null;

  end() {
    for (const watch of [this.servers, this.totals, ...this.#channels.values()]) watch.end();
  }
}

/** How many people stay the same objects at least, of those shown last. */
const PEOPLE = 2_000;

/** What the chat needs of its client and nobody else gets. */
export const INSIDE = Symbol("inside");

export const markup = (text) => JSON.parse(rawMarkup(text));

const naming = (name) => (mention) => name(JSON.parse(mention)) ?? undefined;

export const preview = (text, most, name) => rawPreview(text, most, naming(name));

export const plainText = (text, name) => rawPlainText(text, naming(name));
