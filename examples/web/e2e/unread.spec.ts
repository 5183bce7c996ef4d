/** What came while one looked elsewhere is seen in the lists, the title and the channel, until it was read. */
import { channelLink, inMessageMenu, lookAway, lookBack } from "./message";
import { composer, expect, garden, history, messages, pathTo, test, type Page } from "./test";

const icon = (page: Page) => page.locator("link[rel=icon]");

test("the title and the icon say that something came, and forget it once it was read", async ({ backend, windows }) => {
  const { ann, ben, place, second } = await garden(backend);
  const page = await windows.as(ann, pathTo(place));
  await expect(page).toHaveTitle(/^#general/);
  await backend.say(ben, { ...place, channel: second }, "ripe tomatoes");
  await expect(page).toHaveTitle(/^\(1\) #general/);
  await expect(icon(page)).toHaveAttribute("href", "/icon-unread.svg");
  await channelLink(page, "harvest").click();
  await expect(page).toHaveTitle(/^#harvest/);
  await expect(icon(page)).toHaveAttribute("href", "/icon.svg");
});

test("a channel is read when somebody looks at its end, and not before", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  const page = await windows.as(ann, pathTo(place));
  await backend.say(ben, place, "seen as it comes");
  await expect(messages(page).last()).toContainText("seen as it comes");
  await expect(page.locator(".new-line")).toHaveCount(0);
  await lookAway(page);
  await backend.say(ben, place, "while nobody looks");
  await expect(page).toHaveTitle(/^\(1\)/);
  await expect(page.locator(".new-line")).toBeVisible();
  await lookBack(page);
  await expect(page).toHaveTitle(/^#general/);
  // The line stays: it says what is new to the reader.
  await expect(page.locator(".new-line")).toBeVisible();
});

test("whoever comes back sees how many are new, and jumps to the first", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  for (let number = 0; number < 30; number += 1) await backend.say(ben, place, `old ${number}`);
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page).last()).toContainText("old 29");
  await expect(page).toHaveTitle(/^#general/);
  await channelLink(page, "harvest").click();
  for (let number = 0; number < 40; number += 1) await backend.say(ben, place, `new ${number}`);
  await expect(channelLink(page, "general")).toHaveAccessibleName(/40 unread/);
  await channelLink(page, "general").click();
  await expect(page.locator(".new-bar")).toContainText("40 new since");
  await page.locator(".new-bar").getByRole("button", { name: "Jump" }).click();
  await expect(messages(page).filter({ hasText: /new 0$/ })).toBeFocused();
  await expect(page.locator(".new-line")).toBeInViewport();
  await expect(page.locator(".new-bar")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(messages(page).last()).toContainText("new 39");
  await expect(composer(page)).toBeFocused();
});

test("Escape counts all as read, wherever one is", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  await backend.say(ben, place, "old");
  const page = await windows.as(ann, pathTo(place));
  await expect(page).toHaveTitle(/^#general/);
  await channelLink(page, "harvest").click();
  for (let number = 0; number < 60; number += 1) await backend.say(ben, place, `new ${number}`);
  await lookAway(page);
  await channelLink(page, "general").click();
  await expect(page.locator(".new-bar")).toContainText("60 new since");
  await history(page).press("Escape");
  await expect(page.locator(".new-bar")).toHaveCount(0);
  await expect(page).toHaveTitle(/^#general/);
  await expect(messages(page).last()).toContainText("new 59");
});

test("the bar marks as read; a message marked as unread stays so while one looks at it", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  for (let number = 0; number < 50; number += 1) await backend.say(ben, place, `number ${number}`);
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page).last()).toContainText("number 49");
  await expect(page).toHaveTitle(/^#general/);
  await inMessageMenu(messages(page).last(), "Mark as unread");
  await expect(page).toHaveTitle(/^\(1\)/);
  await expect(page.locator(".new-line")).toBeVisible();
  await channelLink(page, "harvest").click();
  await expect(page).toHaveTitle(/^\(1\) #harvest/);
  await page.keyboard.press("Alt+Shift+ArrowDown");
  await expect(page.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
  await expect(page).toHaveTitle(/^#general/);
});

test("below, new messages are counted; the place is kept when one looks at another channel", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  for (let number = 0; number < 80; number += 1) await backend.say(ben, place, `number ${number}`);
  const page = await windows.as(ann, pathTo(place));
  await expect(messages(page).last()).toContainText("number 79");
  await history(page).evaluate((view) => (view.scrollTop -= 1_500));
  await expect(page.locator(".newest")).toBeVisible();
  const read = await inView(page);
  await channelLink(page, "harvest").click();
  await channelLink(page, "general").click();
  await expect.poll(() => inView(page)).toEqual(read);
  for (let number = 0; number < 3; number += 1) await backend.say(ben, place, `below ${number}`);
  await expect(page.locator(".newest")).toContainText("3 new messages");
  await expect.poll(() => inView(page)).toEqual(read);
  await page.locator(".newest").click();
  await expect(messages(page).last()).toContainText("below 2");
  await expect(composer(page)).toBeFocused();
});

test("a mention paints the row, and after the first one somebody is asked if they want to be told", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  const page = await windows.as(ann, pathTo(place));
  await expect(page.locator(".ask-bar")).toHaveCount(0);
  await lookAway(page);
  await backend.say(ben, place, `look, <@${ann.id}>`);
  await expect(messages(page).last()).toHaveAttribute("data-for-me", "true");
  await expect(messages(page).last()).toContainText(`look, @${ann.username}`);
  await expect(page.locator(".ask-bar")).toBeVisible();
  await page.locator(".ask-bar").getByRole("button", { name: "Not now" }).click();
  await backend.say(ben, place, `again, <@${ann.id}>`);
  await expect(messages(page).last()).toContainText("again");
  await expect(page.locator(".ask-bar")).toHaveCount(0);
});

/** The messages in view with where they stand. */
async function inView(page: Page): Promise<Record<string, number>> {
  return history(page).evaluate((view) => {
    const { top, bottom } = view.getBoundingClientRect();
    const rows = [...view.querySelectorAll("[data-message]")].map((row) => ({ id: row.getAttribute("data-message") ?? "", at: row.getBoundingClientRect() }));
    return Object.fromEntries(rows.filter(({ at }) => at.bottom > top && at.top < bottom).map(({ id, at }) => [id, Math.round(at.top)]));
  });
}

test("Shift and Escape count all of a server as read", async ({ backend, windows }) => {
  const { ann, ben, place, second } = await garden(backend);
  const { id: third } = await backend.ask<{ id: string }>("POST", `/servers/${place.server}/channels`, { name: "tools" }, ann.token);
  const page = await windows.as(ann, pathTo(place));
  for (const channel of [second, third]) await backend.say(ben, { ...place, channel }, "something");
  await expect(page).toHaveTitle(/^\(2\) #general/);
  await page.keyboard.press("Shift+Escape");
  await expect(page).toHaveTitle(/^#general/);
});

test("what is read or marked as unread on one device is so on another, also later", async ({ backend, windows }) => {
  const { ann, ben, place, second } = await garden(backend);
  const desk = await windows.as(ann, pathTo({ ...place, channel: second }));
  const phone = await windows.as(ann, pathTo({ ...place, channel: second }));
  for (const text of ["one", `two, <@${ann.id}>`, "three"]) await backend.say(ben, place, text);
  for (const page of [desk, phone]) await expect(channelLink(page, "general")).toHaveAccessibleName(/3 unread.*1 /);
  await channelLink(desk, "general").click();
  await expect(desk).toHaveTitle(/^#general/);
  await expect(phone).toHaveTitle(/^#harvest/);
  await expect(channelLink(phone, "general")).not.toHaveAccessibleName(/unread/);
  await inMessageMenu(messages(desk).nth(1), "Mark as unread");
  for (const page of [desk, phone]) await expect(channelLink(page, "general")).toHaveAccessibleName(/2 unread.*1 /);
  // A device that comes new sees it as well, and where it began.
  const tablet = await windows.as(ann, pathTo({ ...place, channel: second }));
  await expect(channelLink(tablet, "general")).toHaveAccessibleName(/2 unread.*1 /);
  await channelLink(tablet, "general").click();
  await expect(tablet.locator(".new-line")).toBeVisible();
  await expect(tablet).toHaveTitle(/^#general/);
  await expect(phone).toHaveTitle(/^#harvest/);
});

test("what is read without a connection is read once there is one", async ({ backend, windows }) => {
  const { ann, ben, place, second } = await garden(backend);
  const page = await windows.as(ann, pathTo({ ...place, channel: second }));
  const phone = await windows.as(ann, pathTo({ ...place, channel: second }));
  await backend.say(ben, place, "something");
  for (const one of [page, phone]) await expect(one).toHaveTitle(/^\(1\) #harvest/);
  await page.context().setOffline(true);
  await page.keyboard.press("Shift+Escape");
  await expect(page).toHaveTitle(/^#harvest/);
  await expect(phone).toHaveTitle(/^\(1\) #harvest/);
  await page.context().setOffline(false);
  await expect(phone).toHaveTitle(/^#harvest/);
});
