/**
 * How fast the client is there, and how it bears a burst, measured in the browser itself. On loopback, so what counts is
 * what the client does: fetching, compiling, drawing. Prints rows for `docs/benchmarks.md`.
 */
import { fillLogIn, PASSWORD, pathTo, test, type Backend, type Page, type Person, type Place } from "../e2e/test";

interface Marks {
  painted: number;
  usable: number;
}

const ROUNDS = 7;
const BURST = 500;
const AT_ONCE = 16;

test("speed", async ({ backend, browser }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  for (let number = 0; number < 100; number += 1) await backend.say(ben, place, `message ${number}, as long as most are`);

  const rows: string[] = [];
  for (const slower of [4, 1]) {
    const [cold, warm]: [Marks[], Marks[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      // A context of its own has an empty cache.
      const context = await browser.newContext({ baseURL: backend.url });
      const page = await context.newPage();
      await slowDown(page, slower);
      cold.push(await open(page, "/", "input[name=username]"));
      await fillLogIn(page, ann.username, PASSWORD);
      await page.locator(".shell").waitFor();
      // With the cookie, and again without a cache.
      const cookies = await context.cookies();
      await context.close();
      const again = await browser.newContext({ baseURL: backend.url });
      await again.addCookies(cookies);
      const signedIn = await again.newPage();
      await slowDown(signedIn, slower);
      warm.push(await open(signedIn, pathTo(place), ".composer textarea:not(:disabled)", "[data-row]"));
      await again.close();
    }
    const [first, second] = [middle(cold), middle(warm)];
    const cpu = slower === 1 ? "CPU as it is" : `CPU ${slower}× slower`;
    rows.push(`| first contentful paint, empty cache, ${cpu} | ${first.painted} ms |`);
    rows.push(`| time until one can sign up or log in, empty cache, ${cpu} | ${first.usable} ms |`);
    rows.push(`| time until the conversation is there and one can write, empty cache, signed in, ${cpu} | ${second.usable} ms |`);
  }
  for (const slower of [1, 4]) {
    const context = await browser.newContext({ baseURL: backend.url });
    const page = await context.newPage();
    await page.goto("/");
    await fillLogIn(page, ann.username, PASSWORD);
    await page.locator(".shell").waitFor();
    await page.goto(pathTo(place));
    await page.locator(".composer textarea").waitFor();
    await slowDown(page, slower);
    const { longest, over50, sent, shown } = await burst(page, backend, ben, place);
    const cpu = slower === 1 ? "" : `, CPU ${slower}× slower`;
    rows.push(`| ${BURST} messages in ${sent} ms: longest task of the main thread${cpu} | ${longest} ms (${over50} over 50 ms; the last was shown after ${shown} ms) |`);
    await context.close();
  }
  console.log(["", "| what | here |", "|---|---|", ...rows, ""].join("\n"));
});

async function slowDown(page: Page, rate: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate });
}

/** Opens a page and waits for all of these; times are since the navigation began. */
async function open(page: Page, path: string, ...needed: string[]): Promise<Marks> {
  await page.addInitScript((needed) => {
    const look = () => {
      if (!needed.every((selector) => document.querySelector(selector))) return void requestAnimationFrame(look);
      // Drawn with the next frame.
      requestAnimationFrame(() => performance.mark("usable"));
    };
    look();
  }, needed);
  await page.goto(path);
  await page.waitForFunction(() => performance.getEntriesByName("usable").length > 0 && performance.getEntriesByName("first-contentful-paint").length > 0);
  return page.evaluate(() => ({
    painted: performance.getEntriesByName("first-contentful-paint")[0]!.startTime,
    usable: performance.getEntriesByName("usable")[0]!.startTime,
  }));
}

function middle(marks: Marks[]): Marks {
  const of = (key: keyof Marks) => Math.round(marks.map((mark) => mark[key]).sort((a, b) => a - b)[marks.length >> 1]!);
  return { painted: of("painted"), usable: of("usable") };
}

async function burst(page: Page, backend: Backend, person: Person, place: Place) {
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
  const start = performance.now();
  let number = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (number < BURST - 1) await backend.say(person, place, `burst ${(number += 1)}, with **bold** and https://example.org`);
    }),
  );
  await backend.say(person, place, last);
  const sent = Math.round(performance.now() - start);
  await page.waitForFunction(() => (window as unknown as { seen: { shown: number } }).seen.shown > 0, undefined, { timeout: 120_000 });
  await page.waitForTimeout(500); // the observer tells of a task after its end
  const { tasks, shown } = await page.evaluate(() => (window as unknown as { seen: { tasks: number[]; shown: number } }).seen);
  return { longest: Math.round(Math.max(0, ...tasks)), over50: tasks.length, sent, shown: Math.round(shown - began) };
}
