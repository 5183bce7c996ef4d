/** Messages are pinned, found in the channel's panel and unpinned, and everybody sees it at once. */
import { picture } from "./picture";
import { inMessageMenu } from "./message";
import { composer, expect, messages, pathTo, test, type Page } from "./test";

const panel = (page: Page) => page.getByRole("dialog", { name: "Pinned messages" });
const opener = (page: Page) => page.getByRole("button", { name: "Pinned messages" });

test("one pins, both see it in the history and in the panel, and unpins", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  for (const text of ["The gate code is on the board", "Water on Tuesdays", "hello"]) await backend.say(ben, place, text);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await expect(messages(two)).toHaveCount(3);

  await opener(two).click();
  await expect(panel(two)).toContainText("Nothing is pinned in this channel.");
  for (const number of [0, 1]) {
    await inMessageMenu(messages(one).nth(number), "Pin message");
    await expect(messages(one).nth(number).locator(".pinned")).toHaveText("Pinned");
  }
  await expect(panel(two).getByRole("listitem")).toHaveCount(2);
  await expect(panel(two).getByRole("listitem").first()).toContainText("Water on Tuesdays");
  await expect(panel(two).getByRole("listitem").first()).toContainText(`Pinned by ${ann.username}`);
  // Who may not manage messages may look.
  await expect(panel(two).getByRole("button", { name: /^Unpin/ })).toHaveCount(0);

  await opener(one).click();
  await expect(panel(one).getByRole("listitem")).toHaveCount(2);
  await picture(one, "pins");
  await panel(one).getByRole("button", { name: /^Unpin/ }).first().click();
  for (const page of [one, two]) {
    await expect(panel(page).getByRole("listitem")).toHaveCount(1);
    await page.keyboard.press("Escape");
    await expect(panel(page)).toHaveCount(0);
    await expect(opener(page)).toBeFocused();
    await expect(page.locator(".message .pinned")).toHaveCount(1);
  }
  await expect(messages(two).first().locator(".pinned")).toBeVisible();
  await messages(two).first().click({ button: "right" });
  await expect(two.getByRole("menuitem", { name: "Copy text" })).toBeVisible();
  await expect(two.getByRole("menuitem", { name: /pin message/i })).toHaveCount(0);
  await two.keyboard.press("Escape");
  await inMessageMenu(messages(one).first(), "Unpin message");
  for (const page of [one, two]) await expect(page.locator(".message .pinned")).toHaveCount(0);
});

test("from the panel one goes to the message, by keyboard and far up; the 251st is told in words", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Archive");
  const first = await backend.say(ann, place, "where it began");
  for (let number = 1; number <= 120; number += 1) await backend.say(ann, place, `number ${number}`);
  await backend.ask("PUT", `/channels/${place.channel}/pins/${first}`, {}, ann.token);
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page).last()).toContainText("number 120");

  await opener(page).focus();
  await page.keyboard.press("Enter");
  await expect(panel(page)).toContainText("where it began");
  const goTo = panel(page).getByRole("button", { name: `Go to message by ${ann.username}` });
  for (let stops = 0; stops < 6 && !(await goTo.evaluate((button) => button === document.activeElement)); stops += 1) await page.keyboard.press("Tab");
  await expect(goTo).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(panel(page)).toHaveCount(0);
  const found = messages(page).filter({ hasText: "where it began" });
  await expect(found).toBeFocused();
  await expect(found).toBeInViewport();

  await page.getByRole("button", { name: "Jump to newest" }).click();
  await page.route((url) => url.pathname.includes("/pins/"), (route) => route.fulfill({ status: 409, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank#conflict", title: "conflict", status: 409, code: "conflict", detail: "full" }) }));
  await inMessageMenu(messages(page).last(), "Pin message");
  await expect(page.locator(".toast")).toContainText("as many pinned messages as it may");
  await expect(composer(page)).toBeEnabled();
});
