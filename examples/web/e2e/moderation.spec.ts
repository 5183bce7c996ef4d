/** What moderators and administrators do, and what those see whom it concerns. */
import { composer, expect, inMenu, openPage, pathTo, say, messages, test, type Page } from "./test";

const card = (page: Page, name: string) => page.getByRole("dialog", { name, exact: true });
const members = (page: Page) => page.getByRole("complementary", { name: "Members" });

test("somebody is removed, told so, comes back, is banned with what they said, and the ban is lifted", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Harbour");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await say(two, "buy my boats");
  await expect(messages(one)).toHaveCount(1);

  await members(one).getByRole("button", { name: ben.username }).click();
  await card(one, ben.username).getByRole("button", { name: "Remove", exact: true }).click();
  const asking = one.getByRole("dialog", { name: `Remove ${ben.username}` });
  await asking.getByLabel("Reason").fill("Advertising");
  await asking.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(members(one).getByRole("button", { name: ben.username })).toHaveCount(0);
  await expect(two.getByRole("heading", { name: "You were removed from Harbour" })).toBeVisible();
  await expect(two).toHaveTitle(/^There is nothing here/);

  await backend.join(ben, place);
  await expect(members(one).getByRole("button", { name: ben.username })).toBeVisible();
  await members(one).getByRole("button", { name: ben.username }).click();
  await card(one, ben.username).getByRole("button", { name: "Ban", exact: true }).click();
  const banning = one.getByRole("dialog", { name: `Ban ${ben.username}` });
  await banning.getByLabel("Reason").fill("Advertising again");
  await banning.getByRole("button", { name: /Delete their messages/ }).click();
  await one.getByRole("option", { name: "Of the last hour" }).click();
  await banning.getByRole("button", { name: "Ban", exact: true }).click();
  await expect(two.getByRole("heading", { name: "You were banned from Harbour" })).toBeVisible();
  await expect(messages(one)).toHaveCount(0);

  await inMenu(one, "Server settings");
  await openPage(one, "Bans");
  const row = one.getByRole("list", { name: "Bans" }).getByRole("listitem");
  await expect(row).toContainText("Advertising again");
  await expect(row).toContainText(`by ${ann.username}`);
  await row.getByRole("button", { name: `Lift ban of ${ben.username}` }).click();
  await expect(one.getByText("Nobody is banned")).toBeVisible();
  await backend.join(ben, place);
  await two.goto(pathTo(place));
  await expect(composer(two)).toBeEnabled();
});

test("what one writes in a role stays while somebody else changes it, and is not lost by leaving", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Workshop");
  const role = await backend.ask<{ id: string; version: number }>("POST", `/servers/${place.server}/roles`, { name: "Smith", permissions: [], color: 0x2f8f4e }, ann.token);
  const page = await windows.as(ann, `/s/${place.server}/settings/roles`);
  await page.getByRole("row", { name: "Smith" }).click();
  const name = page.getByRole("form", { name: "Smith" }).getByRole("textbox", { name: "Name" });
  await name.fill("Blacksmith");
  await backend.ask("PATCH", `/servers/${place.server}/roles/${role.id}`, { permissions: ["manage_messages"], version: role.version }, ann.token);
  await expect(page.getByRole("switch", { name: "Manage messages" })).toBeChecked();
  await expect(name).toHaveValue("Blacksmith");

  await page.getByRole("link", { name: "Overview" }).click();
  await expect(page.getByRole("heading", { name: "Roles", level: 1 })).toBeVisible();
  await expect(page.getByRole("button", { name: "Reset" })).toBeFocused();
  await expect(page.getByRole("link", { name: "Overview" }), "the page scrolls beside the list of pages").toBeInViewport();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: "Blacksmith" })).toBeVisible();
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
});

test("roles are put into order by the keyboard, and the order holds", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Workshop");
  for (const name of ["First", "Second", "Third"]) await backend.ask("POST", `/servers/${place.server}/roles`, { name, permissions: [] }, ann.token);
  const page = await windows.as(ann, `/s/${place.server}/settings/roles`);
  const names = () => page.getByRole("grid", { name: "Roles" }).getByRole("row").locator("bdi").allInnerTexts();
  await expect.poll(names).toEqual(["First", "Second", "Third", "everyone"]);
  await page.getByRole("row", { name: "Third" }).click();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("button", { name: "Move Third" })).toBeFocused();
  for (const key of ["Enter", "ArrowUp", "ArrowUp"]) {
    await page.keyboard.press(key);
    await expect(page.locator(":focus")).toHaveAttribute("aria-roledescription", "drop indicator");
  }
  await page.keyboard.press("Enter");
  const order = ["First", "Third", "Second", "everyone"];
  await expect.poll(names).toEqual(order);
  await page.reload();
  await expect.poll(names).toEqual(order);
});

test("a private channel is made in one step, and only who is added sees it", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Attic");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await one.getByRole("button", { name: "Create channel" }).click();
  await one.getByRole("dialog").getByLabel("Name").fill("presents");
  await one.getByRole("switch", { name: "Private channel" }).check();
  await one.getByRole("dialog").getByRole("button", { name: "Create channel" }).click();
  await expect(one.getByRole("heading", { name: "presents", level: 1 })).toBeVisible();
  await expect(two.getByRole("link", { name: "presents" })).toHaveCount(0);
  await one.getByRole("button", { name: "Channel settings" }).click();
  await one.getByRole("tab", { name: "Permissions" }).click();
  await one.getByRole("button", { name: "Add a role or member" }).click();
  await one.getByRole("list", { name: "Found" }).getByRole("button", { name: ben.username }).click();
  await one.getByRole("group", { name: "View channels" }).getByLabel("Allow", { exact: true }).check();
  await expect(two.getByRole("link", { name: "presents" })).toBeVisible();
});

test("what is chosen in an override while another choice is being saved is saved as well", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Attic");
  const page = await windows.as(ann, pathTo(place));
  const saving: (() => void)[] = [];
  await page.route(/\/overrides\/role\//, async (route) => {
    await new Promise<void>((resolve) => saving.push(resolve));
    await route.continue();
  });
  await page.getByRole("button", { name: "Channel settings" }).click();
  await page.getByRole("tab", { name: "Permissions" }).click();
  const choice = (permission: string, state: string) => page.getByRole("group", { name: permission }).getByLabel(state, { exact: true });
  await choice("Send messages", "Deny").check();
  await choice("Attach files", "Deny").check();
  await choice("Manage messages", "Allow").check();
  await choice("Attach files", "Allow").check();
  await expect.poll(() => saving.length).toBe(1);
  saving[0]!();
  await expect.poll(() => saving.length).toBe(2);
  saving[1]!();
  const overridden = async () => (await backend.ask<{ overrides: Record<string, { allow: string[]; deny: string[] }> }>("GET", `/channels/${place.channel}`, undefined, ann.token)).overrides[`role:${place.everyone}`];
  await expect.poll(overridden).toEqual({ allow: expect.arrayContaining(["manage_messages", "attach_files"]), deny: ["send_messages"] });
  for (const [permission, state] of [["Send messages", "Deny"], ["Attach files", "Allow"], ["Manage messages", "Allow"]] as const) await expect(choice(permission, state)).toBeChecked();
});

test("one sees a server as a role does", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Attic");
  const { id } = await backend.ask<{ id: string }>("POST", `/servers/${place.server}/channels`, { name: "cellar" }, ann.token);
  await backend.ask("PUT", `/channels/${id}/overrides/role/${place.everyone}`, { allow: [], deny: ["view_channels"] }, ann.token);
  const page = await windows.as(ann, `/s/${place.server}/settings/roles`);
  await page.getByRole("button", { name: "View as role" }).click();
  const preview = page.getByRole("dialog", { name: /^Viewing as/ });
  await expect(preview.getByRole("listitem").filter({ hasText: "general" })).toContainText("Can read and write");
  await expect(preview.getByRole("listitem").filter({ hasText: "cellar" })).toContainText("Hidden");
});

test("more members than a page holds: each is found, for an override too", async ({ backend, windows }) => {
  test.setTimeout(180_000);
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Stadium");
  const people = [];
  for (let number = 0; number < 104; number += 1) people.push(await backend.person("fan"));
  await Promise.all(people.map((person) => backend.join(person, place)));
  const last = people.at(-1)!.username;
  const page = await windows.as(ann, pathTo(place));
  await members(page).getByLabel("Search members").fill(last);
  await expect(members(page).getByRole("button", { name: last })).toBeVisible();
  await page.getByRole("button", { name: "Channel settings" }).click();
  await page.getByRole("tab", { name: "Permissions" }).click();
  await page.getByRole("button", { name: "Add a role or member" }).click();
  await page.getByRole("searchbox", { name: "Search roles and members" }).fill(last);
  await page.getByRole("list", { name: "Found" }).getByRole("button", { name: last }).click();
  await page.getByRole("group", { name: "Send messages" }).getByLabel("Deny").check();
  await expect(page.getByRole("radio", { name: last })).toBeChecked();
  const overridden = async () => {
    const channel = await backend.ask<{ overrides: Record<string, unknown> }>("GET", `/channels/${place.channel}`, undefined, ann.token);
    return Object.keys(channel.overrides);
  };
  await expect.poll(overridden).toEqual([`member:${people.at(-1)!.id}`]);
});

test("sessions are listed, and another one is signed out", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const [one, two] = [await windows.as(ann, "/settings/sessions"), await windows.as(ann)];
  await one.reload();
  const rows = one.getByRole("list", { name: "Sessions" }).getByRole("listitem");
  await expect(rows.first()).toContainText("This device");
  await one.getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(rows).toHaveCount(1);
  await expect(two.getByText("Your session ended.")).toBeVisible();
});

test("whoever creates an empty server is offered a channel", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Bare", { template: "empty" });
  const page = await windows.as(ann, `/s/${place.server}`);
  await expect(page.getByRole("heading", { name: "This server has no channels yet" })).toBeVisible();
  await page.getByRole("main").getByRole("button", { name: "Create channel" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("first");
  await page.getByRole("dialog").getByRole("button", { name: "Create channel" }).click();
  await expect(page.getByRole("heading", { name: "first", level: 1 })).toBeVisible();
});

test("channels are put into order by the keyboard, for everybody at once", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Workshop");
  await backend.join(ben, place);
  for (const name of ["tools", "wood"]) await backend.ask("POST", `/servers/${place.server}/channels`, { name }, ann.token);
  const [one, two] = [await windows.as(ann, `/s/${place.server}/settings/channels`), await windows.as(ben, pathTo(place))];
  const names = () => one.getByRole("grid", { name: "Channels" }).getByRole("row").evaluateAll((rows) => rows.map((row) => row.querySelector("bdi")?.textContent));
  await expect.poll(names).toEqual(["general", "tools", "wood"]);
  await one.getByRole("row", { name: "wood" }).focus();
  await one.keyboard.press("ArrowRight");
  await expect(one.getByRole("button", { name: "Move wood" })).toBeFocused();
  for (const key of ["Enter", "ArrowUp", "ArrowUp"]) {
    await one.keyboard.press(key);
    await expect(one.locator(":focus")).toHaveAttribute("aria-roledescription", "drop indicator");
  }
  await one.keyboard.press("Enter");
  await expect.poll(names).toEqual(["general", "wood", "tools"]);
  await expect.poll(() => two.locator(".channels a").evaluateAll((links) => links.map((link) => link.querySelector("bdi")?.textContent))).toEqual(["general", "wood", "tools"]);
});

test("roles are put into order with the mouse, and stay so", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Workshop");
  for (const name of ["Smiths", "Joiners", "Masters"]) await backend.ask("POST", `/servers/${place.server}/roles`, { name, permissions: [] }, ann.token);
  const page = await windows.as(ann, `/s/${place.server}/settings/roles`);
  const rows = page.getByRole("grid", { name: "Roles" }).getByRole("row");
  const names = () => rows.evaluateAll((all) => all.map((row) => row.querySelector("bdi")?.textContent));
  await expect.poll(names).toContain("Masters");
  const before = (await names()).filter((name) => name !== "everyone");
  const [first, last] = [before[0]!, before.at(-1)!];
  await page.getByRole("row", { name: last }).dragTo(page.getByRole("row", { name: first }), { targetPosition: { x: 60, y: 3 } });
  const after = [last, ...before.filter((name) => name !== last)];
  const roles = async () => (await names()).filter((name) => name !== "everyone");
  await expect.poll(roles).toEqual(after);
  await page.reload();
  await expect.poll(roles).toEqual(after);
});

test("channels are grouped under categories, which close for oneself and say that something is new", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Attic");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  const form = one.getByRole("dialog");
  await one.getByRole("button", { name: "Create channel" }).click();
  await form.getByRole("radio", { name: /Category/ }).check();
  await form.getByLabel("Name").fill("Boxes");
  await form.getByRole("button", { name: "Create category" }).click();
  const boxes = two.getByRole("button", { name: "Boxes" });
  await expect(boxes).toHaveAttribute("aria-expanded", "true");
  await one.getByRole("button", { name: "Create channel" }).click();
  await form.getByLabel("Name").fill("photos");
  await form.getByRole("button", { name: /Category/ }).click();
  await one.getByRole("option", { name: "Boxes" }).click();
  await form.getByRole("button", { name: "Create channel" }).click();
  const photos = two.locator(".category").getByRole("link", { name: "photos" });
  await expect(photos).toBeVisible();
  await boxes.click();
  await expect(photos).toHaveCount(0);
  await composer(one).fill("found them");
  await composer(one).press("Enter");
  await expect(boxes).toContainText("1 channel");
  await two.reload();
  await expect(boxes).toHaveAttribute("aria-expanded", "false");
  await boxes.click();
  await photos.click();
  await expect(messages(two).last()).toContainText("found them");
  await expect(boxes).not.toContainText("1 channel");
});

test("somebody is muted for a while, is told until when, and may write again when the mute is ended", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Harbour");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await composer(two).fill("half a thought");
  const row = members(one).getByRole("button", { name: ben.username });
  await row.click({ button: "right" });
  await one.getByRole("menuitem", { name: "Mute" }).click();
  const asking = one.getByRole("dialog", { name: `Mute ${ben.username}` });
  await asking.getByRole("button", { name: /For how long/ }).click();
  await one.getByRole("option", { name: "1 hour" }).click();
  await asking.getByRole("button", { name: "Mute", exact: true }).click();
  await expect(one.locator(".toast")).toContainText(`${ben.username} is muted.`);
  await expect(two.locator(".composer")).toContainText(/You are muted until/);
  await expect(composer(two)).toHaveValue("half a thought");
  await expect(composer(two)).not.toBeEditable();
  await row.click();
  await expect(card(one, ben.username)).toContainText("Muted until");
  await card(one, ben.username).getByRole("button", { name: "More actions" }).click();
  await one.getByRole("menuitem", { name: "Unmute" }).click();
  await expect(one.locator(".toast").last()).toContainText(`${ben.username} can write again.`);
  await expect(composer(two)).toBeEditable();
  await composer(two).press("Enter");
  await expect(messages(one).last()).toContainText("half a thought");
});

test("one chooses what one is called in a server, and who may what others are called", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Harbour");
  await backend.join(ben, place);
  await backend.say(ben, place, "hello");
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await inMenu(two, "Change nickname");
  await two.getByRole("dialog").getByLabel("Nickname").fill("Benny");
  await two.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  for (const page of [one, two]) {
    await expect(members(page).getByRole("button", { name: "Benny" })).toBeVisible();
    await expect(messages(page).first().locator("header")).toContainText("Benny");
  }
  // Nobody without the permission renames others; who has it takes a nickname away.
  await members(two).getByRole("button", { name: ann.username }).click({ button: "right" });
  await expect(two.getByRole("menuitem", { name: "Copy ID" })).toBeVisible();
  await expect(two.getByRole("menuitem", { name: "Change nickname" })).toHaveCount(0);
  await members(one).getByRole("button", { name: "Benny" }).click({ button: "right" });
  await one.getByRole("menuitem", { name: "Change nickname" }).click();
  await expect(one.getByRole("dialog").getByLabel("Nickname")).toHaveValue("Benny");
  await one.getByRole("dialog").getByLabel("Nickname").fill("");
  await one.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(members(one).getByRole("button", { name: ben.username })).toBeVisible();
});

test("a server is handed over, with the password, to a member of the same backend", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Harbour");
  await backend.join(ben, place);
  const page = await windows.as(ann, `/s/${place.server}/settings`);
  await page.getByRole("button", { name: "Hand over server" }).click();
  const dialog = page.getByRole("dialog", { name: "Hand over server" });
  await dialog.getByLabel("New owner").fill(ben.username);
  await dialog.getByRole("list", { name: "Found" }).getByRole("button", { name: ben.username }).click();
  await expect(dialog).toContainText(`${ben.username} becomes the owner of Harbour.`);
  await dialog.getByLabel("Password").fill("not the password");
  await dialog.getByRole("button", { name: "Hand over server" }).click();
  await expect(dialog).toContainText("Wrong password.");
  await dialog.getByLabel("Password").fill("correct horse battery");
  await dialog.getByRole("button", { name: "Hand over server" }).click();
  await expect(page.locator(".toast")).toContainText(`${ben.username} is the owner now.`);
  await expect(page.getByRole("button", { name: "Leave server" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Hand over server" })).toHaveCount(0);
});

test("a role that is a section is one in the list, and one that may be mentioned is offered to all", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Harbour");
  await backend.join(ben, place);
  const { id } = await backend.ask<{ id: string }>("POST", `/servers/${place.server}/roles`, { name: "Pilots", permissions: [] }, ann.token);
  await backend.ask("PUT", `/servers/${place.server}/members/${ben.id}/roles/${id}`, {}, ann.token);
  const [one, two] = [await windows.as(ann, `/s/${place.server}/settings/roles`), await windows.as(ben, pathTo(place))];
  await expect(members(two).getByRole("heading", { level: 3 })).toHaveText(["Online 2"]);
  await composer(two).pressSequentially("@Pil");
  await expect(two.getByRole("option")).toHaveCount(0);
  await one.getByRole("row", { name: "Pilots" }).click();
  for (const name of ["Show members separately", "Anybody can mention this role"]) await one.getByRole("switch", { name }).check();
  await one.getByRole("button", { name: "Save" }).click();
  await expect(members(two).getByRole("heading", { level: 3 })).toHaveText(["Pilots 1", "Online 1"]);
  await expect(two.getByRole("option", { name: "Pilots" })).toBeVisible();
});
