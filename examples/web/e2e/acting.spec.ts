/** Messages can be answered, linked to, changed and removed: by the mouse, by keys alone, and by a finger. */
import { audit } from "./audit";
import { editor, inMessageMenu } from "./message";
import { composer, expect, history, messages, pathTo, say, test, type Backend, type Page, type Person, type Place } from "./test";

async function talk(backend: Backend, count: number): Promise<{ ann: Person; ben: Person; place: Place; ids: string[] }> {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) ids.push(await backend.say(ben, place, `number ${number}`));
  return { ann, ben, place, ids };
}

test("one answers a message; the answer shows what it answers, and leads there", async ({ backend, windows }) => {
  const { ann, ben, place, ids } = await talk(backend, 3);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await messages(one).nth(1).hover();
  await messages(one).nth(1).getByRole("button", { name: "Reply" }).click();
  await expect(composer(one)).toBeFocused();
  await expect(one.locator(".composer-bar")).toContainText(`Replying to ${ben.username}`);
  await expect(messages(one).nth(1)).toHaveAttribute("data-mark", "replying");
  await one.keyboard.press("Escape");
  await expect(one.locator(".composer-bar")).toHaveCount(0);
  await inMessageMenu(messages(one).nth(1), "Reply");
  await one.keyboard.type("exactly");
  await one.keyboard.press("Enter");
  for (const page of [one, two]) await expect(messages(page).last().locator(".reply-line")).toContainText("number 1");
  // An answer is for who is answered.
  await expect(messages(two).last()).toHaveAttribute("data-for-me", "true");
  await messages(two).last().locator(".reply-line button").click();
  await expect(messages(two).nth(1)).toBeFocused();
  await backend.ask("DELETE", `/channels/${place.channel}/messages/${ids[1]}`, undefined, ben.token);
  await expect(messages(one).last().locator(".reply-line")).toContainText("Original message was deleted");
});

test("a link to a message opens the channel at it, however far back", async ({ backend, windows }) => {
  const { ann, place, ids } = await talk(backend, 160);
  const page = await windows.as(ann, `${pathTo(place)}/${ids[5]}`);
  const found = messages(page).filter({ hasText: /number 5$/ });
  await expect(found).toBeInViewport();
  await expect(found).toHaveAttribute("data-mark", "flash");
  await expect(page.locator(".newest")).toBeVisible();
  // From there one reads on to the end.
  await history(page).focus();
  await page.keyboard.press("End");
  await expect(messages(page).last()).toContainText("number 159");
  await page.goto(`${pathTo(place)}/${ids[0]!.slice(0, -4)}0000`);
  await expect(page.locator(".toast")).toContainText("This message was deleted.");
});

test("the keys of the browser scroll a whole page, and stop at nothing", async ({ backend, windows }) => {
  const { ann, place } = await talk(backend, 120);
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page).last()).toContainText("number 119");
  await history(page).focus();
  // From the end: what is loaded above moves the beginning.
  const top = () => history(page).evaluate((view) => view.scrollHeight - view.scrollTop);
  const settled = async () => {
    let last = -1;
    await expect.poll(async () => {
      const now = await top();
      const still = now === last;
      last = now;
      return still;
    }, { intervals: [200] }).toBe(true);
    return last;
  };
  const end = await settled();
  await page.keyboard.press("PageUp");
  const height = await history(page).evaluate((view) => view.clientHeight);
  expect((await settled()) - end).toBeGreaterThan(height * 0.8);
  await page.keyboard.press("End");
  await expect(page.locator(".newest")).toHaveCount(0);
});

test("by keys alone one walks, opens the menu, answers, changes and removes; the focus is never lost", async ({ backend, windows }) => {
  const { ann, place } = await talk(backend, 5);
  const page = await windows.as(ann, pathTo(place));
  const focusIsSomewhere = () => expect.poll(() => page.evaluate(() => document.activeElement !== document.body)).toBe(true);
  await composer(page).fill("mine");
  await composer(page).press("Enter");
  await expect(page.locator("[data-state]")).toHaveCount(0);
  await expect(messages(page)).toHaveCount(6);
  await history(page).focus();
  await page.keyboard.press("ArrowUp");
  await expect(messages(page).last()).toBeFocused();
  await page.keyboard.press("Shift+F10");
  await expect(page.getByRole("menuitem", { name: "Reply" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(messages(page).last()).toBeFocused();
  await page.keyboard.press("e");
  await expect(editor(page)).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("mine, better");
  await page.keyboard.press("Enter");
  await expect(messages(page).last()).toContainText("mine, better");
  await expect(composer(page)).toBeFocused();
  await history(page).focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("r");
  await expect(composer(page)).toBeFocused();
  await page.keyboard.type("an answer");
  await page.keyboard.press("Enter");
  await expect(messages(page).last().locator(".reply-line")).toContainText("number 4");
  await expect(page.locator("[data-state]")).toHaveCount(0);
  await history(page).focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Delete");
  await expect(page.getByRole("dialog")).toContainText("an answer");
  await page.keyboard.press("Tab");
  await page.getByRole("dialog").getByRole("button", { name: "Delete message" }).press("Enter");
  await expect(messages(page)).toHaveCount(6);
  await focusIsSomewhere();
  await history(page).focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Shift+Delete");
  await expect(messages(page)).toHaveCount(5);
  await focusIsSomewhere();
  // A letter anywhere is the beginning of a message.
  await history(page).focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.type("zebra");
  await expect(composer(page)).toHaveValue("zebra");
});

test("on a phone a finger that stays opens a sheet, and one that pulls a message aside answers it", async ({ backend, windows }) => {
  const { ann, ben, place } = await talk(backend, 6);
  const page = await windows.as(ann, pathTo(place), { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
  await expect(messages(page)).toHaveCount(6);
  const session = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) => session.send("Input.dispatchTouchEvent", { type, touchPoints: points });
  const box = (await messages(page).nth(3).boundingBox())!;
  const at = { x: box.x + 250, y: box.y + box.height - 6 };
  await touch("touchStart", [at]);
  await expect(page.getByRole("dialog")).toBeVisible();
  await touch("touchEnd", []);
  for (const item of await page.locator(".sheet-item").all()) expect((await item.boundingBox())!.height).toBeGreaterThanOrEqual(44);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);

  await touch("touchStart", [at]);
  for (let step = 1; step <= 8; step += 1) await touch("touchMove", [{ x: at.x - step * 10, y: at.y }]);
  await touch("touchEnd", []);
  await expect(page.locator(".composer-bar")).toContainText(`Replying to ${ben.username}`);
  await expect(page.locator(".shell")).toHaveAttribute("data-drawer", "none");
  expect(parseFloat(await composer(page).evaluate((field) => getComputedStyle(field).fontSize))).toBeGreaterThanOrEqual(16);
});

test("what is copied has no initials and no names that nobody sees; the page has no faults that a machine finds", async ({ backend, windows }) => {
  const { ann, place } = await talk(backend, 3);
  const page = await windows.as(ann, pathTo(place));
  await say(page, "> quoted\n\n# A heading\n**strong** ||hidden||\n```rust\nfn main() {}\n```");
  await expect(page.locator(".code-block .hljs-keyword")).toBeVisible();
  const copied = await history(page).evaluate((view) => {
    const range = document.createRange();
    range.selectNodeContents(view.querySelector("[role=list]")!);
    getSelection()!.removeAllRanges();
    getSelection()!.addRange(range);
    const text = getSelection()!.toString();
    getSelection()!.removeAllRanges();
    return text;
  });
  expect(copied.split("\n").filter((line) => /^\p{Lu}{1,2}$/u.test(line))).toEqual([]);
  expect(copied.match(/ben/g)).toHaveLength(1);
  await audit(page, "a conversation");
  await history(page).focus();
  await page.keyboard.press("ArrowUp");
  await audit(page, "a message that has the focus");
  await page.keyboard.press("Shift+F10");
  await expect(page.getByRole("menu")).toBeVisible();
  await audit(page, "the menu of a message");
});

/** Marks that climb stay with their message. */
test("a tower of accents stays within its message", async ({ backend, windows }) => {
  const { ann, ben, place } = await talk(backend, 3);
  await backend.say(ben, place, `a${"\u0300".repeat(300)}`);
  const page: Page = await windows.as(ann, pathTo(place));
  await expect(messages(page)).toHaveCount(4);
  expect(await messages(page).last().locator(".text").evaluate((text) => getComputedStyle(text).overflowY)).toBe("clip");
});
