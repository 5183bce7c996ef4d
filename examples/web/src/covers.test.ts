import { afterEach, beforeEach, expect, it, vi } from "vitest";

/** The history of a browser, which goes back only after a while. */
class Browser extends EventTarget {
  entries = ["/a"];
  at = 0;
  readonly location = { origin: "https://a.example.com" } as unknown as { pathname: string; href: string };
  constructor() {
    super();
    for (const name of ["pathname", "href"]) Object.defineProperty(this.location, name, { get: () => this.entries[this.at] });
  }
  pushState(_: unknown, __: string, to: string): void {
    this.entries = [...this.entries.slice(0, this.at + 1), to];
    this.at += 1;
  }
  replaceState(_: unknown, __: string, to: string): void {
    this.entries[this.at] = to;
  }
  go(by: number): void {
    setTimeout(() => {
      this.at += by;
      this.dispatchEvent(new Event("popstate"));
    });
  }
}

let browser: Browser;
let router: typeof import("./router");
let free: () => void;

beforeEach(async () => {
  browser = new Browser();
  vi.stubGlobal("history", browser);
  vi.stubGlobal("location", browser.location);
  vi.stubGlobal("addEventListener", browser.addEventListener.bind(browser));
  vi.stubGlobal("removeEventListener", browser.removeEventListener.bind(browser));
  vi.resetModules();
  router = await import("./router");
  free = router.subscribe(() => {});
  vi.useFakeTimers();
});
afterEach(() => {
  free();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Something that lies over the page until the browser goes back. */
function cover(closed: string[], name: string): () => void {
  return router.coverWith(() => closed.push(name));
}

it("takes away one thing after the other, the top one first", () => {
  const closed: string[] = [];
  cover(closed, "drawer");
  cover(closed, "dialog");
  browser.go(-1);
  vi.runAllTimers();
  expect(closed).toEqual(["dialog"]);
  browser.go(-1);
  vi.runAllTimers();
  expect(closed).toEqual(["dialog", "drawer"]);
  expect(browser.at).toBe(0);
});

it("leaves no step behind for what was closed otherwise, several at once too", async () => {
  const closed: string[] = [];
  const [drawer, dialog] = [cover(closed, "drawer"), cover(closed, "dialog")];
  dialog();
  drawer();
  dialog();
  await vi.runAllTimersAsync();
  expect(browser.at).toBe(0);
  expect(closed).toEqual([]);
});

it("goes where it is wanted once the browser has left what was closed", async () => {
  const close = cover([], "sheet");
  close();
  router.navigate("/b");
  await vi.runAllTimersAsync();
  expect(browser.entries.slice(0, browser.at + 1)).toEqual(["/a", "/b"]);
  const again = cover([], "sheet");
  again();
  await vi.runAllTimersAsync();
  router.navigate("/c");
  expect(browser.entries.slice(0, browser.at + 1)).toEqual(["/a", "/b", "/c"]);
});

it("makes the step of what lay over the page that of where one goes", () => {
  const close = cover([], "drawer");
  router.navigate("/b");
  close();
  vi.runAllTimers();
  expect(browser.entries.slice(0, browser.at + 1)).toEqual(["/a", "/b"]);
});
