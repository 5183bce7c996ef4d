import { expect, it } from "vitest";
import type { FriendRow } from "../store/objects";
import { byName, friendName, matching } from "./sort";

function row(username: string, display_name: string | null = null, domain = "a.example.com"): FriendRow {
  const user = `${username}@${domain}`;
  const profile = { id: user, username, domain, display_name, avatar: null, bio: null, created_at: "2026-11-29T10:00:00Z", deleted: false };
  return { list: "friends", user, profile, request: null, since: "2026-11-29T10:00:00Z" };
}

const names = (rows: readonly FriendRow[]) => rows.map(friendName);

it("lists people by name, and those of one name by handle", () => {
  expect(names(byName([row("zoe"), row("émile"), row("ben"), row("x", "Ada")], "fr"))).toEqual(["Ada", "ben", "émile", "zoe"]);
  const two = [row("ada", "Ada", "b.example.com"), row("ada", "Ada")];
  expect(byName(two, "en").map(({ user }) => user)).toEqual(["ada@a.example.com", "ada@b.example.com"]);
  expect(friendName({ profile: null })).toBe("…");
});

it("finds people by any part of name and handle", () => {
  const rows = [row("emile", "Émile"), row("ben", "Big Ben", "b.example.com")];
  expect(names(matching(rows, "emi"))).toEqual(["Émile"]);
  expect(names(matching(rows, "@ben@b.ex"))).toEqual(["Big Ben"]);
  expect(names(matching(rows, "BIG"))).toEqual(["Big Ben"]);
  expect(matching(rows, "  ")).toBe(rows);
  expect(matching(rows, "nobody")).toEqual([]);
});
