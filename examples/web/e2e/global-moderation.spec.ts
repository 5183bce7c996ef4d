/** What moderators and administrators of a whole backend do, and what people report to them. */
import { audit } from "./audit";
import { Backend } from "./backend";
import { inMessageMenu } from "./message";
import { picture } from "./picture";
import { composer, expect, inMenu, leaveSettings, messages, openPage, pathTo, test as base, type Page, type Person } from "./test";

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** People with global roles, on a backend of their own: who has one sees what everybody reported. */
interface Staff {
  readonly own: Backend;
  readonly root: Person;
  readonly people: Person;
  readonly places: Person;
}

const test = base.extend<object, { staff: Staff }>({
  staff: [
    async ({}, use) => {
      const own = await Backend.start();
      const [root, people, places] = [await own.person("root"), await own.person("mia"), await own.person("sam")];
      await own.kill();
      for (const [person, role] of [[root, "application_administrator"], [people, "user_moderator"], [places, "server_moderator"]] as const) await own.command("admin", "grant", person.username, role);
      await own.run();
      for (const person of [root, people, places]) await own.renew(person);
      await use({ own, root, people, places });
      await own.stop();
    },
    { scope: "worker" },
  ],
});

const reports = (page: Page) => page.getByRole("list", { name: "Reports" }).getByRole("listitem");
const dialogOf = (page: Page, name: string | RegExp) => page.getByRole("dialog", { name });

/** Opens the menu of somebody in the list of members, and does what it says. */
async function inMemberMenu(page: Page, name: string, entry: string): Promise<void> {
  await page.getByRole("complementary", { name: "Members" }).getByRole("button", { name }).click({ button: "right" });
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
}

test("a message, a person and a server are reported by their menus, and each comes to whom it concerns", async ({ staff, windows }) => {
  test.setTimeout(120_000);
  const { own, root, people, places } = staff;
  const [ann, ben] = [await own.person("ann"), await own.person("ben")];
  const place = await own.place(ann, "Harbour");
  for (const person of [ben, people]) await own.join(person, place);
  await own.say(ann, place, "buy my boats");
  const page = await windows.at(own, ben, pathTo(place));

  await inMessageMenu(messages(page).last(), "Report message");
  const reporting = dialogOf(page, "Report message");
  await expect(reporting).toContainText("buy my boats");
  await expect(reporting).toContainText("Moderators read a message only where they are themselves");
  await picture(page, "report");
  await audit(page, "report a message");
  await reporting.getByLabel("Something else").check();
  await expect(reporting.getByRole("button", { name: "Report", exact: true })).toBeDisabled();
  await reporting.getByLabel("What else is there to say?").fill("They sell boats all day");
  await reporting.getByRole("button", { name: "Report", exact: true }).click();
  await expect(page.locator(".toast")).toContainText("Moderators will look at it.");

  await inMemberMenu(page, ann.username, "Report");
  await dialogOf(page, `Report ${ann.username}`).getByLabel("Insults, threats or harassment").check();
  await dialogOf(page, `Report ${ann.username}`).getByRole("button", { name: "Report", exact: true }).click();
  await inMenu(page, "Report server");
  await dialogOf(page, "Report the server Harbour").getByRole("button", { name: "Report", exact: true }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  // Nobody else finds a way there.
  await expect(page.getByRole("link", { name: "Moderation" })).toHaveCount(0);
  await page.goto("/moderation");
  await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();

  const all = await windows.at(own, root);
  await all.getByRole("link", { name: "Moderation, 3 reports wait" }).click();
  await expect(all.getByRole("heading", { name: "Reports", level: 1 })).toBeVisible();
  await expect(reports(all)).toHaveCount(3);
  await expect(reports(all).nth(0)).toContainText("They sell boats all day");
  // Who is not in the server does not read the message.
  await expect(reports(all).nth(0)).toContainText("The message is where you are not");
  await expect(reports(all).nth(1)).toContainText(ann.username);
  await expect(reports(all).nth(2)).toContainText("Harbour");
  await picture(all, "moderation-reports");
  await audit(all, "reports");

  // Of users and messages the one hears, of servers and messages the other.
  const one = await windows.at(own, people, "/moderation/reports");
  await expect(reports(one)).toHaveCount(2);
  await expect(one.getByRole("navigation", { name: "Settings" }).getByRole("link")).toHaveText(["Reports", "Users"]);
  await expect(reports(one).nth(0)).toContainText("buy my boats");
  const other = await windows.at(own, places, "/moderation/reports");
  await expect(reports(other)).toHaveCount(2);
  await expect(reports(other).nth(1)).toContainText("Harbour");
  await reports(other).nth(1).getByRole("button", { name: "Suspend server" }).click();
  await expect(dialogOf(other, "Suspend the server Harbour")).toBeVisible();
  await other.keyboard.press("Escape");
  await expect(other.getByRole("navigation", { name: "Settings" }).getByRole("link")).toHaveText(["Reports", "Servers"]);

  // One takes it on, goes to the message, and says what was done; the other leaves it alone.
  await reports(one).nth(0).getByRole("button", { name: "Take on" }).click();
  await expect(reports(one).nth(0)).toContainText(`taken on by ${people.username}`);
  await other.getByRole("button", { name: "Refresh" }).click();
  await expect(reports(other)).toHaveCount(1);
  await other.getByRole("tab", { name: "Taken on" }).click();
  await expect(reports(other).nth(0)).toContainText(`taken on by ${people.username}`);
  await expect(reports(other).nth(0).getByRole("button", { name: "Resolve" })).toHaveCount(0);
  await reports(one).nth(0).getByRole("link", { name: "Open message in #general" }).click();
  await expect(messages(one).last()).toContainText("buy my boats");
  await one.goBack();
  await one.getByRole("tab", { name: "Taken on" }).click();
  await reports(one).nth(0).getByRole("button", { name: "Resolve" }).click();
  await audit(one, "resolve a report");
  await dialogOf(one, "Resolve").getByLabel("Warned").check();
  await dialogOf(one, "Resolve").getByLabel("Why").fill("First time");
  await dialogOf(one, "Resolve").getByRole("button", { name: "Resolve" }).click();
  await expect(reports(one).nth(0)).toContainText("Warned: First time");
  await other.getByRole("tab", { name: "Resolved" }).click();
  await expect(reports(other)).toHaveCount(1);
  await expect(reports(other).nth(0)).toContainText("Warned: First time");
});

test("the queue by keyboard alone, and on a phone", async ({ staff, windows }) => {
  const { own, root } = staff;
  const [ann, ben] = [await own.person("ann"), await own.person("ben")];
  await own.ask("POST", "/reports", { target: { kind: "user", id: ann.id }, reason: "spam", comment: "By keyboard" }, ben.token);
  const page = await windows.at(own, root, "/moderation/reports");
  const row = reports(page).filter({ hasText: "By keyboard" });
  await row.getByRole("button", { name: "Resolve" }).focus();
  await page.keyboard.press("Enter");
  await expect(dialogOf(page, "Resolve")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(row.getByRole("button", { name: "Resolve" })).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(row).toContainText(`taken on by ${root.username}`);
  await page.getByRole("tab", { name: "Open" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tab", { name: "Taken on" })).toBeFocused();
  await expect(row).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.locator(".settings")).toHaveCount(0);

  const small = await windows.as(root, "/moderation/reports", { ...PHONE, baseURL: own.url });
  await small.getByRole("tab", { name: "Taken on" }).click();
  await expect(reports(small).filter({ hasText: "By keyboard" })).toBeVisible();
  expect(await small.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  await picture(small, "phone-moderation-reports");
  await audit(small, "reports on a phone");

  // From right to left as well.
  await page.evaluate(() => localStorage.setItem("beep.locale", "ar"));
  await page.goto("/moderation/reports");
  await page.getByRole("tab").nth(1).click();
  await expect(page.getByRole("listitem").filter({ hasText: "By keyboard" })).toBeVisible();
  await picture(page, "arabic-moderation-reports");
  await page.goto("/moderation/log");
  await expect(page.locator(".audit time").first()).toBeVisible();
  await picture(page, "arabic-moderation-log");
});

test("an account is suspended with a reason and an end, which ends its sessions, and given back", async ({ staff, windows }) => {
  test.setTimeout(120_000);
  const { own, root, people } = staff;
  const carl = await own.person("carl");
  const theirs = await windows.at(own, carl);
  const page = await windows.at(own, people, "/moderation/users");
  const users = page.getByRole("list", { name: "Users" }).getByRole("listitem");
  await page.getByLabel("Search users").fill(carl.username);
  await expect(users).toHaveCount(1);
  await users.getByRole("button", { name: `Suspend: ${carl.username}` }).click();
  const asking = dialogOf(page, `Suspend the account of ${carl.username}`);
  await expect(asking.getByRole("button", { name: "Suspend", exact: true })).toBeDisabled();
  await asking.getByRole("button", { name: /For how long/ }).click();
  await page.getByRole("option", { name: "7 days" }).click();
  await asking.getByLabel("Reason").fill("Sells boats");
  await audit(page, "suspend an account");
  await asking.getByRole("button", { name: "Suspend", exact: true }).click();
  await expect(users).toContainText("Suspended until");
  await expect(users).toContainText("Sells boats");
  await expect(users).toContainText(`by ${people.username}`);
  await expect(theirs.getByText("Your session ended.")).toBeVisible();
  await theirs.getByLabel("Username or mail address").fill(carl.username);
  await theirs.getByLabel("Password").fill("correct horse battery");
  await theirs.locator("form").getByRole("button", { name: "Log in" }).click();
  await expect(theirs.getByRole("alert")).toContainText("This account is suspended");

  await page.getByLabel("Search users").fill("");
  await page.getByRole("button", { name: /Show/ }).first().click();
  await page.getByRole("option", { name: "Suspended users" }).click();
  await expect(users).toHaveCount(1);
  await picture(page, "moderation-users");
  await audit(page, "users");
  await users.getByRole("button", { name: `Lift: ${carl.username}` }).click();
  await dialogOf(page, `End suspension of ${carl.username}`).getByRole("button", { name: "Lift" }).click();
  await expect(page.getByRole("heading", { name: "Nobody is suspended" })).toBeVisible();
  await theirs.locator("form").getByRole("button", { name: "Log in" }).click();
  await expect(theirs.locator(".shell")).toBeVisible();

  // Of who moderates themselves only an administrator takes the account; and nobody their own.
  await page.getByRole("button", { name: /Show/ }).first().click();
  await page.getByRole("option", { name: "All users" }).click();
  await expect(users.filter({ hasText: `@${root.username}` })).toContainText("Administrator");
  await expect(users.filter({ hasText: `@${root.username}` }).getByRole("button")).toHaveCount(0);
  await expect(users.filter({ hasText: `@${people.username}` }).getByRole("button")).toHaveCount(0);
});

test("an administrator gives a role, which opens what it is for, and takes it; the log tells both", async ({ staff, windows }) => {
  const { own, root } = staff;
  const dora = await own.person("dora");
  const page = await windows.at(own, root, "/moderation/users");
  await page.getByLabel("Search users").fill(dora.username);
  const row = page.getByRole("list", { name: "Users" }).getByRole("listitem").filter({ hasText: `@${dora.username}` });
  await row.getByRole("button", { name: `Roles of ${dora.username}` }).click();
  const dialog = dialogOf(page, `Roles of ${dora.username}`);
  await dialog.getByRole("switch", { name: "Server moderator" }).check();
  await dialog.getByLabel("Reason").fill("Knows the harbour");
  await audit(page, "global roles");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("Server moderator");
  const theirs = await windows.at(own, dora);
  await theirs.getByRole("link", { name: "Moderation" }).click();
  await expect(theirs.getByRole("navigation", { name: "Settings" }).getByRole("link")).toHaveText(["Reports", "Servers"]);
  await row.getByRole("button", { name: `Roles of ${dora.username}` }).click();
  await dialog.getByRole("switch", { name: "Server moderator" }).uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(row).not.toContainText("Server moderator");

  await openPage(page, "Audit log");
  const entries = page.locator(".audit").getByRole("listitem").filter({ has: page.locator("time") });
  await expect(entries.nth(0)).toContainText(`${root.username} took the global role Server moderator from ${dora.username}`);
  await expect(entries.nth(1)).toContainText(`${root.username} gave ${dora.username} the global role Server moderator`);
  await expect(entries.nth(1)).toContainText("Knows the harbour");
  await picture(page, "moderation-log");
  await audit(page, "log of the backend");
  await page.getByRole("button", { name: /Action/ }).press("Enter");
  await page.getByRole("option", { name: "Give a global role" }).click();
  // What was done on the machine stands there as well, by nobody who has a name.
  await expect(entries).toHaveCount(4);
  await expect(entries.last()).toContainText(`The operator gave ${root.username} the global role Administrator`);
  await audit(page, "what the operator did");
  await page.getByRole("button", { name: "Done by" }).click();
  await page.getByRole("searchbox", { name: "Search users" }).fill(root.username);
  await page.getByRole("list", { name: "Found" }).getByRole("button", { name: root.username }).click();
  await expect(entries).toHaveCount(1);
  await own.ask("PUT", `/admin/users/${dora.id}/roles/user_moderator`, {}, root.token);
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(entries).toHaveCount(2);
});

test("a server is suspended: its members read and leave, and it says so", async ({ staff, windows }) => {
  test.setTimeout(120_000);
  const { own, root, places } = staff;
  const [ann, ben] = [await own.person("ann"), await own.person("ben")];
  const place = await own.place(ann, "Quay");
  const hidden = await own.place(ann, "Cellar", { visibility: "private" });
  await own.join(ben, place);
  const theirs = await windows.at(own, ben, pathTo(place));
  const page = await windows.at(own, places, "/moderation/servers");
  const servers = page.getByRole("list", { name: "Servers" }).getByRole("listitem");
  await page.getByLabel("Search servers").fill("Quay");
  await expect(servers).toHaveCount(1);
  await servers.getByRole("button", { name: "Suspend: Quay" }).click();
  await dialogOf(page, "Suspend the server Quay").getByLabel("Reason").fill("Smuggling");
  await dialogOf(page, "Suspend the server Quay").getByRole("button", { name: "Suspend", exact: true }).click();
  await expect(servers).toContainText("Suspended until");
  await picture(page, "moderation-servers");
  await audit(page, "servers");
  await expect(theirs.getByText(/Moderators have suspended this server until/)).toBeVisible();
  await expect(composer(theirs)).toHaveAttribute("placeholder", /^This server is suspended until/);
  await expect(composer(theirs)).not.toBeEditable();
  await picture(theirs, "suspended-server");
  await audit(theirs, "suspended server");
  // Nobody joins meanwhile.
  const stranger = await windows.at(own, root, "/discover");
  await stranger.getByLabel("Search public servers").fill("Quay");
  await expect(stranger.locator(".server-card")).toHaveCount(1);
  await expect(stranger.locator(".server-card")).toContainText("Suspended until");
  await expect(stranger.getByRole("button", { name: "Join Quay" })).toHaveCount(0);
  await servers.getByRole("button", { name: "Lift: Quay" }).click();
  await dialogOf(page, "End suspension of Quay").getByRole("button", { name: "Lift" }).click();
  await expect(servers).not.toContainText("Suspended until");
  await expect(composer(theirs)).toBeEditable();

  // One that is private is named by a link to it.
  await page.getByLabel("Search servers").fill(`${own.url}${pathTo(hidden)}`);
  await expect(servers).toHaveText(/A private server/);
  await servers.getByRole("button", { name: "Suspend: A private server" }).click();
  await page.getByRole("dialog").getByLabel("Reason").fill("Smuggling");
  await page.getByRole("dialog").getByRole("button", { name: "Suspend", exact: true }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect.poll(async () => (await own.ask<{ suspended_until: string | null }>("GET", `/servers/${hidden.server}`, undefined, ann.token)).suspended_until).not.toBeNull();

  // By its own menu as well; and the server's own log says so to its owner.
  await own.join(root, place);
  const rooted = await windows.at(own, root, pathTo(place));
  await inMenu(rooted, "Suspend server");
  await rooted.getByRole("dialog").getByLabel("Reason").fill("Again");
  await rooted.getByRole("dialog").getByRole("button", { name: "Suspend", exact: true }).click();
  await expect(rooted.getByText(/Moderators have suspended this server until/)).toBeVisible();
  await inMenu(rooted, "End suspension");
  await rooted.getByRole("dialog").getByRole("button", { name: "Lift" }).click();
  await expect(rooted.getByText(/Moderators have suspended this server until/)).toHaveCount(0);
  const owner = await windows.at(own, ann, `/s/${place.server}/settings/audit`);
  await expect(owner.locator(".audit")).toContainText(`${root.username} suspended the server Quay`);
});

test("somebody is restricted in a server and in one channel of it, is told so, and released", async ({ staff, windows }) => {
  test.setTimeout(120_000);
  const { own, root, places } = staff;
  const [ann, ben] = [await own.person("ann"), await own.person("ben")];
  const place = await own.place(ann, "Pier");
  for (const person of [ben, places]) await own.join(person, place);
  const theirs = await windows.at(own, ben, pathTo(place));
  const page = await windows.at(own, places, pathTo(place));
  const asking = dialogOf(page, `Restrict ${ben.username}`);
  const restrict = async (where: string | null) => {
    await inMemberMenu(page, ben.username, "Restrict");
    if (where !== null) {
      await asking.getByRole("button", { name: /Where/ }).click();
      await page.getByRole("option", { name: where }).click();
    }
  };
  await restrict(null);
  await asking.getByRole("button", { name: /For how long/ }).click();
  await page.getByRole("option", { name: "Without end" }).click();
  await asking.getByLabel("Reason").fill("Shouting");
  await audit(page, "restrict");
  await asking.getByRole("button", { name: "Restrict", exact: true }).click();
  await expect(composer(theirs)).toHaveAttribute("placeholder", "A moderator restricts you here: you can only read.");
  await restrict("#general");
  await expect(asking.getByRole("list", { name: "Restricted in" })).toContainText("The whole server");
  await picture(page, "restrict");
  await asking.getByLabel("Reason").fill("Here above all");
  await asking.getByRole("button", { name: "Restrict", exact: true }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await inMemberMenu(page, ben.username, "Restrict");
  await asking.getByRole("button", { name: "Lift the restriction: The whole server" }).click();
  await expect(composer(theirs)).toHaveAttribute("placeholder", /^A moderator restricts you here until/);
  await asking.getByRole("button", { name: "Lift the restriction: #general" }).click();
  await expect(composer(theirs)).toBeEditable();
  await page.keyboard.press("Escape");

  const log = await windows.at(own, root, "/moderation/log");
  await expect(log.locator(".audit")).toContainText(`${places.username} restricted ${ben.username} in the server Pier`);
});

test("an administrator sees the state of federation and says who may connect", async ({ staff, windows }) => {
  const { own, root } = staff;
  const page = await windows.at(own, root, "/moderation/federation");
  await expect(page.getByRole("heading", { name: "Federation", level: 1 })).toBeVisible();
  await page.getByLabel("Only these").check();
  await page.getByLabel("Domains").fill("b.example.com");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("You have unsaved changes.")).toHaveCount(0);
  await page.reload();
  await expect(page.getByLabel("Domains")).toHaveValue("b.example.com");
  await audit(page, "federation");
  await openPage(page, "Audit log");
  await expect(page.locator(".audit").getByRole("listitem").first()).toContainText(`${root.username} changed who may connect`);
  await expect(page.locator(".audit").getByRole("listitem").first()).toContainText("b.example.com");
  await leaveSettings(page);
});
