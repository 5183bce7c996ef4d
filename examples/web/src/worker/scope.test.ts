import { expect, it } from "vitest";
import { answerOf, carriedOver, type Files } from "./scope";

const files: Files = { version: "1", early: ["/", "/icon.svg", "/assets/index-1a2b3c4d.js"], spare: ["/assets/fr-1a2b3c4d.js"] };
const ask = (path: string, more: Partial<{ method: string; mode: string }> = {}) =>
  answerOf({ method: "GET", mode: "cors", url: new URL(path, "https://a.example.com").href, ...more }, "https://a.example.com", files);

it.each(["/", "/home", "/invite/abc.def", "/s/1@a.example.com/2@a.example.com/3", "/discover?q=1", "/v1x"])("opens %s as the page", (path) => {
  expect(ask(path, { mode: "navigate" })).toBe("page");
});
it.each(["/v1", "/v1/backend", "/docs", "/readyz", "/metrics", "/.well-known/x", "/robots.txt", "/sw.js", "/icon.svg", "/assets/index-1a2b3c4d.js"])("leaves the address %s to the backend", (path) => {
  expect(ask(path, { mode: "navigate" })).toBe(null);
});
it.each(["/icon.svg", "/assets/index-1a2b3c4d.js", "/assets/fr-1a2b3c4d.js", "/assets/of-another-version.js"])("answers with the file %s", (path) => {
  expect(ask(path)).toBe("file");
});
it.each(["/v1/self", "/v1/gateway", "/sw.js", "/other.png", "/icon.svg?1", "https://b.example.com/icon.svg"])("leaves %s alone", (path) => {
  expect(ask(path)).toBe(null);
});
it.each(["POST", "PUT", "DELETE", "HEAD"])("answers no %s", (method) => {
  expect([ask("/", { method, mode: "navigate" }), ask("/icon.svg", { method })]).toEqual([null, null]);
});
it("carries over what was in use, under its new name", () => {
  const spare = ["/assets/fr-aaaaaaaa.js", "/assets/de-bbbbbbbb.js", "/assets/inter-greek-wght-normal-C-ccc_1D.woff2"];
  expect(carriedOver(spare, ["/", "/assets/fr-11111111.js", "/assets/inter-greek-wght-normal-22222222.woff2"])).toEqual([spare[0], spare[2]]);
});
