import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Event } from "../sdk";
import { FakeObjects } from "./fake-objects";

vi.mock("../sdk", () => ({ BeepError: class BeepError extends Error {}, homeOf: (id: string) => id }));
vi.mock("./objects", () => ({ preview: (text: string) => text }));
const { Attention } = await import("./attention");
const { counted } = await import("./app-icon");
const { change, reread } = await import("./notices");

let focused = true;
let href = "/icon.svg";
const shown: { title: string; body: string }[] = [];
/** The profiles that are known. */
const names = new Map<string, { username: string; display_name: null }>();
const running: { stop(): void }[] = [];
const stored = new Map<string, string>();

class FakeNotification {
  static permission = "default";
  static requestPermission = async () => (FakeNotification.permission = "granted");
  constructor(title: string, { body }: { body: string }) {
    shown.push({ title, body });
  }
  close(): void {}
}

beforeEach(() => {
  focused = true;
  href = "/icon.svg";
  shown.length = 0;
  stored.clear();
  names.clear();
  reread();
  FakeNotification.permission = "default";
  const link = { getAttribute: () => href, setAttribute: (_: string, value: string) => void (href = value) };
  vi.stubGlobal("document", { title: "", visibilityState: "visible", hasFocus: () => focused, querySelector: () => link });
  vi.stubGlobal("localStorage", { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => void stored.set(key, value) });
  vi.stubGlobal("Notification", FakeNotification);
});
afterEach(() => {
  for (const one of running.splice(0)) one.stop();
  vi.unstubAllGlobals();
});

const GENERAL = { kind: "text", name: "general", server_id: "s@a", participants: [] as string[] };

function started(channel: object = GENERAL) {
  const objects = new FakeObjects();
  const chat = {
    client: { state: { channel: (id: string) => ({ id, ...channel }) } },
    people: { user: (id: string) => names.get(id) ?? null, find: async () => void names.set("u@a", { username: "ada", display_name: null }) },
    view: () => ({ me: { id: "me@a" } }),
  };
  const attention = new Attention(chat as unknown as ConstructorParameters<typeof Attention>[0], objects.asObjects);
  attention.start();
  running.push(attention);
  const mention = (mentions: number) => {
    objects.conversations.totals.value = { unread_channels: 1, mentions };
    objects.tell({ type: "message.created", stream: "s@a", data: { id: "m1", channel_id: "c@a", author: "u@a", via: null, content: "look", sealed: null } } as unknown as Event);
    objects.conversations.totals.set({ unread_channels: 1, mentions });
  };
  return { objects, attention, mention };
}

it("shows mentions in the title and on the icon, or else channels, with a dot", () => {
  const { objects, attention } = started();
  objects.conversations.totals.set({ unread_channels: 3, mentions: 0 });
  expect([document.title, href]).toEqual(["(3) Beep", "/icon-unread.svg"]);
  objects.conversations.totals.set({ unread_channels: 3, mentions: 2 });
  expect([document.title, href]).toEqual(["(2) Beep", counted(2)]);
  attention.stop();
  expect([document.title, href]).toEqual(["Beep", "/icon.svg"]);
});

it("counts nothing for who does not want it, from that moment on", () => {
  const { objects } = started();
  objects.conversations.totals.set({ unread_channels: 3, mentions: 2 });
  change({ count: false });
  expect([document.title, href]).toEqual(["Beep", "/icon.svg"]);
  change({ count: true });
  expect(document.title).toBe("(2) Beep");
});

it("asks after the first mention that nobody saw, and once", async () => {
  const { attention, mention } = started();
  mention(1);
  expect(attention.asking()).toBe(false);
  focused = false;
  mention(2);
  expect(attention.asking()).toBe(true);
  await attention.answer(false);
  mention(3);
  expect(attention.asking()).toBe(false);
  expect(shown).toEqual([]);
});

it("tells of mentions that nobody sees, to who wants it, and of nothing else", async () => {
  const { attention, mention } = started();
  focused = false;
  mention(1);
  await attention.answer(true);
  mention(2);
  mention(2);
  focused = true;
  mention(3);
  await vi.waitFor(() => expect(shown).toEqual([{ title: "ada in #general", body: "look" }]));
});

it.each([
  ["direct", null, ["me@a", "u@a"], "ada"],
  ["group", "Gardeners", ["me@a", "u@a"], "ada in Gardeners"],
  ["group", null, ["me@a", "u@a"], "ada in ada"],
])("tells of what comes in private: %s, %s", async (kind, name, participants, title) => {
  const { attention, mention } = started({ kind, name, participants, server_id: null });
  focused = false;
  await attention.answer(true);
  mention(1);
  await vi.waitFor(() => expect(shown).toEqual([{ title, body: "look" }]));
});

it("tells again after what waited was read", async () => {
  const { objects, attention, mention } = started();
  await attention.answer(true);
  focused = false;
  mention(2);
  objects.conversations.totals.set({ unread_channels: 0, mentions: 0 });
  mention(1);
  await vi.waitFor(() => expect(shown).toHaveLength(2));
});

it("tells of nothing that a blocked person says", () => {
  const { objects, attention, mention } = started();
  focused = false;
  objects.blocked.add("u@a");
  mention(1);
  expect(attention.asking()).toBe(false);
  objects.blocked.clear();
  mention(2);
  expect(attention.asking()).toBe(true);
});
