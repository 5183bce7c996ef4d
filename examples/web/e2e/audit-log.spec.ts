/** Who did what, and why: the audit log of a server, the reasons that it tells, and the bans of whole domains. */
import { audit } from "./audit";
import type { Backend } from "./backend";
import { inMessageMenu } from "./message";
import { picture } from "./picture";
import { expect, messages, openPage, pathTo, test, type Page, type Person, type Place } from "./test";

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const entries = (page: Page) => page.locator(".audit").getByRole("listitem").filter({ has: page.locator("time") });

/** A server in which something of every kind was done. */
async function busy(backend: Backend): Promise<{ ann: Person; ben: Person; place: Place }> {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Harbour");
  await backend.join(ben, place);
  const server = `/servers/${place.server}`;
  const asks = <Answer = { id: string; version: number }>(method: string, path: string, body: object) => backend.ask<Answer>(method, path, body, ann.token);
  const role = await asks("POST", `${server}/roles`, { name: "Pilots", permissions: ["send_messages"], color: 0x2f8f4e });
  await asks("PATCH", `${server}/roles/${role.id}`, { name: "Harbour pilots", permissions: ["manage_messages", "manage_members"], version: role.version, reason: "They steer the big ships" });
  await asks("PUT", `${server}/members/${ben.id}/roles/${role.id}`, {});
  const channel = await asks("POST", `${server}/channels`, { name: "dry-dock" });
  await asks("PUT", `/channels/${channel.id}/overrides/role/${role.id}`, { allow: ["manage_messages"], deny: ["attach_files"] });
  await asks("PATCH", `/channels/${channel.id}`, { topic: "Ships under repair", slow_mode_s: 30 });
  await asks("PUT", `${server}/members/${ben.id}/mute`, { until: "2099-01-01T00:00:00Z", reason: "Shouting in the fog" });
  await asks("PUT", `${server}/domain-bans/b.example.com`, { reason: "Advertising" });
  await asks("DELETE", `/channels/${channel.id}`, {});
  await asks("DELETE", `${server}/roles/${role.id}`, {});
  return { ann, ben, place };
}

test("what was done stands there in words: who, what, to whom, why, and what is different since", async ({ backend, windows }) => {
  test.setTimeout(120_000);
  const { ann, ben, place } = await busy(backend);
  const page = await windows.as(ann, `/s/${place.server}/settings`);
  await openPage(page, "Audit log");
  await expect(entries(page)).toHaveCount(10);
  await expect(page.getByRole("heading", { name: "Today", level: 2 })).toBeVisible();
  const told = (at: number) => entries(page).nth(at);
  // What is gone is called what it was called.
  await expect(told(0)).toContainText(`${ann.username} deleted the role Harbour pilots`);
  await expect(told(1)).toContainText(`${ann.username} deleted the channel dry-dock`);
  await expect(told(2)).toContainText(`${ann.username} banned everybody from b.example.com`);
  await expect(told(2)).toContainText("Reason: Advertising");
  await expect(told(3)).toContainText(`${ann.username} muted ${ben.username}`);
  await expect(told(3)).toContainText("Muted until: 1 January 2099");
  await expect(told(4)).toContainText(/Topic: Ships under repair/);
  await expect(told(4)).toContainText("Slow mode: from Off to 30 seconds");
  await expect(told(5)).toContainText(`${ann.username} changed what the role Harbour pilots may do in dry-dock`);
  await expect(told(5)).toContainText("Allowed for Harbour pilots: added: Manage messages");
  await expect(told(5)).toContainText("Denied for Harbour pilots: added: Attach files");
  await expect(told(7)).toContainText(`${ann.username} gave ${ben.username} the role Harbour pilots`);
  await expect(told(8)).toContainText("Name: from Pilots to Harbour pilots");
  await expect(told(8)).toContainText("Permissions: added: Manage messages added: Manage members removed: Send messages");
  await expect(told(8)).toContainText("They steer the big ships");
  await picture(page, "audit-log");
  await audit(page, "audit log");

  // Whoever is named opens who they are.
  await told(3).getByRole("button", { name: ben.username }).click();
  await expect(page.getByRole("dialog", { name: ben.username })).toBeVisible();
  await page.keyboard.press("Escape");

  // What is done meanwhile comes by itself.
  await backend.ask("DELETE", `/servers/${place.server}/members/${ben.id}/mute`, {}, ann.token);
  await expect(told(0)).toContainText(`${ann.username} unmuted ${ben.username}`);
  await expect(entries(page)).toHaveCount(11);

  const small = await windows.as(ann, `/s/${place.server}/settings/audit`, PHONE);
  await expect(entries(small)).toHaveCount(11);
  expect(await small.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  await picture(small, "phone-audit-log");

  // It is for who manages the server alone.
  const other = await windows.as(ben, `/s/${place.server}/settings/audit`);
  await expect(other.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
  await expect(other.getByRole("link", { name: "Audit log" })).toHaveCount(0);
});

test("it is filtered by who did it and by what was done, with the keyboard as well", async ({ backend, windows }) => {
  const { ann, ben, place } = await busy(backend);
  const role = await backend.ask<{ id: string }>("POST", `/servers/${place.server}/roles`, { name: "Keepers", permissions: ["manage_server"] }, ann.token);
  await backend.ask("PUT", `/servers/${place.server}/members/${ben.id}/roles/${role.id}`, {}, ann.token);
  await backend.ask("DELETE", `/servers/${place.server}/members/${ben.id}/mute`, {}, ann.token);
  await backend.ask("PATCH", `/servers/${place.server}`, { description: "Ships" }, ben.token);
  const page = await windows.as(ann, `/s/${place.server}/settings/audit`);
  await expect(entries(page)).toHaveCount(14);
  await page.getByRole("button", { name: "Done by" }).press("Enter");
  await expect(page.getByRole("searchbox", { name: "Search members" })).toBeFocused();
  await page.keyboard.type(ben.username);
  await expect(page.getByRole("list", { name: "Found" }).getByRole("listitem")).toHaveCount(1);
  await audit(page, "choosing who did it");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: `Done by ${ben.username}` })).toBeFocused();
  await expect(entries(page)).toHaveCount(1);
  await expect(entries(page)).toContainText(`${ben.username} changed the server`);

  await page.getByRole("button", { name: /Action/ }).press("Enter");
  await expect(page.getByRole("listbox").getByText("Permissions in this channel")).toBeAttached();
  await picture(page, "audit-log-actions");
  await page.getByRole("option", { name: "Ban", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
  await expect(entries(page)).toHaveCount(0);
  await picture(page, "audit-log-none");
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(entries(page)).toHaveCount(14);
});

test("older entries come as one scrolls, and an empty log says so", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Harbour");
  const page = await windows.as(ann, `/s/${place.server}/settings/audit`);
  await expect(page.getByRole("heading", { name: "Nothing has been done yet" })).toBeVisible();
  for (let number = 0; number < 120; number += 1) await backend.ask("PATCH", `/servers/${place.server}`, { description: `Berth ${number}` }, ann.token);
  await page.reload();
  await expect(entries(page).first()).toContainText("Berth 119");
  await expect(entries(page)).toHaveCount(50);
  for (const count of [100, 120]) {
    await entries(page).last().scrollIntoViewIfNeeded();
    await expect(entries(page)).toHaveCount(count);
  }
  await expect(page.getByRole("button", { name: "Show more" })).toHaveCount(0);
  await expect(entries(page).last()).toContainText("Berth 0");
});

test("whoever changes the server, a role or a channel can say why, and the log tells it", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Harbour");
  await backend.ask("POST", `/servers/${place.server}/roles`, { name: "Pilots", permissions: [] }, ann.token);
  const page = await windows.as(ann, `/s/${place.server}/settings`);
  const because = async (reason: string) => {
    await page.getByRole("textbox", { name: "Reason" }).fill(reason);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByText("You have unsaved changes.")).toHaveCount(0);
  };
  await page.getByLabel("Description").fill("Ships and fish");
  await audit(page, "a change with its reason");
  await picture(page, "save-bar");
  await because("People asked");
  await openPage(page, "Roles");
  await page.getByRole("row", { name: "Pilots" }).click();
  await page.getByRole("switch", { name: "Show members separately" }).check();
  await because("They are many");
  await openPage(page, "Channels");
  await page.getByRole("button", { name: "Settings of #general" }).click();
  await page.getByRole("dialog").getByLabel("Topic").fill("Tides");
  await page.getByRole("dialog").getByLabel("Reason").fill("It had none");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await openPage(page, "Audit log");
  for (const [at, reason] of ["It had none", "They are many", "People asked"].entries()) await expect(entries(page).nth(at)).toContainText(`Reason: ${reason}`);
});

test("whoever deletes a message of another or a role can say why, and the log tells it", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Harbour");
  await backend.join(ben, place);
  await backend.say(ben, place, "buy my boats");
  await backend.say(ann, place, "a word of mine");
  await backend.ask("POST", `/servers/${place.server}/roles`, { name: "Smugglers", permissions: [] }, ann.token);
  const page = await windows.as(ann, pathTo(place));
  const dialog = page.getByRole("dialog");
  await inMessageMenu(messages(page).last(), "Delete message");
  await expect(dialog).toContainText("a word of mine");
  await expect(dialog.getByLabel("Reason"), "of one’s own the log tells nothing").toHaveCount(0);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await inMessageMenu(messages(page).first(), "Delete message");
  await dialog.getByLabel("Reason").fill("Advertising");
  await dialog.getByRole("button", { name: "Delete message" }).click();
  await expect(messages(page)).toHaveCount(1);

  await page.goto(`/s/${place.server}/settings/roles`);
  await page.getByRole("row", { name: "Smugglers" }).click();
  await page.getByRole("button", { name: "Delete role" }).click();
  await dialog.getByLabel("Reason").fill("r".repeat(600));
  await expect(dialog.getByLabel("Reason")).toHaveValue("r".repeat(512));
  await dialog.getByLabel("Reason").fill("Nobody has it");
  await dialog.getByRole("button", { name: "Delete role" }).click();
  await expect(page.getByRole("row", { name: "Smugglers" })).toHaveCount(0);

  await openPage(page, "Audit log");
  await expect(entries(page).nth(0)).toContainText("deleted the role Smugglers");
  await expect(entries(page).nth(0)).toContainText("Nobody has it");
  await expect(entries(page).nth(1)).toContainText("deleted a message in #general");
  await expect(entries(page).nth(1)).toContainText("Advertising");
});

test("whole domains are banned with a reason, listed, and let in again", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Harbour");
  await backend.join(ben, place);
  const page = await windows.as(ann, `/s/${place.server}/settings/bans`);
  await page.getByRole("tab", { name: "Domains" }).click();
  await expect(page.getByRole("heading", { name: "No domain is banned" })).toBeVisible();
  await page.getByRole("button", { name: "Ban domain" }).click();
  const dialog = page.getByRole("dialog", { name: "Ban domain" });
  const domain = dialog.getByLabel("Domain");
  await expect(domain).toBeFocused();
  for (const [text, problem] of [["not a domain", "Enter a domain"], ["localhost", "This server is on this domain itself."]] as const) {
    await domain.fill(text);
    await domain.press("Enter");
    await expect(dialog).toContainText(problem);
  }
  await domain.fill("B.example.com");
  await dialog.getByLabel("Reason").fill("Advertising");
  await picture(page, "ban-domain");
  await audit(page, "ban a domain");
  await dialog.getByRole("button", { name: "Ban domain" }).click();
  await expect(dialog).toHaveCount(0);
  const row = page.getByRole("list", { name: "Domains" }).getByRole("listitem");
  await expect(row).toContainText("b.example.com");
  await expect(row).toContainText("Advertising");
  await expect(row).toContainText(`by ${ann.username}`);
  await picture(page, "settings-bans-domains");
  await audit(page, "banned domains");
  await page.reload();
  await page.getByRole("tab", { name: "Domains" }).click();
  await row.getByRole("button", { name: "Lift ban of b.example.com" }).click();
  await expect(page.getByRole("heading", { name: "No domain is banned" })).toBeVisible();

  // Who manages members alone sees the people only.
  const role = await backend.ask<{ id: string }>("POST", `/servers/${place.server}/roles`, { name: "Guards", permissions: ["manage_members"] }, ann.token);
  await backend.ask("PUT", `/servers/${place.server}/members/${ben.id}/roles/${role.id}`, {}, ann.token);
  const other = await windows.as(ben, `/s/${place.server}/settings/bans`);
  await expect(other.getByRole("heading", { name: "Nobody is banned" })).toBeVisible();
  await expect(other.getByRole("tab")).toHaveCount(0);
});
