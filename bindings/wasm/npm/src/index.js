// What people use, made of what crosses between WebAssembly and JavaScript. Decides nothing: see `index.d.ts` for what
// everything means.

import load, { RawClient, allPermissions, beyond, decide, explain, rankAllows } from "./beep_wasm.js";
import { INSIDE } from "./chat.js";
import { BeepError, attempt, failure } from "./failure.js";
import { OPERATIONS } from "./operations.js";

export { Chat, markup, plainText, preview } from "./chat.js";
export { BeepError } from "./failure.js";

let loading;

export default function init(source = new URL("./beep_wasm_bg.wasm", import.meta.url)) {
  loading ??= load({ module_or_path: source }).then(
    () => {},
    (error) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

export const homeOf = (id) => id.slice(id.indexOf("@") + 1);

export const handleOf = ({ id, username }, domain) =>
  homeOf(id) === domain ? username : `${username}@${homeOf(id)}`;

export class Client {
  #raw;
  #state;

  constructor({ url, credentials = "same-origin", session = "cookie", tries, timeoutInMs }) {
    this.#raw = attempt(
      () => new RawClient(String(url), credentials === "include", session === "cookie", tries, timeoutInMs),
    );
    this.#state = new State(this.#raw);
    for (const [area, methods] of Object.entries(OPERATIONS)) {
      const calls = Object.entries(methods).map(([method, name]) => [
        method,
        (input, options) => this.#call(name, input, options),
      ]);
      this[area] = Object.freeze(Object.fromEntries(calls));
    }
  }

  get state() {
    return this.#state;
  }

  /** For a chat, which tells the state instead of the stream of events. */
  [INSIDE]() {
    const changed = () => {
      this.#state[CHANGED]();
      this.#state[TELL]();
    };
    return { raw: this.#open(), changed };
  }

  get user() {
    return JSON.parse(this.#open().user() ?? "null");
  }

  async login(input, options) {
    return (await this.#call(OPERATIONS.sessions.login, input, options)).user;
  }

  async activate(input, options) {
    return (await this.#call(OPERATIONS.accounts.activate, input, options)).user;
  }

  async restore(options) {
    try {
      return (await this.#call(OPERATIONS.sessions.refresh, {}, options)).user;
    } catch (error) {
      if (error instanceof BeepError && error.problem?.status === 401) return null;
      throw error;
    }
  }

  get session() {
    return JSON.parse(this.#open().session() ?? "null");
  }

  resume(session) {
    attempt(() => this.#open().resume(JSON.stringify(session)));
  }

  async logout({ signal } = {}) {
    const ended = this.#open().logout(signal);
    this.#state[CHANGED]();
    this.#state[TELL]();
    try {
      await ended;
    } catch (thrown) {
      throw failure(thrown);
    }
  }

  events({ cursor, signal } = {}) {
    return new Events(this.#open().events(cursor), this.#state, signal);
  }

  close() {
    this.#state[FORGET]();
    this.#raw?.free();
    this.#raw = undefined;
  }

  async #call(name, input = {}, { signal } = {}) {
    let answer;
    try {
      answer = JSON.parse(await this.#open().call(name, JSON.stringify(input), signal));
    } catch (thrown) {
      throw failure(thrown);
    }
    if (name === "self.update" || name === "self.get") {
      this.#state[CHANGED]();
      this.#state[TELL]();
    }
    return answer ?? undefined;
  }

  #open() {
    if (!this.#raw) throw new BeepError({ code: "configuration", message: "the client is closed" });
    return this.#raw;
  }
}

/** Calls listeners by type. One that throws is reported, and keeps nobody else from hearing. */
class Listeners {
  #byType = new Map();

  get size() {
    return this.#byType.size;
  }

  add(type, listener, { once = false, signal } = {}) {
    if (signal?.aborted) return;
    const entries = this.#byType.get(type) ?? [];
    if (entries.some((entry) => entry.listener === listener)) return;
    this.#byType.set(type, [...entries, { listener, once }]);
    signal?.addEventListener("abort", () => this.remove(type, listener), { once: true });
  }

  remove(type, listener) {
    const left = (this.#byType.get(type) ?? []).filter((entry) => entry.listener !== listener);
    if (left.length) this.#byType.set(type, left);
    else this.#byType.delete(type);
  }

  tell(type, item) {
    for (const { listener, once } of this.#byType.get(type) ?? []) {
      if (once) this.remove(type, listener);
      try {
        listener(item);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

export class Events {
  #raw;
  #state;
  #stop = new AbortController();
  #listeners = new Listeners();
  #loops = new Set();
  #reading = false;
  #end;
  #cursor = null;
  #given = null;

  constructor(raw, state, signal) {
    this.#raw = raw;
    this.#state = state;
    if (signal?.aborted) this.close();
    else signal?.addEventListener("abort", () => this.close(), { once: true });
  }

  get cursor() {
    return this.#cursor;
  }

  addEventListener(type, listener, options) {
    this.#listeners.add(type, listener, options);
    this.#read();
  }

  removeEventListener(type, listener) {
    this.#listeners.remove(type, listener);
  }

  close() {
    this.#stop.abort();
    this.#finish();
  }

  [Symbol.asyncIterator]() {
    const loop = { items: [], waiting: undefined };
    const over = () => {
      if (this.#end.error && !this.#end.told) {
        this.#end.told = true;
        return Promise.reject(this.#end.error);
      }
      return Promise.resolve({ done: true, value: undefined });
    };
    this.#loops.add(loop);
    return {
      next: () => {
        if (loop.items.length) return Promise.resolve({ done: false, value: loop.items.shift() });
        if (this.#end) return over();
        return new Promise((resolve, reject) => {
          loop.waiting = { resolve, reject };
          this.#read();
        });
      },
      return: () => {
        this.#loops.delete(loop);
        if (!this.#loops.size && !this.#listeners.size) this.close();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** Whether somebody waits for what is next: every loop, or, without any, a listener. */
  #wanted() {
    if (this.#end) return false;
    return this.#loops.size ? [...this.#loops].every((loop) => loop.waiting) : this.#listeners.size > 0;
  }

  async #read() {
    if (this.#reading) return;
    this.#reading = true;
    await undefined; // whoever adds several listeners at once misses nothing
    let since = performance.now();
    try {
      while (this.#wanted()) {
        this.#cursor = this.#given;
        const text = await this.#raw.next(this.#stop.signal);
        if (text === undefined) return this.#finish();
        this.#tell(JSON.parse(text));
        if (performance.now() - since > LONGEST_IN_MS) {
          await breath();
          since = performance.now();
        }
      }
    } catch (thrown) {
      this.#finish(failure(thrown));
    } finally {
      this.#reading = false;
    }
  }

  #tell({ item, changed, cursor }) {
    this.#given = cursor ?? this.#given;
    if (changed) this.#state[CHANGED]();
    this.#listeners.tell(item.type, item);
    if (item.type === "event") this.#listeners.tell(item.event.type, item.event);
    if (changed) this.#state[TELL]();
    for (const loop of this.#loops) {
      const { waiting } = loop;
      loop.waiting = undefined;
      if (waiting) waiting.resolve({ done: false, value: item });
      else loop.items.push(item);
    }
  }

  #finish(error) {
    if (this.#end) return;
    this.#end = { error, told: false };
    for (const { waiting } of this.#loops) {
      if (!waiting) continue;
      this.#end.told = true;
      if (error) waiting.reject(error);
      else waiting.resolve({ done: true, value: undefined });
    }
    if (error) this.#listeners.tell("error", error);
    this.#listeners.tell("end", undefined);
  }
}

// How the client and the stream speak to the state.
const CHANGED = Symbol("changed");
const TELL = Symbol("tell");
const FORGET = Symbol("forget");

export class State {
  #raw;
  #version = 0;
  #kept = new Map();
  #listeners = new Listeners();

  constructor(raw) {
    this.#raw = raw;
  }

  get version() {
    return this.#version;
  }

  get ready() {
    return this.self() !== null;
  }

  self() {
    return this.#ask("self", () => this.#raw.me()) ?? null;
  }

  servers() {
    return this.#ask("servers", () => this.#raw.servers()) ?? NOTHING;
  }

  server(serverId) {
    return this.servers().find(({ server }) => server.id === serverId) ?? null;
  }

  channels(serverId) {
    return this.#ask(`channels ${serverId}`, () => this.#raw.channels(serverId)) ?? NOTHING;
  }

  categories(serverId) {
    return this.#ask(`categories ${serverId}`, () => this.#raw.categories(serverId)) ?? NOTHING;
  }

  channel(channelId) {
    return this.#ask(`channel ${channelId}`, () => this.#raw.channel(channelId)) ?? null;
  }

  permissions(serverId) {
    return this.#ask(`permissions ${serverId}`, () => this.#raw.permissions(serverId), true) ?? NOTHING;
  }

  permissionsIn(channelId) {
    return this.#ask(`permissionsIn ${channelId}`, () => this.#raw.permissionsIn(channelId), true) ?? NOTHING;
  }

  subscribe(listener) {
    const own = () => listener();
    this.addEventListener("change", own);
    return () => this.removeEventListener("change", own);
  }

  addEventListener(type, listener, options) {
    this.#listeners.add(type, listener, options);
  }

  removeEventListener(type, listener) {
    this.#listeners.remove(type, listener);
  }

  [CHANGED]() {
    this.#version += 1;
  }

  [TELL]() {
    this.#listeners.tell("change");
  }

  [FORGET]() {
    this.#kept.clear();
    this.#raw = undefined;
  }

  /** Asks again after a change, or always for what changes with time; gives the same object while it says the same. */
  #ask(name, ask, always = false) {
    const kept = this.#kept.get(name);
    if (!this.#raw) return undefined;
    if (kept?.version === this.#version && !always) return kept.value;
    const text = ask();
    const value = kept && kept.text === text ? kept.value : text === undefined ? undefined : JSON.parse(text);
    this.#kept.set(name, { version: this.#version, text, value });
    return value;
  }
}

const NOTHING = Object.freeze([]);

export const permissions = Object.freeze({
  get all() {
    return JSON.parse(allPermissions());
  },
  inServer: ({ server, user, now }) => JSON.parse(attempt(() => decide(JSON.stringify({ server, user, now })))),
  inChannel: ({ server, user, now, overrides, restricted }) =>
    JSON.parse(
      attempt(() =>
        decide(JSON.stringify({ server, user, now, overrides: overrides ?? [], restricted: restricted ?? {} })),
      ),
    ),
  explain: ({ server, user, now, overrides, restricted }) =>
    JSON.parse(
      attempt(() => explain(JSON.stringify({ server, user, now, overrides, restricted: restricted ?? {} }))),
    ),
  rankAllows: ({ server, user, act }) => attempt(() => rankAllows(JSON.stringify({ server, user, act }))),
  beyond: ({ held, before, after }) => JSON.parse(attempt(() => beyond(JSON.stringify({ held, before, after })))),
});

/** Lets the page draw and answer before more is read. A timer would be slowed down in a tab that nobody sees. */
const breath = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

const LONGEST_IN_MS = 30;
