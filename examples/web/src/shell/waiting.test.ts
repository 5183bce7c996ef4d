import { expect, it } from "vitest";
import { byWaiting } from "./waiting";

const goal = (name: string, unread = false, mentions = 0, visited: number | null = null) => ({ name, unread, mentions, visited });

it("puts mentions first, then what is unread, then the last places, and leaves the rest in order", () => {
  const goals = [goal("a"), goal("old", false, 0, 3), goal("b"), goal("unread", true), goal("latest", false, 0, 0), goal("muted", false, 4), goal("mentioned", true, 2)];
  expect(byWaiting(goals).map(({ name }) => name)).toEqual(["mentioned", "unread", "latest", "old", "a", "b", "muted"]);
});
