import { expect, it } from "vitest";
import { paths, routeOf } from "./router";

it.each([
  ["/", { at: "home" }],
  ["/discover", { at: "discover" }],
  ["/invite/ab%2Fc", { at: "invite", code: "ab/c" }],
  ["/s/1@a.example.com", { at: "server", server: "1@a.example.com", channel: null }],
  ["/s/1@a.example.com/2@a.example.com", { at: "server", server: "1@a.example.com", channel: "2@a.example.com" }],
  ["/s/1/settings", { at: "settings", server: "1" }],
  ["/elsewhere", { at: "nowhere" }],
  ["/s/1/2/3", { at: "nowhere" }],
  ["/%", { at: "nowhere" }],
])("%s", (path, route) => expect(routeOf(path)).toEqual(route));

it("finds back what it spells", () => {
  expect(routeOf(paths.channel("1@a", "2@a"))).toEqual({ at: "server", server: "1@a", channel: "2@a" });
  expect(routeOf(paths.invite("x y/z"))).toEqual({ at: "invite", code: "x y/z" });
});
