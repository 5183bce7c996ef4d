import { expect, it } from "vitest";
import { powersOf } from "./powers";

const open = (...global_roles: string[]) => Object.entries(powersOf({ global_roles })).flatMap(([name, has]) => (has ? [name] : []));

it("opens to each role what is its own, and to administrators all", () => {
  expect(powersOf(null).any).toBe(false);
  expect(open()).toEqual([]);
  expect(open("user_moderator")).toEqual(["any", "users"]);
  expect(open("server_moderator")).toEqual(["any", "servers"]);
  expect(open("user_moderator", "server_moderator")).toEqual(["any", "users", "servers"]);
  expect(open("application_administrator")).toEqual(["any", "users", "servers", "administers"]);
  expect(open("something_newer")).toEqual([]);
});
