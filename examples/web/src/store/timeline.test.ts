import { expect, it, vi } from "vitest";
import type { Message } from "../sdk";

// The real SDK is WebAssembly that a browser loads.
vi.mock("../sdk", () => ({ BeepError: class BeepError extends Error {} }));
const { BeepError } = await import("../sdk");
const { Timeline, merge } = await import("./timeline");

const message = (id: string, more: Partial<Message> = {}): Message => ({
  id, channel_id: "c@a", author: "me@a", content: id, sealed: null, created_at: "2026-11-22T10:00:00.000Z", edited_at: null, reply_to: null,
  attachments: [], mentions: [], reactions: [], pinned: false, nonce: null, via: null, ...more,
});
const ids = (list: readonly Message[]) => list.map(({ id }) => id);

const trouble = () => Object.assign(Object.create(BeepError.prototype) as Error, { code: "remote_unavailable" });

function timeline(send: (input: { nonce?: string; content: string }) => Promise<Message>) {
  const list = vi.fn(async ({ before }: { before?: string }) => ({ items: before ? [] : [message("2"), message("1")], next: null }));
  return new Timeline("c@a", "me@a", { list, send, edit: vi.fn(), delete: vi.fn() });
}

it("merges what it knows with what it is told, each once, in order", () => {
  expect(ids(merge([message("1"), message("3")], [message("2"), message("3")]))).toEqual(["1", "2", "3"]);
});
it("keeps the later edit, whichever comes first", () => {
  const edited = message("1", { content: "new", edited_at: "2026-11-22T11:00:00.000Z" });
  expect(merge([edited], [message("1")])[0]?.content).toBe("new");
  expect(merge([message("1")], [edited])[0]?.content).toBe("new");
});
it("shows a message at once and once, when the event comes before the answer", async () => {
  let answer: (message: Message) => void = () => {};
  let nonce: string | undefined;
  const line = timeline((input) => new Promise((resolve) => { nonce = input.nonce; answer = resolve; }));
  line.open();
  await vi.waitFor(() => expect(line.view().status).toBe("loaded"));
  line.send("hello");
  expect(line.view().outgoing).toHaveLength(1);
  const sent = message("3", { nonce: nonce ?? null });
  line.put(sent);
  expect(line.view().outgoing).toHaveLength(0);
  answer(sent);
  await vi.waitFor(() => expect(ids(line.view().messages)).toEqual(["1", "2", "3"]));
});
it("retries what failed under the same nonce", async () => {
  const nonces: (string | undefined)[] = [];
  const line = timeline(async ({ nonce }) => {
    nonces.push(nonce);
    if (nonces.length === 1) throw Object.assign(Object.create(BeepError.prototype) as Error, { code: "transport" });
    return message("3", { nonce: nonce ?? null });
  });
  line.open();
  await vi.waitFor(() => expect(line.view().status).toBe("loaded"));
  line.send("hello");
  await vi.waitFor(() => expect(line.view().outgoing[0]?.failure).not.toBeNull());
  line.retry(nonces[0] ?? "");
  await vi.waitFor(() => expect(line.view().outgoing).toHaveLength(0));
  expect(nonces).toEqual([nonces[0], nonces[0]]);
  expect(ids(line.view().messages)).toEqual(["1", "2", "3"]);
});
it("does not bring back what was deleted while history was on its way", async () => {
  const line = timeline(async () => message("3"));
  line.open();
  line.drop("2");
  await vi.waitFor(() => expect(ids(line.view().messages)).toEqual(["1"]));
});
it("keeps what is here until something newer comes, and forgets it then", async () => {
  const pages = [[message("2"), message("1")], [message("9"), message("8")]];
  let answer: () => void = () => {};
  const list = vi.fn(async () => {
    await new Promise<void>((resolve) => (answer = resolve));
    return { items: pages.shift() ?? [], next: null };
  });
  const line = new Timeline("c@a", "me@a", { list, send: vi.fn(), edit: vi.fn(), delete: vi.fn() });
  line.open();
  answer();
  await vi.waitFor(() => expect(line.view().status).toBe("loaded"));
  line.restart();
  expect(ids(line.view().messages)).toEqual(["1", "2"]);
  line.put(message("91"));
  line.put(message("1", { content: "edited", edited_at: "2026-11-22T11:00:00.000Z" }));
  answer();
  await vi.waitFor(() => expect(line.view().status).toBe("loaded"));
  expect(ids(line.view().messages)).toEqual(["8", "9", "91"]);
});
it("still has what is here when nothing newer can be had, and asks again when it can", async () => {
  let reachable = true;
  const list = vi.fn(async () => {
    if (!reachable) throw trouble();
    return { items: [message("2"), message("1")], next: null };
  });
  const line = new Timeline("c@a", "me@a", { list, send: vi.fn(), edit: vi.fn(), delete: vi.fn() });
  line.open();
  await vi.waitFor(() => expect(line.view().status).toBe("loaded"));
  reachable = false;
  line.restart();
  await vi.waitFor(() => expect(line.view().status).toBe("failed"));
  expect(ids(line.view().messages)).toEqual(["1", "2"]);
  reachable = true;
  await line.recover();
  await vi.waitFor(() => expect(line.view().status).toBe("loaded"));
});
it("sends what waited, in its order and under its nonces, and leaves alone what was refused", async () => {
  let reachable = false;
  const sent: string[] = [];
  const line = timeline(async ({ nonce, content }) => {
    if (content === "refused") throw Object.assign(Object.create(BeepError.prototype) as Error, { code: "permission_denied" });
    if (!reachable) throw trouble();
    sent.push(content);
    return message(`3${sent.length}`, { nonce: nonce ?? null, content });
  });
  line.open();
  await vi.waitFor(() => expect(line.view().status).toBe("loaded"));
  for (const content of ["one", "refused", "two"]) line.send(content);
  await vi.waitFor(() => expect(line.view().outgoing.filter(({ failure }) => failure)).toHaveLength(3));
  reachable = true;
  await line.recover();
  expect(sent).toEqual(["one", "two"]);
  expect(line.view().outgoing.map(({ content }) => content)).toEqual(["refused"]);
});
it("marks what is pinned, and what is pinned while its history is on its way", async () => {
  const line = timeline(async () => message("3"));
  const pinned = () => line.view().messages.filter((one) => one.pinned).map(({ id }) => id);
  line.open();
  line.mark("1", true);
  await vi.waitFor(() => expect(pinned()).toEqual(["1"]));
  line.mark("2", true);
  line.mark("1", false);
  line.mark("9", true);
  expect(pinned()).toEqual(["2"]);
  expect(ids(line.view().messages)).toEqual(["1", "2"]);
});
it("reads back to a message, and says when it is not there", async () => {
  const all = Array.from({ length: 120 }, (_, index) => message(String(999 - index)));
  let reachable = true;
  const list = vi.fn(async ({ before }: { before?: string }) => {
    if (!reachable) throw trouble();
    return { items: all.filter(({ id }) => before === undefined || id < before).slice(0, 50), next: null };
  });
  const line = new Timeline("c@a", "me@a", { list, send: vi.fn(), edit: vi.fn(), delete: vi.fn() });
  line.open();
  await vi.waitFor(() => expect(line.view().status).toBe("loaded"));
  expect(await line.reach("960")).toBe("here");
  expect(list).toHaveBeenCalledTimes(1);
  reachable = false;
  expect(await line.reach("930")).toBe("failed");
  reachable = true;
  expect(await line.reach("930")).toBe("here");
  expect(await line.reach("9305")).toBe("far");
  expect(list).toHaveBeenCalledTimes(3);
  expect(await line.reach("100")).toBe("far");
  expect(line.view().messages).toHaveLength(120);
});
