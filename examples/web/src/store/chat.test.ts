import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Client, Event, SelfUser } from "../sdk";
import { FakeObjects, type FakeTimeline } from "./fake-objects";

// The real SDK is WebAssembly that a browser loads.
vi.mock("../sdk", () => ({ BeepError: class BeepError extends Error {}, homeOf: (id: string) => id.slice(id.indexOf("@") + 1) }));
vi.mock("./objects", () => ({ Chat: class {}, ChatObjects: class {}, preview: (text: string) => text }));
const { BeepError } = await import("../sdk");
const { Chat } = await import("./chat");

const stored = new Map<string, string>();
const me = { id: "me@a", username: "me", domain: "a" } as SelfUser;

function chat() {
  const objects: FakeObjects[] = [];
  const erased: string[] = [];
  const received = vi.fn(async () => ({ items: [], next: null }));
  const client = {
    state: { subscribe: () => () => {}, self: () => null, channel: () => null },
    invitations: { received },
    members: { list: vi.fn(async () => ({ items: [], next: null })) },
    logout: vi.fn(async () => {}),
    restore: vi.fn(async (): Promise<SelfUser | null> => me),
    resume: vi.fn(),
    session: { session_id: "1", user: me, cursor: null },
  };
  const store = new Chat(client as unknown as Client, {
    open: () => {
      const made = new FakeObjects();
      objects.push(made);
      return made.asObjects;
    },
    erase: async (user) => {
      if (objects.some(({ over }) => !over)) throw new Error("a chat of it runs");
      erased.push(user);
    },
  });
  return { store, client, objects, erased, received };
}

/** The tabs of one browser, which hear each other at once. */
function browser(): new () => object {
  const tabs = new Set<{ onmessage: (event: object) => void }>();
  return class {
    onmessage = (_: object): void => {};
    constructor() {
      tabs.add(this);
    }
    postMessage(data: object): void {
      for (const tab of tabs) if (tab !== this) tab.onmessage({ data });
    }
    close(): void {
      tabs.delete(this);
    }
  };
}

beforeEach(() => {
  stored.clear();
  vi.stubGlobal("localStorage", { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => void stored.set(key, value), removeItem: (key: string) => void stored.delete(key) });
  vi.stubGlobal("sessionStorage", { getItem: () => null, setItem: () => {}, removeItem: () => {} });
  vi.stubGlobal("BroadcastChannel", browser());
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible", querySelector: () => null, title: "", hasFocus: () => true }));
  const target = new EventTarget();
  vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
  vi.stubGlobal("removeEventListener", target.removeEventListener.bind(target));
  vi.stubGlobal("dispatchEvent", target.dispatchEvent.bind(target));
});
afterEach(() => vi.unstubAllGlobals());

it("has the objects of who signed in, and other ones of who comes next", () => {
  const { store, objects } = chat();
  expect(() => store.objects).toThrow("nobody is signed in");
  store.enter(me);
  expect(store.view()).toMatchObject({ me, connection: { type: "connecting" }, expired: false });
  store.enter({ ...me, id: "you@a" });
  expect(objects.map(({ closed }) => closed)).toEqual([true, false]);
  expect(store.objects).toBe(objects[1]);
});

it("tells that the backend ended the session, and closes what is open", async () => {
  const { store, objects } = chat();
  store.enter(me);
  const { timeline } = store.timeline("c@a");
  objects[0]!.fail(Object.create(BeepError.prototype));
  await vi.waitFor(() => expect(store.view()).toMatchObject({ me: null, expired: true, connection: { type: "signed_out" } }));
  expect(objects[0]!.closed).toBe(true);
  expect((timeline as unknown as FakeTimeline).closed).toBe(true);
});

it("leaves nothing on the device of who logs out, even if the backend does not answer", async () => {
  const { store, client, erased } = chat();
  store.enter(me);
  client.logout.mockRejectedValueOnce(Object.create(BeepError.prototype) as Error);
  await expect(store.leave()).rejects.toBeInstanceOf(BeepError);
  expect(erased).toEqual(["me@a"]);
  expect(store.view()).toMatchObject({ me: null, expired: false });
});

it("shows nothing of the account while one logs out", async () => {
  const { store } = chat();
  store.enter(me);
  const left = store.leave();
  expect(store.view().leaving).toBe(true);
  await left;
  expect(store.view()).toMatchObject({ me: null, leaving: false });
});

it("takes up the session that the device keeps, without a question", async () => {
  const first = chat();
  first.store.enter(me, true);
  const { store, client } = chat();
  expect(await store.restore(new AbortController().signal)).toBe(true);
  expect(client.resume).toHaveBeenCalledWith(client.session);
  expect(client.restore).not.toHaveBeenCalled();
  expect(store.view().me).toEqual(me);
});

it("asks the backend where the device keeps no session, or one that the SDK does not take", async () => {
  const first = chat();
  first.store.enter(me, true);
  const { store, client } = chat();
  client.resume.mockImplementationOnce(() => {
    throw Object.create(BeepError.prototype);
  });
  expect(await store.restore(new AbortController().signal)).toBe(true);
  expect(client.restore).toHaveBeenCalledOnce();
});

it("keeps no session that the backend ended, but what was written in it", async () => {
  const { store, objects, erased } = chat();
  store.enter(me, true);
  objects[0]!.fail(Object.assign(Object.create(BeepError.prototype), { problem: { status: 401 } }));
  await vi.waitFor(() => expect(store.view().expired).toBe(true));
  expect([[...stored.keys()], erased]).toEqual([[], []]);
});

it("leaves nothing either if somebody logs out in another tab", async () => {
  const [one, two] = [chat(), chat()];
  one.store.enter(me, true);
  two.store.enter(me, true);
  await one.store.leave();
  two.objects[0]!.fail(Object.assign(Object.create(BeepError.prototype), { problem: { status: 401 } }));
  await vi.waitFor(() => expect(two.erased).toEqual(["me@a"]));
});

it("ends a session on the backend that was left while that could not be reached", async () => {
  const { store, client } = chat();
  store.enter(me, true);
  client.logout.mockRejectedValueOnce(Object.create(BeepError.prototype) as Error);
  await expect(store.leave()).rejects.toBeInstanceOf(BeepError);
  const later = chat();
  expect(await later.store.restore(new AbortController().signal)).toBe(false);
  expect(later.client.logout).toHaveBeenCalledOnce();
  expect([later.store.view().me, [...stored.keys()]]).toEqual([null, []]);
});

it("says to the SDK that the network is back, until nobody is signed in", async () => {
  const { store, objects } = chat();
  store.enter(me);
  dispatchEvent(new Event("online"));
  dispatchEvent(new Event("pageshow"));
  document.dispatchEvent(new Event("visibilitychange"));
  Object.assign(document, { visibilityState: "hidden" });
  document.dispatchEvent(new Event("visibilitychange"));
  expect(objects[0]!.tries).toBe(3);
  await store.leave();
  dispatchEvent(new Event("online"));
  expect(objects[0]!.tries).toBe(3);
});

it("asks for what has no object yet each time that the connection is there again", () => {
  const { store, objects, received } = chat();
  store.enter(me);
  for (const type of ["live", "live", "catching_up", "live"] as const) objects[0]!.connection.set({ type });
  expect(received).toHaveBeenCalledTimes(2);
  expect(store.view().connection).toEqual({ type: "live" });
});

it("passes each event on after it was taken", () => {
  const { store, objects } = chat();
  store.enter(me);
  const heard: (string | null)[] = [];
  const end = store.onEvent(() => heard.push(store.people.user("u@a")?.username ?? null));
  const told = { type: "user.updated", stream: "s@a", data: { id: "u@a", username: "ada" } } as unknown as Event;
  objects[0]!.tell(told);
  end();
  objects[0]!.tell(told);
  expect(heard).toEqual(["ada"]);
});

it("keeps the timelines of the last channels open, and where one stood", () => {
  const { store, objects } = chat();
  store.enter(me);
  const first = store.timeline("c0@a");
  first.position = { key: "m7", below: 12 };
  for (let number = 1; number < 8; number += 1) store.timeline(`c${number}@a`);
  expect(store.timeline("c0@a")).toBe(first);
  store.timeline("c8@a");
  // The one that was not shown for longest went.
  expect(objects[0]!.timelines.filter(({ closed }) => closed).map(({ channel }) => channel)).toEqual(["c1@a"]);
  (first.timeline as unknown as FakeTimeline).status.set({ ...first.timeline.status.value, is_gone: true });
  expect(store.timeline("c0@a")).not.toBe(first);
});

it("gives way to somebody else who signs in in another tab", () => {
  const [one, two] = [chat(), chat()];
  for (const { store } of [one, two]) store.enter(me);
  expect(one.store.view().replaced).toBe(false);

  two.store.enter({ ...me, id: "you@a" });
  expect(one.store.view()).toMatchObject({ me: null, replaced: true, expired: false });
  expect(one.objects[0]!.closed).toBe(true);
  // The cookie is the other's: nobody is signed out, and what was written stays.
  expect(one.client.logout).not.toHaveBeenCalled();
  expect(one.erased).toEqual([]);
});
