import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { BeepError as Failure, Client } from "../sdk";

// The real SDK is WebAssembly that a browser loads.
vi.mock("../sdk", () => ({ BeepError: class BeepError extends Error {}, homeOf: (id: string) => id.slice(id.indexOf("@") + 1) }));
const { BeepError } = await import("../sdk");
const { Remotes } = await import("./remotes");
const { remoteOf, watched } = await import("./watched");

const failure = (code: string) => Object.assign(Object.create(BeepError.prototype) as Error, { code }) as Failure;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("takes a backend for gone by its own codes alone, and for back by whatever it answers", () => {
  const back = vi.fn();
  const remotes = new Remotes(async () => {}, back);
  remotes.heard("b", failure("not_found"));
  remotes.heard("b", failure("transport"));
  expect(remotes.reach("b").trouble).toBeNull();
  remotes.heard("b", failure("remote_unavailable"));
  remotes.heard("b", failure("transport"));
  expect(remotes.reach("b").trouble).toBe("remote_unavailable");
  expect(remotes.reach("c").trouble).toBeNull();
  remotes.heard("b", failure("permission_denied"));
  expect(remotes.reach("b")).toEqual({ trouble: null, back: true });
  expect(back).toHaveBeenCalledExactlyOnceWith("b");
  vi.advanceTimersByTime(10_000);
  expect(remotes.reach("b").back).toBe(false);
});

it("asks one that is gone ever less often while somebody looks, at once when something comes from it, and then no more", async () => {
  let gone = true;
  const asked: number[] = [];
  const remotes = new Remotes(async () => {
    asked.push(Date.now());
    remotes.heard("b", gone ? failure("remote_unavailable") : null);
    if (gone) throw failure("remote_unavailable");
  }, () => {});
  const over = remotes.watch("b", "s@b");
  await vi.advanceTimersByTimeAsync(120_000);
  const pauses = asked.slice(1).map((at, index) => at - asked[index]!);
  expect(pauses.slice(0, 6)).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  const before = asked.length;
  gone = false;
  remotes.stirred("c");
  expect(asked).toHaveLength(before);
  remotes.stirred("b");
  expect(asked).toHaveLength(before + 1);
  await vi.advanceTimersByTimeAsync(59_000);
  expect(asked, "one that is there is left in peace").toHaveLength(before + 1);
  over();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked).toHaveLength(before + 1);
});

it("asks nobody while the page is not seen", async () => {
  const ask = vi.fn(async () => {});
  Object.assign(document, { visibilityState: "hidden" });
  const over = new Remotes(ask, () => {}).watch("b", "s@b");
  await vi.advanceTimersByTimeAsync(300_000);
  expect(ask).not.toHaveBeenCalled();
  Object.assign(document, { visibilityState: "visible" });
  document.dispatchEvent(new Event("visibilitychange"));
  expect(ask).toHaveBeenCalledOnce();
  over();
});

it("hears whose matter a call was, and how it ended", async () => {
  const heard: [string, string | null][] = [];
  const list = vi.fn(async ({ channel }: { channel: string }) => {
    if (channel.startsWith("gone")) throw failure("remote_unavailable");
    return { items: [], next: null };
  });
  class Fake {
    #name = "fake";
    readonly messages = Object.freeze({ list });
    readonly users = Object.freeze({ byHandle: async () => "bob" });
    readonly servers = Object.freeze({ discover: async () => "found", list: async () => "all" });
    get user() {
      return this.#name;
    }
    close() {
      return this.#name;
    }
  }
  const client = watched(new Fake() as unknown as Client, (domain, error) => heard.push([domain, error && error.code]));
  await client.messages.list({ channel: "x@b" });
  const error = await client.messages.list({ channel: "gone@b" }).catch((cause: unknown) => cause as Failure);
  await client.servers.discover({ domain: "c" });
  await client.users.byHandle({ handle: "bob@d" });
  await client.servers.list({});
  expect(heard).toEqual([["b", null], ["b", "remote_unavailable"], ["c", null], ["d", null]]);
  expect(remoteOf(error as Failure)).toBe("b");
  expect(client.messages).toBe(client.messages);
  expect([client.user, client.close()]).toEqual(["fake", "fake"]);
});

it("blames for an invitation that failed who may be the reason, and nobody where it may be either", async () => {
  const heard: string[] = [];
  const trouble = async () => {
    throw failure("remote_unavailable");
  };
  const fake = { invitations: Object.freeze({ create: trouble }), members: Object.freeze({ kick: trouble }), user: { domain: "a" } };
  const client = watched(fake as unknown as Client, (domain) => heard.push(domain));
  const blamed = async (server: string, user: string) =>
    remoteOf((await client.invitations.create({ server, user }).catch((cause: unknown) => cause)) as Failure);
  expect(await blamed("s@a", "u@b")).toBe("b");
  expect(await blamed("s@b", "u@b")).toBe("b");
  expect(await blamed("s@b", "u@a")).toBe("b");
  expect(await blamed("s@b", "u@c")).toBeNull();
  await client.members.kick({ server: "s@b", user: "u@c" }).catch(() => {});
  expect(heard, "other calls are the owner's alone").toEqual(["b", "b", "b", "b"]);
});
