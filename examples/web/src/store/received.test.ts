import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { BeepError as Failure, Event, Invitation } from "../sdk";

// The real SDK is WebAssembly that a browser loads.
vi.mock("../sdk", () => ({ BeepError: class BeepError extends Error {}, homeOf: (id: string) => id.slice(id.indexOf("@") + 1) }));
const { BeepError } = await import("../sdk");
const { Received } = await import("./received");

const failure = (code: string) => Object.assign(Object.create(BeepError.prototype) as Error, { code }) as Failure;
const invitation = (id: string): Invitation => ({
  id, code: null, inviter: "bob@b", user: "me@a", expires_at: null, max_uses: null, uses: 0, created_at: "2026-11-23T10:00:00.000Z",
  server: { id: "s@b", name: "Orchard", description: "", icon: null, member_count: 1 },
});
const came = (id: string) => ({ type: "invitation.received", data: invitation(id) }) as Event;
const went = (id: string) => ({ type: "invitation.revoked", data: { id, server_id: "s@b" } }) as Event;

/** Answers are given one by one, in the order of the questions. */
function received() {
  const asked: { resolve: (page: { items: Invitation[]; next: string | null }) => void; reject: (error: unknown) => void }[] = [];
  const calls = {
    received: vi.fn((_: { cursor?: string } = {}) => new Promise<{ items: Invitation[]; next: string | null }>((resolve, reject) => asked.push({ resolve, reject }))),
    accept: vi.fn(async (_: { code: string }) => ({ server_id: "s@b" })),
    decline: vi.fn(async (_: { code: string }) => {}),
  };
  const store = new Received(calls as unknown as ConstructorParameters<typeof Received>[0]);
  const answer = async (number: number, ids: readonly string[], next: string | null = null) => {
    asked[number]?.resolve({ items: ids.map(invitation), next });
    await vi.advanceTimersByTimeAsync(0);
  };
  return { store, calls, asked, answer, ids: () => store.list().map(({ id }) => id) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("holds every part of the list, newest first, and what the stream tells", async () => {
  const { store, calls, answer, ids } = received();
  store.restart();
  await answer(0, ["1", "3"], "more");
  expect(calls.received).toHaveBeenLastCalledWith({ limit: 100, cursor: "more" });
  await answer(1, ["2"]);
  expect(ids()).toEqual(["3", "2", "1"]);
  const told = vi.fn();
  store.subscribe(told);
  store.apply(came("4"));
  store.apply(went("2"));
  expect(ids()).toEqual(["4", "3", "1"]);
  expect(told).toHaveBeenCalledTimes(2);
});

it("trusts what was told over an answer to what was asked before", async () => {
  const { store, answer, ids } = received();
  store.restart();
  store.apply(went("1"));
  store.apply(came("3"));
  store.apply(went("4"));
  store.apply(came("4"));
  await answer(0, ["1", "2"]);
  expect(ids()).toEqual(["4", "3", "2"]);
});

it("keeps the old until the new come, and lets a later start win", async () => {
  const { store, answer, ids } = received();
  store.restart();
  await answer(0, ["1"]);
  store.restart();
  store.restart();
  expect(ids()).toEqual(["1"]);
  await answer(2, ["3"]);
  await answer(1, ["2"]);
  expect(ids()).toEqual(["3"]);
});

it("tells apart what two backends gave the same id", async () => {
  const { store, calls, answer, ids } = received();
  store.restart();
  await answer(0, ["1"]);
  const [one] = store.list() as [Invitation];
  const theirs: Invitation = { ...one, server: { ...one.server, id: "s@c" } };
  store.apply({ type: "invitation.received", data: theirs } as Event);
  expect(ids()).toEqual(["1", "1"]);
  await store.decline(theirs);
  expect(calls.decline).toHaveBeenCalledWith({ code: "1@c" });
  expect(store.list()).toEqual([one]);
  store.apply({ type: "invitation.revoked", data: { id: "1", server_id: "s@c" } } as Event);
  expect(store.list()).toEqual([one]);
});

it("asks again when it could not be told", async () => {
  const { store, calls, asked, answer, ids } = received();
  store.restart();
  asked[0]?.reject(failure("internal"));
  await vi.advanceTimersByTimeAsync(29_000);
  expect(calls.received).toHaveBeenCalledOnce();
  store.apply(came("2"));
  await vi.advanceTimersByTimeAsync(2_000);
  await answer(1, ["1", "2"]);
  expect(ids()).toEqual(["2", "1"]);
});

it("lets go of what was answered, and of nothing that could not be", async () => {
  const { store, calls, answer, ids } = received();
  store.restart();
  await answer(0, ["1", "2"]);
  const [two, one] = store.list() as [Invitation, Invitation];
  await store.decline(two);
  expect(calls.decline).toHaveBeenCalledWith({ code: "2@b" });
  expect(ids()).toEqual(["1"]);

  calls.accept.mockRejectedValueOnce(failure("remote_unavailable"));
  await expect(store.accept(one)).rejects.toMatchObject({ code: "remote_unavailable" });
  expect(ids()).toEqual(["1"]);
  expect(await store.accept(one)).toBe("s@b");
  expect(calls.accept).toHaveBeenCalledWith({ code: "1@b" });
  expect(ids()).toEqual([]);
});
