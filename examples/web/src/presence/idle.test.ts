import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Presence } from "../sdk";
import { choseIdle, Idle, IDLE_MS } from "./idle";

const USER = "1@a.example.com";
const MINUTE = 60_000;
let stored: Map<string, string>;
let status: Presence["status"];
let put: string[];
let fails: boolean;
let page: EventTarget;
let idle: Idle;

/** Another tab of the device, or the same anew. */
function open(): Idle {
  const one = new Idle({
    user: USER,
    status: () => status,
    put: async (next) => {
      if (fails) throw new Error("offline");
      put.push(next);
      status = next;
    },
  }, page);
  one.start();
  return one;
}

const move = async (): Promise<void> => {
  page.dispatchEvent(new Event("pointermove"));
  await vi.advanceTimersByTimeAsync(0);
};

beforeEach(() => {
  vi.useFakeTimers();
  stored = new Map();
  vi.stubGlobal("localStorage", { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, text: string) => void stored.set(key, text), removeItem: (key: string) => void stored.delete(key) });
  [status, put, fails, page] = ["online", [], false, new EventTarget()];
  idle = open();
});
afterEach(() => {
  idle.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("tells once that somebody is away, and at once that they are back", async () => {
  await vi.advanceTimersByTimeAsync(IDLE_MS - MINUTE);
  expect(put).toEqual([]);
  await vi.advanceTimersByTimeAsync(3 * MINUTE);
  expect(put).toEqual(["idle"]);
  await vi.advanceTimersByTimeAsync(2 * IDLE_MS);
  expect(put).toEqual(["idle"]);
  await move();
  expect(put).toEqual(["idle", "online"]);
  await vi.advanceTimersByTimeAsync(IDLE_MS + MINUTE);
  expect(put).toEqual(["idle", "online", "idle"]);
});

it("stays with what somebody chose", async () => {
  for (const chosen of ["dnd", "invisible"] as const) {
    status = chosen;
    await vi.advanceTimersByTimeAsync(2 * IDLE_MS);
    await move();
  }
  choseIdle(USER, true);
  status = "idle";
  await vi.advanceTimersByTimeAsync(MINUTE);
  await move();
  expect(put).toEqual([]);
  choseIdle(USER, false);
  await vi.advanceTimersByTimeAsync(MINUTE);
  await move();
  expect(put).toEqual(["online"]);
});

it("counts what is typed in another tab, and takes back what another device told", async () => {
  await vi.advanceTimersByTimeAsync(IDLE_MS - MINUTE);
  stored.set("beep.input", String(Date.now()));
  await vi.advanceTimersByTimeAsync(2 * MINUTE);
  expect(put).toEqual([]);
  status = "idle";
  await move();
  expect(put).toEqual(["online"]);
});

it("does not insist while another device says that somebody is there", async () => {
  await vi.advanceTimersByTimeAsync(IDLE_MS + MINUTE);
  expect(put).toEqual(["idle"]);
  status = "online";
  await vi.advanceTimersByTimeAsync(2 * IDLE_MS);
  expect(put).toEqual(["idle"]);
});

it("tries again what could not be told, and ends with the session", async () => {
  fails = true;
  await vi.advanceTimersByTimeAsync(IDLE_MS + MINUTE);
  fails = false;
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(put).toEqual(["idle"]);
  idle.stop();
  await move();
  expect(put).toEqual(["idle"]);
});
