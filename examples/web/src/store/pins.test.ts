import { expect, it, vi } from "vitest";
import type { Message, Pin } from "../sdk";

// The real SDK is WebAssembly that a browser loads.
vi.mock("../sdk", () => ({ BeepError: class BeepError extends Error {} }));
const { BeepError } = await import("../sdk");
const { Pins } = await import("./pins");

const message = (id: string, content = id): Message => ({
  id, channel_id: "c@a", author: "ann@a", content, sealed: null, created_at: "2026-11-22T10:00:00.000Z", edited_at: null, reply_to: null,
  attachments: [], mentions: [], reactions: [], pinned: true, nonce: null, via: null,
});
const pin = (id: string): Pin => ({ message: message(id), pinned_by: "ann@a", pinned_at: "2026-11-22T11:00:00.000Z" });
const ids = (pins: InstanceType<typeof Pins>) => pins.view().pins.map(({ message }) => message.id);

/** A channel whose pins are these when asked, in pages of two; each answer waits for `answer()`. */
function channel(...at: string[]) {
  const waiting: (() => void)[] = [];
  const there = { pins: at };
  const list = vi.fn(async ({ cursor }: { cursor?: string }) => {
    const held = [...there.pins];
    await new Promise<void>((resolve) => waiting.push(resolve));
    const start = Number(cursor ?? 0);
    return { items: held.slice(start, start + 2).map(pin), next: start + 2 < held.length ? String(start + 2) : null };
  });
  const pins = new Pins("c@a", { list, put: vi.fn(), delete: vi.fn() });
  const answer = async () => {
    await vi.waitFor(() => expect(waiting).not.toHaveLength(0));
    waiting.shift()?.();
  };
  const loaded = () => vi.waitFor(() => expect(pins.view().status).toBe("loaded"));
  return { pins, list, there, answer, loaded };
}

it("reads every page when somebody looks, and forgets all when nobody does", async () => {
  const { pins, list, answer, loaded } = channel("5", "4", "3");
  pins.restart();
  expect(list).not.toHaveBeenCalled();
  pins.open();
  await answer();
  await answer();
  await loaded();
  expect(ids(pins)).toEqual(["5", "4", "3"]);
  pins.close();
  expect(pins.view()).toEqual({ pins: [], status: "empty" });
});
it("follows what is unpinned, deleted and edited without asking", async () => {
  const { pins, list, answer, loaded } = channel("2", "1");
  pins.open();
  await answer();
  await loaded();
  pins.drop("2");
  pins.replace(message("1", "edited"));
  expect(pins.view().pins.map(({ message }) => message.content)).toEqual(["edited"]);
  expect(list).toHaveBeenCalledTimes(1);
});
it("asks again for what was pinned, and shows the old until it comes", async () => {
  const { pins, there, answer, loaded } = channel("1");
  pins.open();
  await answer();
  await loaded();
  there.pins = ["2", "1"];
  pins.restart();
  expect(pins.view().status).toBe("loading");
  expect(ids(pins)).toEqual(["1"]);
  await answer();
  await loaded();
  expect(ids(pins)).toEqual(["2", "1"]);
});
it("does not bring back what was unpinned while the answer was on its way, and asks once more for many changes", async () => {
  const { pins, list, there, answer, loaded } = channel("2", "1");
  pins.open();
  there.pins = ["3", "1"];
  pins.drop("2");
  pins.restart();
  pins.restart();
  await answer();
  await answer();
  await loaded();
  expect(ids(pins)).toEqual(["3", "1"]);
  expect(list).toHaveBeenCalledTimes(2);
});
it("reads for who opens again while the last answer is on its way", async () => {
  const { pins, answer, loaded } = channel("1");
  pins.open();
  pins.close();
  pins.open();
  await answer();
  await answer();
  await loaded();
  expect(ids(pins)).toEqual(["1"]);
});
it("says that it failed, and tries again when asked", async () => {
  let reachable = false;
  const list = vi.fn(async () => {
    if (!reachable) throw Object.assign(Object.create(BeepError.prototype) as Error, { code: "transport" });
    return { items: [pin("1")], next: null };
  });
  const pins = new Pins("c@a", { list, put: vi.fn(), delete: vi.fn() });
  pins.open();
  await vi.waitFor(() => expect(pins.view().status).toBe("failed"));
  reachable = true;
  pins.reload();
  await vi.waitFor(() => expect(ids(pins)).toEqual(["1"]));
});
