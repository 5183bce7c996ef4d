/** What the page tells those who do not see it: its title, what changes, and where the focus is. */
import { channelLink, editor, inMessageMenu } from "./message";
import { composer, connected, expect, fillLogIn, history, inMenu, leaveSettings, messages, openPage, pathTo, PASSWORD, say, test } from "./test";

test("each page has a title that says what it is, and no two have the same", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const seen = new Set<string>();
  const page = await windows.open();
  const expectTitle = async (title: string) => {
    await expect(page).toHaveTitle(title);
    expect(seen, "each title is there once").not.toContain(title);
    seen.add(title);
  };
  await expectTitle("Create an account – Beep");
  await page.getByRole("button", { name: "Log in" }).first().click();
  await expectTitle("Welcome back – Beep");
  await page.goto(`/invite/${await backend.invite(ann, place)}`);
  await expectTitle("You are invited to Garden – Beep");
  await page.goto("/");
  await fillLogIn(page, ann.username, PASSWORD);
  await expect(page.locator(".shell")).toBeVisible();
  for (const [path, title] of [
    ["/home", "Home – Beep"],
    ["/friends", "All · Friends – Beep"],
    ["/friends/pending", "Pending · Friends – Beep"],
    ["/discover", "Discover servers – Beep"],
    ["/nothing", "There is nothing here – Beep"],
    [pathTo(place), "#general · Garden – Beep"],
    ["/settings/profile", `Your account · ${ann.username} – Beep`],
    ["/settings/sessions", `Sessions · ${ann.username} – Beep`],
    ["/settings/appearance", `Appearance · ${ann.username} – Beep`],
    [`/s/${place.server}/settings/overview`, "Overview · Garden – Beep"],
    [`/s/${place.server}/settings/roles`, "Roles · Garden – Beep"],
  ] as const) {
    await page.goto(path);
    await expectTitle(title);
  }
});

test("each page has one main part and one heading of the first level, and says its language", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.open();
  const expectOne = async () => {
    await expect(page.getByRole("main")).toHaveCount(1);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expect(page.locator("html")).toHaveAttribute("lang", /^en/);
  };
  await expectOne();
  await page.goto(`/invite/${await backend.invite(ann, place)}`);
  await expect(page.getByRole("heading", { name: "You are invited to Garden" })).toBeVisible();
  await expectOne();
  await page.goto("/");
  await fillLogIn(page, ann.username, PASSWORD);
  await expect(page.locator(".shell")).toBeVisible();
  for (const path of ["/home", "/friends", "/discover", "/nothing", pathTo(place), "/settings/profile", `/s/${place.server}/settings/roles`]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    await expectOne();
  }
});

test("what changes is told politely, what went wrong at once", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const page = await windows.open();
  await fillLogIn(page, ann.username, "not the password");
  await expect(page.getByRole("alert")).toHaveText("Wrong username or password.");
  await fillLogIn(page, ann.username, PASSWORD);
  await expect(page.locator(".shell")).toBeVisible();
  await page.goto(pathTo(place));
  await connected(page);

  // What others say, change and take back is added to a log that was there before.
  const log = page.getByRole("log");
  await expect(log).toBeAttached();
  const id = await backend.say(ben, place, "ripe tomatoes");
  await expect(log).toHaveText(`${ben.username}: ripe tomatoes`);
  await backend.ask("PATCH", `/channels/${place.channel}/messages/${id}`, { content: "ripe cherries" }, ben.token);
  await expect(log).toContainText("ripe cherries");
  await backend.ask("DELETE", `/channels/${place.channel}/messages/${id}`, undefined, ben.token);
  await expect(log.locator("p")).toHaveCount(3);

  // So is what was done.
  const status = page.locator(".toasts[role=status]");
  await expect(status).toBeAttached();
  await say(page, "mine");
  await expect(page.locator("[data-state]")).toHaveCount(0);
  await composer(page).press("ArrowUp");
  await editor(page).fill("mine, changed");
  await editor(page).press("Escape");
  await expect(status).not.toBeEmpty();

  await backend.kill();
  await expect(page.getByRole("status").filter({ hasText: "No connection." })).toHaveText("No connection. Trying again; nothing is lost.");
  await backend.run();
  await expect(page.getByRole("status").filter({ hasText: "Connected again; everything is here." })).toBeVisible({ timeout: 60_000 });
});

test("the focus is where one goes on: after a click, a dialog, a change and the settings", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.ask("POST", `/servers/${place.server}/channels`, { name: "harvest" }, ann.token);
  for (const text of ["first", "second"]) await backend.say(ann, place, text);
  const page = await windows.as(ann, pathTo(place));
  await channelLink(page, "harvest").click();
  await expect(composer(page)).toBeFocused();
  await channelLink(page, "general").click();
  await expect(composer(page)).toBeFocused();

  await inMessageMenu(messages(page).first(), "Edit message");
  await expect(editor(page)).toBeFocused();
  await editor(page).fill("first, changed");
  await editor(page).press("Enter");
  await expect(composer(page)).toBeFocused();
  await inMessageMenu(messages(page).last(), "Reply");
  await expect(composer(page)).toBeFocused();
  await page.keyboard.press("Escape");

  await inMessageMenu(messages(page).last(), "Delete message");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  // Whoever goes on with the tab key stays in the dialog.
  for (let pressed = 0; pressed < 6; pressed += 1) {
    await page.keyboard.press("Tab");
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  }
  await dialog.getByRole("button", { name: "Delete message" }).click();
  await expect(messages(page)).toHaveCount(1);
  await expect.poll(() => page.evaluate(() => document.activeElement !== document.body), "the focus is not lost with what had it").toBe(true);

  await inMenu(page, "Server settings");
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeFocused();
  await openPage(page, "Roles");
  await leaveSettings(page);
  await expect(history(page)).toBeVisible();
  await expect(composer(page)).toBeFocused();
});
