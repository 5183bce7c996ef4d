/** What one does with servers, roles, channels and messages; and that others see it at once. */
import { composer, expect, history, messages, pathTo, say, settled, test } from "./test";

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

  await two.getByRole("link", { name: "Server settings" }).click();
  await expect(two.getByText("This takes the permission “Manage server”, which you do not have.")).toBeVisible();
  await expect(two.getByRole("button", { name: "Delete server" })).toHaveCount(0);
  await two.getByRole("button", { name: "Leave server" }).click();
  await two.getByRole("dialog").getByRole("button", { name: "Leave server" }).click();
  await expect(two.getByRole("heading", { name: "Welcome to Beep" })).toBeVisible();
  await expect(two.getByRole("navigation", { name: "Servers" }).getByRole("link", { name: "Lighthouse keepers" })).toHaveCount(0);
  await expect(one.getByRole("heading", { name: "1 member" })).toBeVisible();

  await two.goto("/discover");
  await two.getByLabel("Search public servers").fill("nobody has this name");
  await expect(two.getByText("No public server found.")).toBeVisible();
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
  await one.getByRole("dialog").getByRole("button", { name: "Delete server" }).click();
  await expect(one.getByRole("heading", { name: "Welcome to Beep" })).toBeVisible();
  await expect(two.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
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
  await expect(one.getByText("Saved.")).toBeVisible();
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

  await one.getByRole("tab", { name: "Roles" }).click();
  await one.getByRole("button", { name: "Create role" }).click();
  await expect(one.getByRole("form", { name: "New role" })).toBeVisible();
  await one.getByRole("textbox", { name: "Name" }).fill("Carpenter");
  await one.getByRole("checkbox", { name: "Manage channels" }).check();
  await one.getByRole("button", { name: "Save" }).click();
  await one.getByRole("button", { name: "Carpenter" }).click();
  await expect(one.getByRole("checkbox", { name: "Manage channels" })).toBeChecked();

  await one.getByRole("link", { name: "general" }).click();
  const members = one.getByRole("complementary", { name: "Members" });
  await members.getByRole("button", { name: ben.username }).click();
  await one.getByRole("dialog").getByRole("checkbox", { name: "Carpenter" }).check();
  await expect(two.getByRole("button", { name: "Create channel" })).toBeVisible();
  await expect(members).toContainText("Carpenter");

  // Who has the role may not give more than it holds, nor touch who ranks above.
  await two.getByRole("complementary", { name: "Members" }).getByRole("button", { name: ann.username }).click();
  await expect(two.getByRole("dialog").getByRole("checkbox", { name: "Carpenter" })).toBeDisabled();
  await two.getByRole("dialog").getByRole("button", { name: "Close" }).click();

  await two.getByRole("button", { name: "Create channel" }).click();
  await two.getByRole("dialog").getByLabel("Name").fill("sawdust");
  await two.getByRole("dialog").getByRole("button", { name: "Create channel" }).click();
  await expect(two.getByRole("heading", { name: "sawdust", level: 1 })).toBeVisible();
  await expect(one.getByRole("link", { name: "sawdust" })).toBeVisible();

  await one.getByRole("dialog").getByRole("checkbox", { name: "Carpenter" }).uncheck();
  await expect(two.getByRole("button", { name: "Create channel" })).toHaveCount(0);
  await one.getByRole("dialog").getByRole("button", { name: "Close" }).click();

  await one.getByRole("link", { name: "Server settings" }).click();
  await one.getByRole("tab", { name: "Roles" }).click();
  await one.getByRole("button", { name: "Carpenter" }).click();
  await one.getByRole("button", { name: "Delete role" }).click();
  await one.getByRole("dialog").getByRole("button", { name: "Delete role" }).click();
  await expect(one.getByRole("button", { name: "Carpenter" })).toHaveCount(0);
});

test("an override denies, allows and leaves alone, live; a deleted channel says that it is gone", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Notice board");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await one.getByRole("button", { name: "Channel settings" }).click();
  const sending = one.getByRole("group", { name: "Send messages" });
  await sending.getByLabel("Deny").check();
  await expect(composer(two)).toBeDisabled();
  await one.getByLabel("For whom").selectOption({ label: ben.username });
  await sending.getByLabel("Allow").check();
  await expect(composer(two)).toBeEnabled();
  await sending.getByLabel("As in the server").check();
  await expect(composer(two)).toBeDisabled();
  await one.getByLabel("For whom").selectOption({ index: 0 });
  await one.getByRole("group", { name: "View channels" }).getByLabel("Deny").check();
  await expect(two.getByRole("link", { name: "general" })).toHaveCount(0);
  await expect(two.getByRole("heading", { name: "This channel is not here" })).toBeVisible();
  await one.getByRole("group", { name: "View channels" }).getByLabel("As in the server").check();
  await sending.getByLabel("As in the server").check();
  await expect(composer(two)).toBeEnabled();

  await one.getByLabel("Topic").fill("Lost and found");
  await one.getByLabel("Name").fill("notices");
  await one.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(two.getByRole("heading", { name: "notices", level: 1 })).toBeVisible();
  await expect(two.getByText("Lost and found").first()).toBeVisible();

  await one.getByRole("button", { name: "Channel settings" }).click();
  await one.getByRole("button", { name: "Delete channel" }).click();
  await one.getByRole("dialog").last().getByRole("button", { name: "Delete channel" }).click();
  await expect(two.getByRole("heading", { name: "This channel is not here" })).toBeVisible();
  await expect(one.getByRole("dialog")).toHaveCount(0);
});

test("one person is invited by name, sees it at once, declines, is invited again, accepts, and talks", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Greenhouse", { visibility: "private" });
  const [one, two] = [await windows.as(ann, `/s/${place.server}/settings`), await windows.as(ben)];
  const waiting = two.getByRole("button", { name: "1 invitation for you" });
  const none = two.getByRole("button", { name: "Invitations for you" });
  await expect(none).toBeVisible();

  await one.getByRole("tab", { name: "Invitations" }).click();
  const who = one.getByRole("textbox", { name: "Who", exact: true });
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
  await expect(pending).toContainText("Waits for an answer");
  await expect(two.getByRole("status").filter({ hasText: "You are invited to Greenhouse" })).toHaveCount(1);
  await waiting.click();
  const dialog = two.getByRole("dialog", { name: "Invitations for you" });
  await expect(dialog.getByRole("heading", { name: "Greenhouse" })).toBeVisible();
  await expect(dialog.getByRole("listitem")).toContainText(`1 member · invited by ${ann.username}`);
  await dialog.getByRole("button", { name: "Decline the invitation to Greenhouse" }).click();
  await expect(dialog.getByText("There is none at the moment.")).toBeVisible();
  await expect(two.locator("body"), "the focus is not lost with what it was on").not.toBeFocused();
  await two.keyboard.press("Escape");
  await expect(none).toBeFocused();
  await one.reload();
  await one.getByRole("tab", { name: "Invitations" }).click();
  await expect(one.getByText("There is no invitation.")).toBeVisible();

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
  await one.getByRole("link", { name: "general" }).click();
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
  await messages(two).last().hover();
  await expect(messages(two).last().getByRole("button")).toHaveCount(0);
  await messages(one).nth(1).hover();
  await expect(messages(one).nth(1).getByRole("button", { name: "Edit message" })).toHaveCount(0);
  await messages(one).nth(1).getByRole("button", { name: "Delete message" }).click();
  await one.getByRole("dialog").getByRole("button", { name: "Delete message" }).click();
  for (const page of [one, two]) {
    await expect(messages(page)).toHaveCount(2);
    await expect(history(page)).not.toContainText("off topic");
  }
  await messages(two).first().hover();
  await messages(two).first().getByRole("button", { name: "Delete message" }).click();
  await two.getByRole("dialog").getByRole("button", { name: "Delete message" }).click();
  for (const page of [one, two]) await expect(messages(page)).toHaveCount(1);
  await one.reload();
  await settled(one);
  await expect(messages(one)).toHaveCount(1);
});

test("a message that could not be sent says so, and is sent once when tried again", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  const sending = (url: URL) => url.pathname.endsWith("/messages");
  await one.route(sending, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await say(one, "into the wind");
  await expect(messages(one).last()).toHaveAttribute("data-state", "sending");
  await expect(messages(one).last()).toContainText("Not sent", { timeout: 45_000 });
  await expect(messages(one).last()).toHaveAttribute("data-state", "failed");
  await say(one, "never mind");
  await expect(messages(one).last()).toContainText("Not sent", { timeout: 45_000 });
  await messages(one).last().getByRole("button", { name: "Discard" }).click();
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
