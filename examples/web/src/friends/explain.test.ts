import { beforeAll, expect, it, vi } from "vitest";
import type { BeepError } from "../sdk";

// The page's door to the SDK loads WebAssembly.
vi.mock("../sdk", () => ({ BeepError: class extends Error {} }));
const { speak, t } = await import("../i18n");
const { explainAsk, explainFriend } = await import("./explain");

const refused = (code: string): BeepError => ({ code, message: code, problem: null }) as unknown as BeepError;
const own = "ann@a.example.com";

beforeAll(() => speak("en"));

it("says whom one cannot ask, and why", () => {
  expect(explainAsk(refused("not_found"), "bob", own)).toBe(t("person.none", { handle: "bob" }));
  expect(explainAsk(refused("already_friends"), "bob", own)).toBe(t("error.already_friends"));
  expect(explainAsk(refused("conflict"), "bob", own)).toBe(t("friends.error.conflict"));
  for (const handle of ["ann", own]) expect(explainAsk(refused("invalid_request"), handle, own)).toBe(t("friends.error.self"));
  expect(explainAsk(refused("remote_unavailable"), "bob@b.example.com", own)).toContain("b.example.com");
});

it("says that a request is gone", () => {
  expect(explainFriend(refused("not_found"), "a.example.com")).toBe(t("friends.error.gone"));
  expect(explainFriend(refused("transport"), "a.example.com")).toBe(t("error.transport"));
});
