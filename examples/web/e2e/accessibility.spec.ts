/** Everybody can use it: what axe finds on each page in every theme, and the whole way with the keyboard alone. */
import { audit } from "./audit";
import { inMessageMenu } from "./message";
import { composer, expect, fillLogIn, messages, openPage, pathTo, PASSWORD, say, test, type Locator, type Page } from "./test";

test("axe finds nothing grave on any page before one is signed in", async ({ backend, windows }) => {
  test.setTimeout(240_000);
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.open();
  await audit(page, "sign-up");
  await fillLogIn(page, "nobody", "wrong password");
  await expect(page.getByRole("alert")).not.toBeEmpty();
  await audit(page, "login that failed");
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByLabel("Mail address").fill(`${backend.free("zoe")}@example.com`);
  await page.getByLabel("Username").fill(ann.username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.locator("form").getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByText("That username is taken.").first()).toBeVisible();
  await audit(page, "sign-up that failed");
  await page.getByLabel("Username").fill(backend.free("zoe"));
  await page.locator("form").getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
  await audit(page, "code");
  await page.goto(`/invite/${await backend.invite(ann, place)}`);
  await expect(page.getByRole("heading", { name: "You are invited to Garden" })).toBeVisible();
  await audit(page, "invitation");
  await page.goto("/invite/none");
  await expect(page.getByRole("heading", { name: "This invitation is no longer valid" })).toBeVisible();
  await audit(page, "dead invitation");
});

test("axe finds nothing grave on any page and in any dialog of who is signed in", async ({ backend, windows }) => {
  test.setTimeout(600_000);
  const [ann, ben, cleo] = [await backend.person("ann"), await backend.person("ben"), await backend.person("cleo")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const hidden = await backend.place(ben, "Hideout", { visibility: "private", description: "Not for everybody" });
  await backend.ask("POST", `/servers/${hidden.server}/invitations`, { user: ann.id }, ben.token);
  await backend.ask("POST", `/servers/${place.server}/roles`, { name: "Gardener", permissions: [], color: 0x2f8f4e }, ann.token);
  for (const text of ["**bold** and `code`", "> quoted\nwith https://example.org", "```\nblock\n```"]) {
    const said = await backend.say(ben, place, text);
    await backend.ask("PUT", `/channels/${place.channel}/pins/${said}`, {}, ann.token);
  }
  const page = await windows.as(ann);
  await audit(page, "home");
  for (const [path, heading] of [["/discover", "Discover servers"], ["/nothing", "There is nothing here"], ["/invite/none", "This invitation is no longer valid"]] as const) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: heading })).toBeVisible();
    await audit(page, path);
  }
  await page.goto(pathTo(place));
  await expect(messages(page)).toHaveCount(3);
  await say(page, "mine");
  await expect(messages(page)).toHaveCount(4);
  await expect(page.locator("[data-state]")).toHaveCount(0);
  const edit = messages(page).last().getByRole("button", { name: "Edit message" });
  await messages(page).last().hover();
  await expect(edit).toBeVisible();
  await audit(page, "conversation");
  // What looks for faults has scrolled.
  await messages(page).last().hover();
  await edit.click();
  await audit(page, "editing");
  await page.keyboard.press("Escape");
  await inMessageMenu(messages(page).last(), "Delete message");
  await expect(page.getByRole("dialog")).toBeVisible();
  await audit(page, "delete a message");
  await page.keyboard.press("Escape");
  await expect(messages(page).last()).toBeFocused();
  for (const [name, opener] of [
    ["pinned messages", page.getByRole("button", { name: "Pinned messages" })],
    ["channel", page.getByRole("button", { name: "Channel settings" })],
    ["create a channel", page.getByRole("button", { name: "Create channel" })],
    ["invitations for oneself", page.getByRole("button", { name: "1 invitation for you" })],
    ["create a server", page.getByRole("button", { name: "Create a server" })],
    ["invite people", page.getByRole("button", { name: "Invite people" })],
    ["member", page.getByRole("complementary", { name: "Members" }).getByRole("button", { name: ben.username })],
  ] as const) {
    await opener.click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await audit(page, name);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(opener, `${name} gives the focus back`).toBeFocused();
  }
  await page.locator(".server-head").click();
  await expect(page.getByRole("menu")).toBeVisible();
  await audit(page, "menu of a server");
  await page.keyboard.press("Escape");
  for (const key of ["Control+k", "Control+/"]) {
    await page.keyboard.press(key);
    await expect(page.getByRole("dialog")).toBeVisible();
    await audit(page, key);
    await page.keyboard.press("Escape");
  }
  for (const name of ["Sessions", "Appearance", "Notifications", "Keyboard shortcuts"]) {
    await page.goto("/settings/profile");
    await openPage(page, name);
    await audit(page, name);
  }
  await page.goto(`/s/${place.server}/settings`);
  await audit(page, "settings");
  for (const name of ["Channels", "Members", "Bans"]) {
    await openPage(page, name);
    await audit(page, name);
  }
  await openPage(page, "Roles");
  await page.getByRole("row", { name: "Gardener" }).click();
  await audit(page, "roles");
  await openPage(page, "Invitations");
  await page.getByRole("button", { name: "Create invitation" }).click();
  await expect(page.getByLabel("Invitation link").first()).toBeVisible();
  await audit(page, "invitations");
  await page.getByRole("textbox", { name: "Username", exact: true }).fill(cleo.username);
  await expect(page.getByRole("button", { name: `Invite ${cleo.username}` })).toBeVisible();
  await audit(page, "somebody found");
  await page.getByRole("button", { name: `Invite ${cleo.username}` }).click();
  await expect(page.getByRole("list", { name: "Invitations" }).getByText("Invited")).toBeVisible();
  await audit(page, "somebody invited");

  // What somebody sees who may do little.
  const other = await windows.as(ben, `/s/${place.server}/settings`);
  await audit(other, "settings of a member");
  await openPage(other, "Roles");
  await audit(other, "roles of a member");
  const everyone = await backend.ask<{ items: { id: string; everyone: boolean; version: number }[] }>("GET", `/servers/${place.server}/roles`, undefined, ann.token);
  const role = everyone.items.find((one) => one.everyone)!;
  await backend.ask("PATCH", `/servers/${place.server}/roles/${role.id}`, { permissions: ["view_channels"], version: role.version }, ann.token);
  await other.goto(pathTo(place));
  await expect(composer(other)).toBeDisabled();
  await audit(other, "conversation of who may not write");
  await backend.kill();
  await expect(other.getByText("No connection.")).toBeVisible();
  await audit(other, "offline");
  await backend.run();
});

/** Presses the tab key until the focus is on it, and sees that the focus shows. */
async function tabTo(page: Page, target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  for (let pressed = 0; pressed < 60; pressed += 1) {
    if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) {
      const seen = await target.evaluate((element) => {
        // Some fields show it on the box around them.
        for (let one: Element | null = element; one; one = one.parentElement) {
          const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
          if ((outlineStyle !== "none" && outlineWidth !== "0px") || (one !== element && boxShadow !== "none" && one.matches(":focus-within"))) return true;
        }
        return false;
      });
      expect(seen, `the focus is seen on ${target}`).toBe(true);
      return;
    }
    await page.keyboard.press(key);
  }
  throw new Error(`the tab key never reaches ${target}`);
}

test("signing in, making a server, talking, editing, deleting, changing a role: with the keyboard alone", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const page = await windows.open();
  const { keyboard } = page;
  await tabTo(page, page.getByRole("button", { name: "Log in" }).first(), "Shift+Tab");
  await keyboard.press("Enter");
  await expect(page.getByLabel("Username or mail address")).toBeFocused();
  await keyboard.type(ann.username);
  await keyboard.press("Tab");
  await keyboard.type(PASSWORD);
  await keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Welcome to Beep" })).toBeVisible();

  await tabTo(page, page.getByRole("link", { name: "Skip to content" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await tabTo(page, page.getByRole("main").getByRole("button", { name: "Create a server" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByLabel("Name")).toBeFocused();
  await keyboard.type("Garden");
  await keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByRole("button", { name: "Done" })).toBeFocused();
  await keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "general", level: 1 })).toBeVisible();

  await tabTo(page, composer(page));
  await keyboard.type("first");
  await keyboard.press("Enter");
  await keyboard.type("secnod");
  await keyboard.press("Enter");
  await expect(messages(page)).toHaveCount(2);
  await expect(page.locator("[data-state]")).toHaveCount(0);
  await keyboard.press("ArrowUp");
  await expect(page.getByRole("textbox", { name: "Edit message" })).toBeFocused();
  await keyboard.press("Control+A");
  await keyboard.type("second");
  await keyboard.press("Enter");
  await expect(messages(page).last()).toContainText("second");
  await expect(composer(page)).toBeFocused();

  await tabTo(page, page.getByRole("region", { name: "Messages in #general" }), "Shift+Tab");
  await keyboard.press("ArrowUp");
  await expect(messages(page).last()).toBeFocused();
  await keyboard.press("ArrowUp");
  await expect(messages(page).first()).toBeFocused();
  await tabTo(page, messages(page).first().getByRole("button", { name: "More actions" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Reply" })).toBeFocused();
  await keyboard.press("End");
  await expect(page.getByRole("menuitem", { name: "Delete message" })).toBeFocused();
  await keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByRole("button", { name: "Cancel" })).toBeFocused();
  await tabTo(page, page.getByRole("dialog").getByRole("button", { name: "Delete message" }));
  await keyboard.press("Enter");
  await expect(messages(page)).toHaveCount(1);
  // What had the focus is gone: it must not be lost with it.
  await expect(page.locator("body")).not.toBeFocused();

  await tabTo(page, page.locator(".server-head"), "Shift+Tab");
  await keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Invite people" })).toBeFocused();
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeFocused();
  await tabTo(page, page.getByRole("link", { name: "Roles" }), "Shift+Tab");
  await keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: "Create role" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("form", { name: "New role" }).getByRole("textbox", { name: "Name" })).toBeFocused();
  await tabTo(page, page.getByRole("switch", { name: "Manage messages" }));
  await keyboard.press("Space");
  await keyboard.press("Enter");
  await expect(page.getByText("You have unsaved changes.")).toHaveCount(0);
  await expect(page.getByRole("switch", { name: "Manage messages" })).toBeChecked();
  await keyboard.press("Escape");
  await expect(page.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
  await tabTo(page, page.getByRole("link", { name: "Your account" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Your account", level: 1 })).toBeVisible();
  await keyboard.press("Escape");
  await expect(page.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
});

test("what can be undone is reached by the keyboard, and does not go while one is there", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place));
  const isSend = (url: URL) => url.pathname.endsWith("/messages");
  await page.route(isSend, (route) => (route.request().method() === "POST" ? route.fulfill({ status: 403, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "refused", status: 403, code: "permission_denied", detail: "refused" }) }) : route.continue()));
  await say(page, "never mind");
  await expect(messages(page).last()).toHaveAttribute("data-state", "failed");
  // The time that it is shown passes when the test says so.
  const timers = await page.evaluateHandle((shown) => {
    const pending = new Map<number, TimerHandler>();
    const { setTimeout: set, clearTimeout: clear } = window;
    window.setTimeout = ((action: TimerHandler, after?: number) => {
      if (after !== shown) return set(action, after);
      const number = -1 - pending.size;
      pending.set(number, action);
      return number;
    }) as typeof setTimeout;
    window.clearTimeout = ((number?: number) => void (pending.delete(number ?? 0) || clear(number))) as typeof clearTimeout;
    return { pass: () => pending.forEach((action) => (action as () => void)()) };
  }, 8_000);
  await messages(page).last().getByRole("button", { name: "Discard" }).click();
  const undo = page.locator(".toast").getByRole("button", { name: "Undo" });
  await expect(undo).toBeVisible();
  await page.mouse.move(0, 0);
  for (let pressed = 0; pressed < 6 && !(await undo.evaluate((button) => button === document.activeElement)); pressed += 1) await page.keyboard.press("F6");
  await expect(undo).toBeFocused();
  await timers.evaluate(({ pass }) => pass());
  await page.keyboard.press("Enter");
  await expect(messages(page).last()).toContainText("never mind");
  await messages(page).last().getByRole("button", { name: "Discard" }).click();
  await expect(undo).toBeVisible();
  await page.mouse.move(0, 0);
  await timers.evaluate(({ pass }) => pass());
  await expect(undo).toHaveCount(0);
});

test("what others say is told to a screen reader once, and what one says oneself is not", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  await backend.say(ben, place, "from before");
  const page = await windows.as(ann, pathTo(place));
  const told = page.getByRole("log");
  await say(page, "mine");
  await backend.say(ben, place, "listen");
  await expect(told).toHaveText(`${ben.username}: listen`);
  // Without the marks of the text; what is changed and taken back is told as well.
  const id = await backend.say(ben, place, "**second**");
  await expect(told.locator("p").last()).toHaveText(`${ben.username}: second`);
  await backend.ask("PATCH", `/channels/${place.channel}/messages/${id}`, { content: "*third*" }, ben.token);
  await expect(told.locator("p").last()).toHaveText(`${ben.username} changed a message: third`);
  await backend.ask("DELETE", `/channels/${place.channel}/messages/${id}`, undefined, ben.token);
  await expect(told.locator("p").last()).toHaveText("A message was deleted.");
});
