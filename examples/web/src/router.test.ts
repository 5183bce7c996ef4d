import { expect, it } from "vitest";
import { paths, routeOf } from "./router";

it.each([
  ["/", { at: "start" }],
  ["/home", { at: "home" }],
  ["/friends", { at: "friends", tab: "all" }],
  ["/friends/pending", { at: "friends", tab: "pending" }],
  ["/friends/others", { at: "nowhere" }],
  ["/discover", { at: "discover" }],
  ["/discover/more", { at: "nowhere" }],
  ["/invite/ab%2Fc", { at: "invite", code: "ab/c" }],
  ["/s/1@a.example.com", { at: "server", server: "1@a.example.com", channel: null, message: null }],
  ["/s/1@a.example.com/2@a.example.com", { at: "server", server: "1@a.example.com", channel: "2@a.example.com", message: null }],
  ["/s/1/2/3", { at: "server", server: "1", channel: "2", message: "3" }],
  ["/s/1/settings", { at: "settings", server: "1", page: null }],
  ["/s/1/settings/roles", { at: "settings", server: "1", page: "roles" }],
  ["/c/2@a.example.com", { at: "private", channel: "2@a.example.com", message: null }],
  ["/c/2/3", { at: "private", channel: "2", message: "3" }],
  ["/c", { at: "nowhere" }],
  ["/c/2/3/4", { at: "nowhere" }],
  ["/settings", { at: "account", page: null }],
  ["/settings/appearance", { at: "account", page: "appearance" }],
  ["/elsewhere", { at: "nowhere" }],
  ["/s/1/2/3/4", { at: "nowhere" }],
  ["/%", { at: "nowhere" }],
])("%s", (path, route) => expect(routeOf(path)).toEqual(route));

it("finds back what it spells", () => {
  expect(routeOf(paths.channel("1@a", "2@a"))).toEqual({ at: "server", server: "1@a", channel: "2@a", message: null });
  expect(routeOf(paths.message("1@a", "2@a", "3"))).toEqual({ at: "server", server: "1@a", channel: "2@a", message: "3" });
  expect(routeOf(paths.channel(null, "2@a"))).toEqual({ at: "private", channel: "2@a", message: null });
  expect(routeOf(paths.message(null, "2@a", "3"))).toEqual({ at: "private", channel: "2@a", message: "3" });
  expect(routeOf(paths.settings("1@a", "bans"))).toEqual({ at: "settings", server: "1@a", page: "bans" });
  expect(routeOf(paths.friends())).toEqual({ at: "friends", tab: "all" });
  expect(routeOf(paths.friends("add"))).toEqual({ at: "friends", tab: "add" });
  expect(routeOf(paths.invite("x y/z"))).toEqual({ at: "invite", code: "x y/z" });
});
