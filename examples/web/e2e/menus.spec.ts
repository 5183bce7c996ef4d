/** The right button of the mouse, the key for menus, and a finger that stays: on channels, servers and people. */
import { channelLink, editor } from "./message";
import { composer, expect, garden, messages, pathTo, test, type Locator, type Page } from "./test";

const entry = (page: Page, name: string): Locator => page.getByRole("menuitem", { name });
const members = (page: Page): Locator => page.getByRole("complementary", { name: "Members" });

test("a channel is read, muted and changed by its menu; muted, it tells nobody", async ({ backend, windows }) => {
  const { ann, ben, place, second } = await garden(backend);
  const page = await windows.as(ann, pathTo(place));
  await backend.say(ben, { ...place, channel: second }, "ripe tomatoes");
  await expect(page).toHaveTitle(/^\(1\)/);
  await channelLink(page, "harvest").click({ button: "right" });
  await entry(page, "Mark as read").click();
  await expect(page).toHaveTitle(/^#general/);

  // By keys alone; the focus comes back to where it was.
  await channelLink(page, "harvest").focus();
  await page.keyboard.press("Shift+F10");
  await expect(page.getByRole("menu", { name: "Menu of #harvest" })).toBeVisible();
  await expect(entry(page, "Mark as read")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(channelLink(page, "harvest")).toBeFocused();
  await channelLink(page, "harvest").click({ button: "right" });
  await entry(page, "Mute channel").click();
  await expect(channelLink(page, "harvest")).toHaveAccessibleName(/muted/);
  await backend.say(ben, { ...place, channel: second }, "more tomatoes");
  await expect(channelLink(page, "harvest")).toHaveAccessibleName(/1 unread/);
  await expect(page).toHaveTitle(/^#general/);
  await page.reload();
  await expect(channelLink(page, "harvest")).toHaveAccessibleName(/muted/);
  await channelLink(page, "harvest").click({ button: "right" });
  await entry(page, "Unmute channel").click();
  await expect(page).toHaveTitle(/^\(1\)/);

  await channelLink(page, "harvest").click({ button: "right" });
  await entry(page, "Channel settings").click();
  await expect(page.getByRole("dialog", { name: "Settings of #harvest" })).toBeVisible();
  await page.keyboard.press("Escape");
  // Who may not change it has no such entry.
  const other = await windows.as(ben, pathTo(place));
  await channelLink(other, "harvest").click({ button: "right" });
  await expect(entry(other, "Copy link")).toBeVisible();
  await expect(entry(other, "Channel settings")).toHaveCount(0);
});

test("where a channel begins, who may invites and changes it", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await one.getByRole("button", { name: "Invite your people" }).click();
  await expect(one.getByLabel("Invitation link")).toBeVisible();
  await one.keyboard.press("Escape");
  await one.getByRole("button", { name: "Edit channel" }).click();
  await one.getByRole("dialog").getByLabel("Topic").fill("What grows");
  await one.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(two.locator(".lead.begin")).toContainText("What grows");
  await expect(two.locator(".lead.begin").getByRole("button")).toHaveCount(0);
});

test("a server is read and left by its tile", async ({ backend, windows }) => {
  const { ann, ben, place, second } = await garden(backend);
  const page = await windows.as(ben, pathTo(place));
  const tile = page.getByRole("navigation", { name: "Servers" }).getByRole("link", { name: /^Garden/ });
  await backend.say(ann, { ...place, channel: second }, "ripe tomatoes");
  await expect(tile).toHaveAccessibleName(/1 channel unread/);
  await tile.click({ button: "right" });
  await entry(page, "Mark as read").click();
  await expect(tile).toHaveAccessibleName("Garden");
  await tile.click({ button: "right" });
  await expect(entry(page, "Invite people")).toHaveCount(0);
  await entry(page, "Leave server").click();
  await page.getByRole("dialog").getByRole("button", { name: "Leave server" }).click();
  await expect(tile).toHaveCount(0);
});

test("somebody is named from their row and from their card, and removed from their row", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  await backend.say(ben, place, "hello");
  const page = await windows.as(ann, pathTo(place));
  await composer(page).fill("ask");
  await members(page).getByRole("button", { name: ben.username }).click({ button: "right" });
  await entry(page, "Mention").click();
  await expect(composer(page)).toHaveValue(`ask @${ben.username} `);
  await expect(composer(page)).toBeFocused();
  await composer(page).fill("");
  // Their name over a message opens the same card.
  await messages(page).first().locator("header").getByRole("button", { name: ben.username }).click();
  await page.getByRole("dialog", { name: ben.username }).getByRole("button", { name: "Mention" }).click();
  await expect(composer(page)).toHaveValue(`@${ben.username} `);
  await page.keyboard.press("Enter");
  await expect(messages(page).last()).toContainText(`@${ben.username}`);
  await expect(page.locator("[data-state]")).toHaveCount(0);
  // Into a message that is being changed as well.
  await composer(page).press("ArrowUp");
  await editor(page).fill("and");
  await members(page).getByRole("button", { name: ben.username }).click({ button: "right" });
  await entry(page, "Mention").click();
  await expect(editor(page)).toHaveValue(`and @${ben.username} `);
  await page.keyboard.press("Escape");

  await members(page).getByRole("button", { name: ben.username }).click({ button: "right" });
  await entry(page, "Remove").click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
  await expect(members(page).getByRole("button", { name: ben.username })).toHaveCount(0);
  // Nobody removes oneself.
  await members(page).getByRole("button", { name: ann.username }).click({ button: "right" });
  await expect(entry(page, "Copy ID")).toBeVisible();
  await expect(entry(page, "Remove")).toHaveCount(0);
});

test("on a phone a finger that stays on a channel opens the menu, and does not go there", async ({ backend, windows }) => {
  const { ann, place } = await garden(backend);
  const page = await windows.as(ann, pathTo(place), { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await page.getByRole("button", { name: "Servers and channels" }).tap();
  const box = (await channelLink(page, "harvest").boundingBox())!;
  const session = await page.context().newCDPSession(page);
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: box.x + 60, y: box.y + box.height / 2 }] });
  const sheet = page.getByRole("dialog", { name: "Menu of #harvest" });
  await expect(sheet).toBeVisible();
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await expect(sheet).toBeVisible();
  await sheet.getByRole("button", { name: "Mute channel" }).tap();
  await expect(sheet).toHaveCount(0);
  await expect(channelLink(page, "harvest")).toHaveAccessibleName(/muted/);
  expect(new URL(page.url()).pathname).toBe(pathTo(place));
});

test("servers are put into an order by dragging and by their menus, which the keys follow and a reload keeps", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  for (const name of ["Attic", "Barn", "Cellar"]) await backend.place(ann, name);
  const page = await windows.as(ann, "/home");
  const tiles = page.locator(".rail-servers").getByRole("link");
  const names = () => tiles.evaluateAll((links) => links.map((link) => link.getAttribute("aria-label")));
  await expect.poll(names).toHaveLength(3);
  const [first, second, third] = (await names()) as [string, string, string];
  await tiles.nth(2).dragTo(tiles.nth(0), { targetPosition: { x: 23, y: 4 } });
  await expect.poll(names).toEqual([third, first, second]);
  await tiles.nth(0).click({ button: "right" });
  await entry(page, "Move down").click();
  await expect.poll(names).toEqual([first, third, second]);
  await page.reload();
  await expect.poll(names).toEqual([first, third, second]);
  await tiles.nth(0).click();
  await page.keyboard.press("Control+Alt+ArrowDown");
  await expect(tiles.nth(1)).toHaveAttribute("aria-current", "page");
});
