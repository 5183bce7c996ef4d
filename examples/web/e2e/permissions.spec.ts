/** Who may do what, and why: for oneself, of a member, and of all roles at once. */
import { audit } from "./audit";
import type { Backend } from "./backend";
import { picture } from "./picture";
import { composer, expect, inMenu, openPage, pathTo, test, type Locator, type Page, type Person, type Place } from "./test";

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
/** The line of a permission in a dialog that explains. */
const line = (dialog: Locator, name: string) => dialog.getByRole("listitem").filter({ has: dialog.page().getByText(name, { exact: true }) });
/** The cell of a permission in a table of all roles. */
const cell = (grid: Locator, permission: string, column: number) => grid.getByRole("row").filter({ has: grid.page().getByRole("rowheader", { name: permission, exact: true }) }).getByRole("gridcell").nth(column);
const members = (page: Page) => page.getByRole("complementary", { name: "Members" });

/** A server of ann's with ben as a moderator, cleo without a role, and a channel in which everyone may only read. */
async function harbour(backend: Backend): Promise<{ ann: Person; ben: Person; cleo: Person; place: Place; news: string; role: string }> {
  const [ann, ben, cleo] = [await backend.person("ann"), await backend.person("ben"), await backend.person("cleo")];
  const place = await backend.place(ann, "Harbour");
  for (const person of [ben, cleo]) await backend.join(person, place);
  const make = async (path: string, body: object) => (await backend.ask<{ id: string }>("POST", `/servers/${place.server}/${path}`, body, ann.token)).id;
  await make("roles", { name: "Admins", permissions: ["administrator"], color: 0xe74c3c });
  const role = await make("roles", { name: "Moderators", permissions: ["manage_messages", "manage_members"], color: 0x3498db });
  await backend.ask("PUT", `/servers/${place.server}/members/${ben.id}/roles/${role}`, {}, ann.token);
  const news = await make("channels", { name: "news" });
  await backend.ask("PUT", `/channels/${news}/overrides/role/${place.everyone}`, { allow: [], deny: ["send_messages"] }, ann.token);
  await backend.ask("PUT", `/channels/${news}/overrides/role/${role}`, { allow: ["send_messages"], deny: ["attach_files"] }, ann.token);
  return { ann, ben, cleo, place, news, role };
}

test("where somebody may not write or change anything, they ask why, and are told what says so", async ({ backend, windows }) => {
  const { cleo, place, news } = await harbour(backend);
  const page = await windows.as(cleo, `/s/${place.server}/${news}`);
  await expect(composer(page)).not.toBeEditable();
  await page.getByRole("button", { name: "Why can’t I?" }).click();
  const card = page.getByRole("dialog", { name: "Why can’t I?" });
  await expect(card.getByRole("heading", { name: "You do not have “Send messages”" })).toBeVisible();
  await expect(card).toContainText("Denied to everyone by the permissions of #news.");
  await picture(page, "why");
  await audit(page, "why one may not write");
  await card.getByRole("button", { name: "All my permissions" }).press("Enter");
  const all = page.getByRole("dialog", { name: `Permissions of ${cleo.username}` });
  await expect(line(all, "Send messages")).toContainText("No. Denied to everyone by the permissions of #news.");
  await page.keyboard.press("Escape");
  await expect(all).toHaveCount(0);

  await inMenu(page, "About this server");
  await page.getByRole("button", { name: "Why can’t I?" }).click();
  await expect(card).toContainText("No role gives it.");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Why can’t I?" })).toBeFocused();
  await expect(page.getByRole("link", { name: "Permissions", exact: true }), "is for who manages roles").toHaveCount(0);
});

test("what a member may do is told with the reasons, from their menu and from a channel, and follows what changes", async ({ backend, windows }) => {
  const { ann, ben, cleo, place, news, role } = await harbour(backend);
  const page = await windows.as(ann, pathTo(place));
  await members(page).getByRole("button", { name: ben.username }).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Permissions" }).click();
  const dialog = page.getByRole("dialog", { name: `Permissions of ${ben.username}` });
  await expect(line(dialog, "Manage messages")).toContainText("Yes. By the role Moderators.");
  await expect(line(dialog, "View channels")).toContainText("Yes. Everyone in this server has it.");
  await expect(line(dialog, "Manage roles")).toContainText("No. No role gives it.");
  await picture(page, "permissions-of");
  await audit(page, "permissions of a member");
  await dialog.getByRole("button", { name: /Where/ }).click();
  await page.getByRole("option", { name: "#news" }).click();
  await expect(line(dialog, "Send messages")).toContainText("Yes. Allowed to the role Moderators by the permissions of #news.");
  await expect(line(dialog, "Attach files")).toContainText("No. Denied to the role Moderators by the permissions of #news.");
  await expect(line(dialog, "Manage roles")).toHaveCount(0);
  await picture(page, "permissions-of-in-channel");

  // Somebody mutes them meanwhile.
  await backend.ask("PUT", `/servers/${place.server}/members/${ben.id}/mute`, { until: "2099-01-01T00:00:00Z" }, ann.token);
  await expect(line(dialog, "Send messages")).toContainText("No. Muted until 1 January 2099");
  await page.keyboard.press("Escape");

  await page.goto(`/s/${place.server}/${news}`);
  await page.getByRole("button", { name: "Channel settings" }).click();
  await page.getByRole("tab", { name: "Permissions" }).click();
  await page.getByRole("button", { name: "Permissions of a member" }).click();
  await page.getByRole("searchbox", { name: "Search members" }).fill(cleo.username);
  await page.getByRole("list", { name: "Found" }).getByRole("button", { name: cleo.username }).click();
  const other = page.getByRole("dialog", { name: `Permissions of ${cleo.username}` });
  await expect(other.getByRole("button", { name: /Where/ })).toBeFocused();
  await expect(line(other, "Send messages")).toContainText("No. Denied to everyone by the permissions of #news.");
  await backend.ask("PUT", `/servers/${place.server}/members/${cleo.id}/roles/${role}`, {}, ann.token);
  await expect(line(other, "Send messages")).toContainText("Yes. Allowed to the role Moderators");

  // Who does not manage roles sees nobody's but their own.
  const second = await windows.as(cleo, pathTo(place));
  await members(second).getByRole("button", { name: ann.username }).click({ button: "right" });
  await expect(second.getByRole("menuitem", { name: "Copy ID" })).toBeVisible();
  await expect(second.getByRole("menuitem", { name: "Permissions" })).toHaveCount(0);
  await second.keyboard.press("Escape");
  await members(second).getByRole("button", { name: cleo.username }).click({ button: "right" });
  await second.getByRole("menuitem", { name: "Permissions" }).click();
  await expect(second.getByRole("dialog", { name: `Permissions of ${cleo.username}` })).toContainText("By the role Moderators.");
});

test("what every role gives is seen at once, for the server and for a channel, with the arrow keys", async ({ backend, windows }) => {
  const { ann, place, news } = await harbour(backend);
  const page = await windows.as(ann, `/s/${place.server}/settings`);
  await openPage(page, "Permissions");
  const grid = page.getByRole("grid", { name: "Permissions by role" });
  await expect(grid.getByRole("columnheader")).toHaveText(["Permissions", "Admins", "Moderators", "everyone"]);
  await expect(cell(grid, "Manage messages", 1)).toHaveText("Yes. By the role Moderators.");
  await expect(cell(grid, "Send messages", 1)).toHaveText("Yes. Everyone in this server has it.");
  await expect(cell(grid, "Manage messages", 0)).toHaveText("Yes. Administrator, by the role Admins.");
  await expect(cell(grid, "Manage messages", 2)).toHaveText("No. No role gives it.");

  // One stop of the tab key; the arrows go about, and what is under them is said below.
  await page.getByRole("button", { name: /Where/ }).focus();
  await page.keyboard.press("Tab");
  await expect(cell(grid, "View channels", 0)).toBeFocused();
  for (const key of ["ArrowRight", "ArrowDown", "ArrowDown", "End", "ArrowLeft", "ArrowUp"]) await page.keyboard.press(key);
  await expect(cell(grid, "Manage channels", 1)).toBeFocused();
  await expect(page.locator(".matrix-detail")).toContainText("Moderators · Manage channels");
  await page.keyboard.press("Control+End");
  await expect(cell(grid, "Administrator", 2)).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Shift+Tab");
  await expect(cell(grid, "Administrator", 2)).toBeFocused();
  await picture(page, "matrix");
  await audit(page, "permissions of all roles");

  await page.getByRole("button", { name: /Where/ }).click();
  await page.getByRole("option", { name: "#news" }).click();
  const there = page.getByRole("grid", { name: "Permissions by role in #news" });
  await expect(cell(there, "Send messages", 1)).toHaveText("Yes. Allowed to the role Moderators by the permissions of #news.");
  await expect(cell(there, "Send messages", 2)).toHaveText("No. Denied to everyone by the permissions of #news.");
  await picture(page, "matrix-channel");
  // It follows what is changed.
  await backend.ask("DELETE", `/channels/${news}/overrides/role/${place.everyone}`, {}, ann.token);
  await expect(cell(there, "Send messages", 2)).toHaveText("Yes. Everyone in this server has it.");

  await page.goto(`/s/${place.server}/${news}`);
  await page.getByRole("button", { name: "Channel settings" }).click();
  await page.getByRole("tab", { name: "By role" }).click();
  await expect(there).toBeVisible();
  await picture(page, "matrix-dialog");
  await audit(page, "permissions of all roles in a channel");
});

test("on a phone the table of permissions scrolls beside its headings", async ({ backend, windows }) => {
  const { ann, place } = await harbour(backend);
  for (let number = 1; number <= 12; number += 1) await backend.ask("POST", `/servers/${place.server}/roles`, { name: `Crew of ship ${number}`, permissions: ["view_channels"] }, ann.token);
  const page = await windows.as(ann, `/s/${place.server}/settings/permissions`, PHONE);
  const grid = page.getByRole("grid", { name: "Permissions by role" });
  await expect(grid.getByRole("columnheader")).toHaveCount(16);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  await picture(page, "phone-matrix");
  const row = grid.getByRole("row", { name: "Manage server" });
  await row.getByRole("gridcell").last().tap();
  await expect(page.locator(".matrix-detail")).toContainText("everyone · Manage server");
  // The headings stay where they are read.
  await expect(row.getByRole("rowheader")).toBeInViewport({ ratio: 1 });
  await expect(grid.getByRole("columnheader", { name: "everyone" })).toBeInViewport({ ratio: 1 });
  await picture(page, "phone-matrix-end");
});
