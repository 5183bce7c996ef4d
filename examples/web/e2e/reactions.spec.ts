/** People react to messages with emoji, see who did, and take it back; everybody sees it at once. */
import { inMessageMenu } from "./message";
import { picture } from "./picture";
import { expect, messages, pathTo, test, type Locator, type Page } from "./test";

const chips = (message: Locator) => message.locator(".reaction:not(.add)");
const chip = (message: Locator, emoji: string) => message.getByRole("button", { name: `${emoji}, ` });
const picker = (page: Page) => page.getByRole("dialog", { name: "Add reaction" });

/** Points with the mouse, which moves there: after the keyboard was used, a tooltip needs to see that. */
async function pointAt(target: Locator): Promise<void> {
  await target.page().mouse.move(5, 5);
  await target.hover();
}

async function choose(page: Page, words: string): Promise<void> {
  await picker(page).getByRole("searchbox").fill(words);
  await expect(picker(page).locator("[data-emoji]").first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(picker(page)).toHaveCount(0);
}

test("two react by menu, bar, key and click, see who did, and take it back", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  for (const text of ["The gate is open", "Water on Tuesdays"]) await backend.say(ann, place, text);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await expect(messages(two)).toHaveCount(2);

  await inMessageMenu(messages(two).first(), "Add reaction");
  await choose(two, "thumbs up");
  for (const page of [one, two]) await expect(chip(messages(page).first(), "👍")).toHaveText("👍1");
  await expect(chip(messages(two).first(), "👍")).toHaveAttribute("aria-pressed", "true");
  await expect(chip(messages(one).first(), "👍")).toHaveAttribute("aria-pressed", "false");
  // By a click on what is there, and by the bar of the row.
  await chip(messages(one).first(), "👍").click();
  for (const page of [one, two]) await expect(chip(messages(page).first(), "👍")).toHaveText("👍2");
  await messages(one).first().hover();
  await messages(one).first().locator(".tools").getByRole("button", { name: "Add reaction" }).click();
  await choose(one, "red heart");
  for (const page of [one, two]) await expect(chips(messages(page).first())).toHaveText(["👍2", "❤️1"]);
  // Who it was.
  await pointAt(chip(messages(two).first(), "👍"));
  await expect(two.getByRole("tooltip")).toContainText(`${ben.username} and ${ann.username} reacted with 👍`);
  await picture(two, "reactions");
  // By the keyboard alone: the key on a message, then the chip.
  await messages(two).last().focus();
  await two.keyboard.press("+");
  await choose(two, "party popper");
  await expect(chip(messages(one).last(), "🎉")).toHaveText("🎉1");
  await messages(two).last().focus();
  await expect(messages(two).last()).toBeFocused();
  await chip(messages(two).last(), "🎉").focus();
  await two.keyboard.press("Enter");
  for (const page of [one, two]) await expect(chips(messages(page).last())).toHaveCount(0);

  // It is there after the page was loaded again, with whose it is.
  await two.reload();
  await expect(chips(messages(two).first())).toHaveText(["👍2", "❤️1"]);
  await expect(chip(messages(two).first(), "👍")).toHaveAttribute("aria-pressed", "true");
  await expect(chip(messages(two).first(), "❤️")).toHaveAttribute("aria-pressed", "false");

  // Who manages messages removes all of one.
  await inMessageMenu(messages(two).first(), "Show reactions");
  const list = two.getByRole("dialog", { name: "Reactions" });
  await expect(list.getByRole("listitem")).toHaveCount(3);
  await expect(list.getByRole("button", { name: /^Remove all/ })).toHaveCount(0);
  await two.keyboard.press("Escape");
  await inMessageMenu(messages(one).first(), "Show reactions");
  await one.getByRole("dialog", { name: "Reactions" }).getByRole("button", { name: "Remove all reactions with 👍" }).click();
  for (const page of [one, two]) await expect(chips(messages(page).first())).toHaveText(["❤️1"]);
  await expect(one.getByRole("dialog", { name: "Reactions" }).getByRole("listitem")).toHaveCount(1);
});

test("who may not say anything sees reactions and why they cannot react; one too many is told in words", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Quiet");
  await backend.join(ben, place);
  const message = await backend.say(ann, place, "listen");
  const path = (emoji: string) => `/channels/${place.channel}/messages/${message}/reactions/${encodeURIComponent(emoji)}/me`;
  await backend.ask("PUT", path("👍"), {}, ann.token);
  await backend.ask("PUT", `/servers/${place.server}/members/${ben.id}/mute`, { until: "2999-01-01T00:00:00.000Z" }, ann.token);
  const page = await windows.as(ben, pathTo(place));
  const thumb = chip(messages(page).first(), "👍");
  await expect(thumb).toHaveAttribute("aria-disabled", "true");
  await pointAt(thumb);
  await expect(page.getByRole("tooltip").locator(".reaction-why")).not.toBeEmpty();
  await thumb.click({ force: true });
  await expect(thumb).toHaveText("👍1");
  await expect(messages(page).first().getByRole("button", { name: "Add reaction" })).toHaveCount(0);

  const owner = await windows.as(ann, pathTo(place));
  await owner.route((url) => url.pathname.includes("/reactions/"), (route) => route.fulfill({ status: 409, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank#conflict", title: "conflict", status: 409, code: "conflict", detail: "full" }) }));
  await inMessageMenu(messages(owner).first(), "Add reaction");
  await choose(owner, "red heart");
  await expect(owner.locator(".toast")).toContainText("as many different reactions as it may");
});

test("on a phone the emoji come from below", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Pocket");
  await backend.say(ann, place, "hello");
  const page = await windows.as(ann, pathTo(place), { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const message = messages(page).first();
  const box = (await message.boundingBox())!;
  const session = await page.context().newCDPSession(page);
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: box.x + 120, y: box.y + box.height / 2 }] });
  const sheet = page.getByRole("dialog", { name: "What to do with this message" });
  await expect(sheet).toBeVisible();
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await sheet.getByRole("button", { name: "Add reaction" }).tap();
  await choose(page, "thumbs up");
  await expect(chip(message, "👍")).toHaveText("👍1");
  await chip(message, "👍").tap();
  await expect(chips(message)).toHaveCount(0);
});
