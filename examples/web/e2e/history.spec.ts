/** A long history: of 5,000 messages only what is in view is in the page, and reading upward nothing jumps. */
import { expect, history, messages, pathTo, test, type Backend, type Page, type Person, type Place } from "./test";

const COUNT = 5_000;
const AT_ONCE = 20;

test.describe.configure({ timeout: 180_000 });

test("5,000 messages scroll from the newest to the first, with a bounded page and without jumping", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Archive");
  await fill(backend, ann, place, COUNT);
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page).last()).toContainText(`number ${COUNT}`);

  let most = 0;
  let worst = 0;
  for (let turn = 0; turn < 1_000; turn += 1) {
    const { rows, jump, top } = await scrollUp(page, 800);
    most = Math.max(most, rows);
    worst = Math.max(worst, jump);
    if (top === 0 && (await page.getByRole("heading", { name: "This is the beginning of #general" }).isVisible())) break;
  }
  await expect(messages(page).first()).toContainText("number 1 ");
  expect(most, "rows in the page").toBeLessThan(120);
  expect(worst, "how far a row that is being read moves by itself, in pixels").toBeLessThanOrEqual(2);

  await page.getByRole("button", { name: "Jump to newest" }).click();
  await expect(messages(page).last()).toContainText(`number ${COUNT}`);
  await expect(page.getByRole("button", { name: "Jump to newest" })).toBeHidden();
});

test("while one reads above, what comes below moves nothing; at the end the view follows", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Archive");
  await fill(backend, ann, place, 120);
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page).last()).toContainText("number 120");
  await backend.say(ann, place, "seen at once");
  await expect(messages(page).last()).toContainText("seen at once");
  await expect(messages(page).last()).toBeInViewport();

  await scrollUp(page, 900);
  const before = await inView(page);
  for (let number = 0; number < 20; number += 1) await backend.say(ann, place, `below ${number}`);
  await page.waitForFunction(() => document.querySelector(".newest") !== null);
  await expect(async () => expect(await inView(page)).toEqual(before)).toPass();
  await page.getByRole("button", { name: "Jump to newest" }).click();
  await expect(messages(page).last()).toContainText("below 19");
  await expect(messages(page).last()).toBeInViewport();
});

/** Messages of different heights; some at once, but for the first and the last. */
async function fill(backend: Backend, person: Person, place: Place, count: number): Promise<void> {
  const say = (number: number) => {
    const lines = number % 7 === 0 ? "\nand a second line" : number % 31 === 0 ? `\n${"long ".repeat(120)}` : "";
    return backend.say(person, place, `number ${number} ${lines}`);
  };
  await say(1);
  for (let number = 2; number < count; number += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - number) }, (_, index) => say(number + index)));
  }
  await say(count);
}

/** Turns the wheel once, and says how far a row in the middle moved otherwise than the wheel says, and how far up there is to go. */
async function scrollUp(page: Page, by: number): Promise<{ rows: number; jump: number; top: number }> {
  return history(page).evaluate(async (view, by) => {
    const frame = () => new Promise(requestAnimationFrame);
    const middle = view.getBoundingClientRect().top + view.clientHeight / 2;
    const top = (row: Element) => row.getBoundingClientRect().top;
    const rows = () => [...view.querySelectorAll("[data-key]")];
    view.scrollTop -= by;
    await frame();
    await frame();
    const read = rows().find((row) => row.getBoundingClientRect().bottom > middle);
    const was = read ? top(read) : 0;
    // Long enough for a page of history to come and be measured.
    for (let frames = 0; frames < 6; frames += 1) await frame();
    const jump = read?.isConnected ? Math.abs(top(read) - was) : read ? Infinity : 0;
    return { rows: rows().length, jump, top: view.scrollTop };
  }, by);
}

/** The rows in view with where they stand. */
async function inView(page: Page): Promise<Record<string, number>> {
  return history(page).evaluate((view) => {
    const { top, bottom } = view.getBoundingClientRect();
    const rows = [...view.querySelectorAll("[data-key]")].map((row) => ({ key: row.getAttribute("data-key") ?? "", at: row.getBoundingClientRect() }));
    return Object.fromEntries(rows.filter(({ at }) => at.bottom > top && at.top < bottom).map(({ key, at }) => [key, Math.round(at.top)]));
  });
}
