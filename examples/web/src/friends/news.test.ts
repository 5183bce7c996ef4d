import { expect, it } from "vitest";
import type { Event, User } from "../sdk";
import { newsOf } from "./news";

const user = (username: string, display_name: string | null = null): User => ({ id: `${username}@a`, username, domain: "a", display_name, avatar: null, bio: null, created_at: "", deleted: false });
const event = (type: string, from: User, to: User): Event => ({ type, data: { id: "r", from, to, created_at: "" }, stream: "", cursor: "", seq: 1, at: "" }) as unknown as Event;
const [ann, ben] = [user("ann"), user("ben", "Ben")];

it("tells of a request to oneself and of an accepted one, and of nothing that one did oneself", () => {
  expect(newsOf(event("friend_request.received", ben, ann), ann.id)).toEqual({ key: "friends.asks", name: "Ben", tab: "pending" });
  expect(newsOf(event("friend_request.received", ann, ben), ann.id)).toBeNull();
  expect(newsOf(event("friend_request.accepted", ann, ben), ann.id)).toEqual({ key: "friends.accepted", name: "Ben", tab: "all" });
  expect(newsOf(event("friend_request.accepted", ben, ann), ann.id)).toBeNull();
  expect(newsOf(event("friend_request.declined", ann, ben), ann.id)).toBeNull();
});
