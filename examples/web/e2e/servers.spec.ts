/** What one does with servers, roles, channels and messages; and that others see it at once. */
import { inMessageMenu } from "./message";
import { composer, expect, history, inMenu, leaveSettings, messages, openPage, pathTo, say, settled, test, type Page } from "./test";

const card = (page: Page, name: string) => page.getByRole("dialog", { name });
const members = (page: Page) => page.getByRole("complementary", { name: "Members" });

test("a public server is found, joined, left, and found again", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Lighthouse keepers", { description: "Lamps, fog and tea" });
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben)];
  await expect(one.getByRole("heading", { name: "1 member" })).toBeVisible();

  await two.getByRole("link", { name: "Discover servers" }).first().click();
  await two.getByLabel("Search public servers").fill("lighthouse");
  await expect(two.getByRole("heading", { name: "Lighthouse keepers" })).toBeVisible();
  await expect(two.getByText("Lamps, fog and tea")).toBeVisible();
  await two.getByRole("button", { name: "Join Lighthouse keepers" }).click();
  await expect(composer(two)).toBeEnabled();
  await expect(one.getByRole("heading", { name: "2 members" })).toBeVisible();
  await expect(one.getByRole("complementary", { name: "Members" })).toContainText(ben.username);

  await inMenu(two, "About this server");
  await expect(two.getByText("Only members with the permission “Manage server” can change this.")).toBeVisible();
  await expect(two.getByRole("button", { name: "Delete server" })).toHaveCount(0);
  await leaveSettings(two);
  await inMenu(two, "Leave server");
  await two.getByRole("dialog").getByRole("button", { name: "Leave server" }).click();
  await expect(two.getByRole("heading", { name: "Welcome to Beep" })).toBeVisible();
  await expect(two.getByRole("navigation", { name: "Servers" }).getByRole("link", { name: "Lighthouse keepers" })).toHaveCount(0);
  await expect(one.getByRole("heading", { name: "1 member" })).toBeVisible();

  await two.goto("/discover");
  await two.getByLabel("Search public servers").fill("nobody has this name");
  await expect(two.getByText("No public servers found")).toBeVisible();
  await two.getByLabel("Search public servers").fill("lighthouse");
  await expect(two.getByRole("button", { name: "Join Lighthouse keepers" })).toBeVisible();
});

test("a deleted server is gone for everybody who has it open", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Sandcastle");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, `/s/${place.server}/settings`), await windows.as(ben, pathTo(place))];
  await expect(one.getByText("You own this server, so you cannot leave it.")).toBeVisible();
  await one.getByRole("button", { name: "Delete server" }).click();
  await one.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await one.getByRole("button", { name: "Delete server" }).click();
  await expect(one.getByRole("dialog").getByRole("button", { name: "Delete server" })).toBeDisabled();
  await one.getByLabel("Type “Sandcastle” to confirm").fill("Sandcastle");
  await one.getByRole("dialog").getByRole("button", { name: "Delete server" }).click();
  await expect(one.getByRole("heading", { name: "Welcome to Beep" })).toBeVisible();
  await expect(two.getByRole("heading", { name: "Sandcastle was deleted" })).toBeVisible();
  for (const page of [one, two]) await expect(page.getByRole("link", { name: "Sandcastle" })).toHaveCount(0);
});

test("name, description and visibility change for all at once", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Draft");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, `/s/${place.server}/settings`), await windows.as(ben, pathTo(place))];
  await one.getByLabel("Name").fill("Final");
  await one.getByLabel("Description").fill("Done at last");
  await one.getByLabel("Private").check();
  await one.getByRole("button", { name: "Save" }).click();
  await expect(one.getByText("Saved", { exact: true })).toBeVisible();
  await expect(two.getByRole("heading", { name: "Final" })).toBeVisible();
  await one.reload();
  await expect(one.getByLabel("Description")).toHaveValue("Done at last");
  await expect(one.getByLabel("Private")).toBeChecked();
});

test("a role is made, given and taken, and what it permits is there at once", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Workshop");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, `/s/${place.server}/settings`), await windows.as(ben, pathTo(place))];
  await expect(two.getByRole("button", { name: "Create channel" })).toHaveCount(0);

  await openPage(one, "Roles");
  await one.getByRole("button", { name: "Create role" }).click();
  await expect(one.getByRole("form", { name: "New role" }).getByRole("textbox", { name: "Name" })).toBeFocused();
  await one.getByRole("form", { name: "New role" }).getByRole("textbox", { name: "Name" }).fill("Carpenter");
  await one.getByRole("switch", { name: "Manage channels" }).check();
  await one.getByRole("switch", { name: "Show members separately" }).check();
  await one.getByRole("button", { name: "Save" }).click();
  await expect(one.getByText("You have unsaved changes.")).toHaveCount(0);
  await expect(one.getByRole("row", { name: "Carpenter" })).toBeVisible();
  await expect(one.getByRole("switch", { name: "Manage channels" })).toBeChecked();

  await leaveSettings(one);
  await members(one).getByRole("button", { name: ben.username }).click();
  await card(one, ben.username).getByRole("button", { name: "Add role" }).click();
  await one.getByRole("menuitem", { name: "Carpenter" }).click();
  await expect(two.getByRole("button", { name: "Create channel" })).toBeVisible();
  await expect(members(one)).toContainText("Carpenter");
  await expect(one.getByText("Role Carpenter given.")).toBeVisible();

  // Who has the role may not give more than it holds, nor touch who ranks above.
  await members(two).getByRole("button", { name: ann.username }).click();
  await expect(card(two, ann.username)).toContainText("Member since");
  await expect(card(two, ann.username).getByRole("button", { name: "Add role" })).toHaveCount(0);
  await two.keyboard.press("Escape");

  await two.getByRole("button", { name: "Create channel" }).click();
  await two.getByRole("dialog").getByLabel("Name").fill("sawdust");
  await two.getByRole("dialog").getByRole("button", { name: "Create channel" }).click();
  await expect(two.getByRole("heading", { name: "sawdust", level: 1 })).toBeVisible();
  await expect(one.getByRole("link", { name: "sawdust" })).toBeVisible();

  await card(one, ben.username).getByRole("button", { name: "Remove role Carpenter" }).click();
  await expect(two.getByRole("button", { name: "Create channel" })).toHaveCount(0);
  // The first Escape may close no more than the tooltip of the button that has the focus now.
  await one.mouse.click(500, 500);
  await expect(card(one, ben.username)).toHaveCount(0);

  await inMenu(one, "Server settings");
  await openPage(one, "Roles");
  await one.getByRole("row", { name: "Carpenter" }).click();
  await one.getByRole("button", { name: "Delete role" }).click();
  await one.getByRole("dialog").getByRole("button", { name: "Delete role" }).click();
  await expect(one.getByRole("row", { name: "Carpenter" })).toHaveCount(0);
});

test("an override denies, allows and leaves alone, live; a deleted channel says that it is gone", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Notice board");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await one.getByRole("button", { name: "Channel settings" }).click();
  await one.getByRole("tab", { name: "Permissions" }).click();
  const sending = one.getByRole("group", { name: "Send messages" });
  await expect(sending.getByLabel("Inherit (allowed)")).toBeChecked();
  await sending.getByLabel("Deny").check();
  await expect(composer(two)).toBeDisabled();
  await one.getByRole("button", { name: "Add a role or member" }).click();
  await one.getByRole("searchbox", { name: "Search roles and members" }).fill(ben.username);
  await one.getByRole("list", { name: "Found" }).getByRole("button", { name: ben.username }).click();
  await expect(sending.getByLabel("Inherit (not allowed)")).toBeChecked();
  await sending.getByLabel("Allow", { exact: true }).check();
  await expect(composer(two)).toBeEnabled();
  await sending.getByLabel("Inherit").check();
  await expect(composer(two)).toBeDisabled();
  await one.getByRole("radiogroup", { name: "Roles and members" }).getByRole("radio").first().check();
  await one.getByRole("group", { name: "View channels" }).getByLabel("Deny").check();
  await expect(two.getByRole("link", { name: "general" })).toHaveCount(0);
  await expect(two.getByRole("heading", { name: "This channel is not available" })).toBeVisible();
  await one.getByRole("group", { name: "View channels" }).getByLabel("Inherit").check();
  await sending.getByLabel("Inherit").check();
  await expect(composer(two)).toBeEnabled();
  await one.getByRole("tab", { name: "Overview" }).click();

  await one.getByLabel("Topic").fill("Lost and found");
  await one.getByLabel("Name").fill("notices");
  await one.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(two.getByRole("heading", { name: "notices", level: 1 })).toBeVisible();
  await expect(two.getByText("Lost and found").first()).toBeVisible();

  await one.getByRole("button", { name: "Channel settings" }).click();
  await one.getByRole("button", { name: "Delete channel" }).click();
  await one.getByRole("dialog").last().getByRole("button", { name: "Delete channel" }).click();
  await expect(two.getByRole("heading", { name: "This channel is not available" })).toBeVisible();
  await expect(one.getByRole("dialog")).toHaveCount(0);
});

test("one person is invited by name, sees it at once, declines, is invited again, accepts, and talks", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Greenhouse", { visibility: "private" });
  const [one, two] = [await windows.as(ann, `/s/${place.server}/settings`), await windows.as(ben)];
  const waiting = two.getByRole("button", { name: "1 invitation for you" });
  const none = two.getByRole("button", { name: "Invitations for you" });
  await expect(none).toBeVisible();

  await openPage(one, "Invitations");
  const who = one.getByRole("textbox", { name: "Username", exact: true });
  const pending = one.getByRole("list", { name: "Invitations" }).getByRole("listitem").filter({ hasText: ben.username });
  const invite = async () => {
    await who.fill(`@${ben.username}`);
    await who.press("Enter");
    await expect(one.getByRole("group", { name: "Found" })).toContainText(`@${ben.username}`);
    const send = one.getByRole("button", { name: `Invite ${ben.username}` });
    await expect(send).toBeFocused();
    await send.press("Enter");
  };
  await who.fill("nobody.at.all");
  await who.press("Enter");
  await expect(one.getByRole("alert").filter({ hasText: "Nobody is called nobody.at.all." })).toBeVisible();
  await expect(one.getByRole("group", { name: "Found" })).toHaveCount(0);

  await invite();
  await expect(one.getByText(`${ben.username} is invited.`)).toBeVisible();
  await expect(who).toBeFocused();
  await expect(pending).toContainText("Invited");
  await expect(two.getByRole("status").filter({ hasText: "You are invited to Greenhouse" })).toHaveCount(1);
  await waiting.click();
  const dialog = two.getByRole("dialog", { name: "Invitations for you" });
  await expect(dialog.getByRole("heading", { name: "Greenhouse" })).toBeVisible();
  await expect(dialog.getByRole("listitem")).toContainText(`1 member · invited by ${ann.username}`);
  await dialog.getByRole("button", { name: "Decline the invitation to Greenhouse" }).click();
  await expect(dialog.getByText("No invitations")).toBeVisible();
  await expect(two.locator("body"), "the focus is not lost with what it was on").not.toBeFocused();
  await two.keyboard.press("Escape");
  await expect(none).toBeFocused();
  // Of a decline no event tells, and the list of who invited learns of it all the same.
  await expect(one.getByText("No invitations yet")).toBeVisible();

  // Revoked, it goes as it came.
  await invite();
  await waiting.click();
  await expect(dialog.getByRole("listitem")).toHaveCount(1);
  await one.getByRole("button", { name: `Revoke the invitation for ${ben.username}` }).click();
  await expect(pending).toHaveCount(0);
  await expect(dialog.getByRole("listitem")).toHaveCount(0);
  await two.keyboard.press("Escape");

  await invite();
  await expect(pending).toHaveCount(1);
  await expect(waiting).toBeVisible();
  await two.reload();
  await waiting.click();
  await dialog.getByRole("button", { name: "Accept the invitation to Greenhouse" }).press("Enter");
  await expect(dialog).toHaveCount(0);
  await expect(two.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
  await expect(none).toBeVisible();
  await expect(pending, "who came in waits for nothing").toHaveCount(0);
  await who.fill(ben.username);
  await who.press("Enter");
  await one.getByRole("button", { name: `Invite ${ben.username}` }).click();
  await expect(one.getByRole("alert").filter({ hasText: `${ben.username} is a member already.` })).toBeVisible();

  await say(two, "it is warm in here");
  await leaveSettings(one);
  await expect(messages(one).last()).toContainText("it is warm in here");
});

test("messages are edited and deleted, one's own and, with permission, others'", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await say(two, "a tpyo");
  await say(two, "off topic");
  await expect(messages(one)).toHaveCount(2);

  await composer(two).press("ArrowUp");
  await two.getByRole("textbox", { name: "Edit message" }).press("Escape");
  await expect(composer(two)).toBeFocused();
  await messages(two).first().hover();
  await messages(two).first().getByRole("button", { name: "Edit message" }).click();
  await two.getByRole("textbox", { name: "Edit message" }).fill("a typo");
  await two.getByRole("textbox", { name: "Edit message" }).press("Enter");
  await expect(messages(one).first()).toContainText("a typo");
  await expect(messages(one).first()).toContainText("(edited)");

  // Ben may not touch what Ann says; Ann owns the server.
  await say(one, "from the owner");
  await expect(messages(two)).toHaveCount(3);
  await messages(two).last().click({ button: "right" });
  await expect(two.getByRole("menuitem", { name: "Reply" })).toBeVisible();
  for (const name of ["Edit message", "Delete message"]) await expect(two.getByRole("menuitem", { name })).toHaveCount(0);
  await two.keyboard.press("Escape");
  await messages(one).nth(1).hover();
  await expect(messages(one).nth(1).getByRole("button", { name: "Edit message" })).toHaveCount(0);
  await inMessageMenu(messages(one).nth(1), "Delete message");
  await one.getByRole("dialog").getByRole("button", { name: "Delete message" }).click();
  for (const page of [one, two]) {
    await expect(messages(page)).toHaveCount(2);
    await expect(history(page)).not.toContainText("off topic");
  }
  await inMessageMenu(messages(two).first(), "Delete message");
  await two.getByRole("dialog").getByRole("button", { name: "Delete message" }).click();
  for (const page of [one, two]) await expect(messages(page)).toHaveCount(1);
  await one.reload();
  await settled(one);
  await expect(messages(one)).toHaveCount(1);
});

test("a message that was refused says so, is discarded and taken back, and is sent once when tried again", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  const sending = (url: URL) => url.pathname.endsWith("/messages");
  const refusal = { status: 403, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "refused", status: 403, code: "permission_denied", detail: "refused", missing: ["send_messages"] }) };
  await one.route(sending, (route) => (route.request().method() === "POST" ? route.fulfill(refusal) : route.continue()));
  await say(one, "into the wind");
  await expect(messages(one).last()).toContainText("Not sent: You need these permissions: Send messages.");
  await expect(messages(one).last()).toHaveAttribute("data-state", "failed");
  await say(one, "never mind");
  await expect(messages(one)).toHaveCount(2);
  await expect(messages(one).last()).toHaveAttribute("data-state", "failed");
  await messages(one).last().getByRole("button", { name: "Discard" }).click();
  await expect(messages(one)).toHaveCount(1);
  await one.locator(".toast").getByRole("button", { name: "Undo" }).click();
  await expect(messages(one)).toHaveCount(2);
  await expect(messages(one).last()).toHaveAttribute("data-state", "failed");
  await messages(one).last().getByRole("button", { name: "Edit", exact: true }).click();
  await expect(composer(one)).toHaveValue("never mind");
  await composer(one).fill("");
  await expect(messages(one)).toHaveCount(1);

  // This time it arrives, and only its answer is lost: the second try must not say it twice.
  await one.unroute(sending);
  let lost = 0;
  await one.route(sending, async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort();
  });
  await messages(one).last().getByRole("button", { name: "Try again" }).click();
  for (const page of [one, two]) {
    await expect(messages(page)).toHaveCount(1);
    await expect(messages(page).first()).toContainText("into the wind");
    await expect(page.locator("[data-state]")).toHaveCount(0);
  }
  expect(lost).toBe(1);
});

test("who wrote is seen by the colour of their role and the crown of the owner; what was given is taken back at once", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  await backend.say(ben, place, "hello");
  await backend.ask("POST", `/servers/${place.server}/roles`, { name: "Gardener", permissions: [], color: 0x2f8f4e }, ann.token);
  const page = await windows.as(ann, pathTo(place));
  await expect(members(page).getByRole("button", { name: ann.username })).toContainText("Owner");
  const tinted = messages(page).first().locator("header .tint");
  await expect(tinted).toHaveCount(0);
  await messages(page).first().locator("header").getByRole("button", { name: ben.username }).click();
  await card(page, ben.username).getByRole("button", { name: "Add role" }).click();
  await page.getByRole("menuitem", { name: "Gardener" }).click();
  await expect.poll(() => tinted.evaluateAll((all) => all.map((one) => (one as HTMLElement).style.getPropertyValue("--tint")))).toEqual(["#2f8f4e"]);
  await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
  await expect(tinted).toHaveCount(0);
});

test("an invitation counts who came by it while one looks", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden", { visibility: "private" });
  const code = await backend.invite(ann, place);
  const page = await windows.as(ann, `/s/${place.server}/settings/invitations`);
  const row = page.getByRole("list", { name: "Invitations" }).getByRole("listitem");
  await expect(row).toContainText("Not used yet");
  await expect(row).toContainText(`by ${ann.username}`);
  await backend.ask("POST", `/invitations/${code}/accept`, {}, ben.token);
  await expect(row).toContainText("Used once");
});
