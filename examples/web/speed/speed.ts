/**
 * How fast the client is there, and how it bears much, measured in the browser itself. On loopback, so what counts is
 * what the client does: fetching, compiling, drawing. Prints a table for `docs/benchmarks.md`; decides nothing.
 */
import { fillLogIn, PASSWORD, pathTo, test, type Backend, type Page, type Person, type Place } from "../e2e/test";
import { afterFrames, open, slowDown, stored, type Marks } from "./measure";
import { middle, Table } from "./table";

const ROUNDS = 7;
const CHANNELS = 20;
const BURST = 500;
const AT_ONCE = 16;
const SERVERS = 100;
const ALL_CHANNELS = 2_000;
/** What a backend allows one server to have. */
const MOST_CHANNELS = 500;
/** The times that Chromium slows the processor down. */
const SPEEDS = [1, 4] as const;

const WRITABLE = [".composer textarea:not([readonly])", "[data-row]"];

test("speed", async ({ backend, browser }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const channels = [{ id: place.channel, name: "general" }, ...(await plant(backend, ann, place.server, CHANNELS - 1))];
  for (const { id, name } of channels) {
    for (let number = 0; number < (id === place.channel ? 100 : 30); number += 1) await backend.say(ben, { ...place, channel: id }, `message ${number} in ${name}, as long as most are`);
  }
  const table = new Table(SPEEDS);

  const paint = table.row("first contentful paint, empty cache", "ms", 500);
  const usable = table.row("until the user can log in, empty cache", "ms", 1_000);
  const cold = table.row("signed in, empty cache: until the conversation is shown and the user can write", "ms", 1_200);
  const warm = table.row("the same from what the device keeps", "ms", 500);
  for (const slower of SPEEDS) {
    const [first, second, third]: [Marks[], Marks[], Marks[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      // A context of its own has an empty cache.
      const context = await browser.newContext({ baseURL: backend.url });
      const page = await context.newPage();
      await slowDown(page, slower);
      first.push(await open(page, "/", "input[name=username]"));
      await fillLogIn(page, ann.username, PASSWORD);
      await page.locator(".shell").waitFor();
      // With the cookie, and again without a cache.
      const cookies = await context.cookies();
      await context.close();
      const again = await browser.newContext({ baseURL: backend.url });
      await again.addCookies(cookies);
      const signedIn = await again.newPage();
      await slowDown(signedIn, slower);
      second.push(await open(signedIn, pathTo(place), ...WRITABLE));
      await stored(signedIn);
      third.push(await open(signedIn, pathTo(place), ...WRITABLE));
      await again.close();
    }
    paint.set(slower, middle(first.map(({ painted }) => painted)));
    usable.set(slower, middle(first.map(({ usable }) => usable)));
    cold.set(slower, middle(second.map(({ usable }) => usable)));
    warm.set(slower, middle(third.map(({ usable }) => usable)));
  }

  const fresh = table.row("to a channel that was not shown before: until its messages are drawn", "ms", 100);
  const back = table.row("back to a channel that was shown before", "ms", 100);
  const longest = table.row(`longest task of the main thread while ${BURST} messages arrive in ${CHANNELS} channels`, "ms", 150);
  const shown = table.row("the same: from sending the first to the last one drawn", "ms", null);
  for (const slower of SPEEDS) {
    const context = await browser.newContext({ baseURL: backend.url });
    const page = await context.newPage();
    await page.goto("/");
    await fillLogIn(page, ann.username, PASSWORD);
    await page.locator(".shell").waitFor();
    await page.goto(pathTo(place));
    for (const selector of WRITABLE) await page.locator(selector).first().waitFor();
    await slowDown(page, slower);
    // As many as the client keeps open.
    const few = channels.slice(1, 8).map(({ name }) => name);
    fresh.set(slower, middle(await visit(page, few)));
    back.set(slower, middle([...(await visit(page, few)), ...(await visit(page, few))]));
    await page.goto(pathTo(place));
    for (const selector of WRITABLE) await page.locator(selector).first().waitFor();
    const burst = await receive(page, backend, ben, place, channels.map(({ id }) => id));
    longest.set(slower, burst.longest);
    shown.set(slower, burst.shown);
    await context.close();
  }

  const cleo = await backend.person("cleo");
  const many = await plantMany(backend, cleo);
  const servers = table.row(`frames a second while the list of ${SERVERS} servers scrolls`, "", 59, "at least");
  const list = table.row(`the same, the list of ${MOST_CHANNELS} channels of ${ALL_CHANNELS}`, "", 59, "at least");
  const there = table.row(`signed in, empty cache, with ${SERVERS} servers and ${ALL_CHANNELS} channels: until the user can write`, "ms", null);
  for (const slower of SPEEDS) {
    const context = await browser.newContext({ baseURL: backend.url, viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.goto("/");
    await fillLogIn(page, cleo.username, PASSWORD);
    await page.locator(".shell").waitFor();
    const cookies = await context.cookies();
    await context.close();
    const again = await browser.newContext({ baseURL: backend.url, viewport: { width: 1280, height: 800 } });
    await again.addCookies(cookies);
    const signedIn = await again.newPage();
    await slowDown(signedIn, slower);
    there.set(slower, Math.round((await open(signedIn, pathTo(many), WRITABLE[0]!, ".rail-servers li:nth-child(100)")).usable));
    servers.set(slower, await scroll(signedIn, ".rail-servers"));
    list.set(slower, await scroll(signedIn, ".sidebar nav"));
    await again.close();
  }
  console.log(table.text());
});

/** Makes channels; gives them with their names. */
async function plant(backend: Backend, owner: Person, server: string, count: number): Promise<{ id: string; name: string }[]> {
  const made: { id: string; name: string }[] = [];
  for (let number = 0; number < count; number += 1) {
    const name = `bed-${number}`;
    made.push({ id: (await backend.ask<{ id: string }>("POST", `/servers/${server}/channels`, { name }, owner.token)).id, name });
  }
  return made;
}

/** Makes as many servers as one may own; the first has as many channels as it may. */
async function plantMany(backend: Backend, owner: Person): Promise<Place> {
  let left = ALL_CHANNELS;
  let first: Place | null = null;
  for (let number = 0; number < SERVERS; number += 1) {
    const place = await backend.place(owner, `Garden ${number}`, { visibility: "private" });
    const count = first === null ? MOST_CHANNELS : Math.ceil(left / (SERVERS - number));
    await plant(backend, owner, place.server, count - 1);
    left -= count;
    first ??= place;
  }
  return first!;
}

/** Goes to each channel by its link; gives the times from the click until its messages are drawn. */
async function visit(page: Page, names: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const name of names) {
    times.push(await page.evaluate(async (name) => {
      const link = [...document.querySelectorAll<HTMLElement>(".channels a")].find((one) => one.textContent?.trim() === name);
      if (!link) throw new Error(`there is no link to ${name}`);
      const began = performance.now();
      link.click();
      const isThere = () => document.querySelector("#main h1")?.textContent === name && [...document.querySelectorAll("[data-row] .text")].some((text) => text.textContent?.includes(`in ${name},`));
      await new Promise<void>((resolve) => {
        const look = () => (isThere() ? requestAnimationFrame(() => resolve()) : void requestAnimationFrame(look));
        look();
      });
      return performance.now() - began;
    }, name));
  }
  return times;
}

async function receive(page: Page, backend: Backend, person: Person, place: Place, channels: readonly string[]): Promise<{ longest: number; shown: number }> {
  const last = `the end of the burst ${Math.random()}`;
  await page.evaluate((last) => {
    const seen = { tasks: [] as number[], shown: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
    const look = () => {
      if ([...document.querySelectorAll(".text")].at(-1)?.textContent?.includes(last)) seen.shown = performance.now();
      else requestAnimationFrame(look);
    };
    look();
  }, last);
  const began = await page.evaluate(() => performance.now());
  let number = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (number < BURST - 1) {
        const channel = channels[(number += 1) % channels.length]!;
        await backend.say(person, { ...place, channel }, `burst ${number}, with **bold** and https://example.org`);
      }
    }),
  );
  await backend.say(person, place, last);
  await page.waitForFunction(() => (window as unknown as { seen: { shown: number } }).seen.shown > 0, undefined, { timeout: 120_000 });
  // The observer tells of a task after its end.
  await afterFrames(page, 30);
  const { tasks, shown } = await page.evaluate(() => (window as unknown as { seen: { tasks: number[]; shown: number } }).seen);
  return { longest: Math.round(Math.max(0, ...tasks)), shown: Math.round(shown - began) };
}

/** Scrolls a list from its beginning to its end in two seconds; gives the frames a second. */
async function scroll(page: Page, selector: string): Promise<number> {
  const took = await page.evaluate(async (selector) => {
    const list = document.querySelector(selector)!;
    const way = list.scrollHeight - list.clientHeight;
    if (way <= 0) throw new Error(`${selector} does not scroll`);
    const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    const began = await frame();
    let now = began;
    for (let step = 1; step <= 120; step += 1) {
      list.scrollTop = (way * step) / 120;
      now = await frame();
    }
    return now - began;
  }, selector);
  return Math.round((120 / took) * 10_000) / 10;
}
