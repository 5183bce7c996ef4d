/** Two people from signing up to talking, and what may come between. */
import { editor, inMessageMenu } from "./message";
import { composer, expect, fillLogIn, history, inMenu, logIn, messages, openPage, pathTo, PASSWORD, say, test, type Backend, type Page } from "./test";

async function signUp(page: Page, backend: Backend, username: string): Promise<void> {
  const email = `${username}@example.com`;
  await expect(page.getByRole("heading", { name: "Create an account" })).toBeVisible();
  await page.getByLabel("Mail address").fill(email);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.locator("form").getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
  await expect(page.getByText("the newest file in the folder “mail”")).toBeVisible();
  // Whole, it is sent without a further click.
  await page.getByLabel("Six-digit code").fill(await backend.code(email));
}

test("two people sign up, one makes a server and invites the other, and they talk", async ({ backend, windows }) => {
  const [ann, ben] = [backend.free("ann"), backend.free("ben")];
  const one = await windows.open();
  await signUp(one, backend, ann);
  await expect(one.getByRole("heading", { name: "Welcome to Beep" })).toBeVisible();
  await one.getByRole("main").getByRole("button", { name: "Create a server" }).click();
  await one.getByRole("dialog").getByLabel("Name").fill("Garden");
  await one.getByRole("dialog").getByRole("button", { name: "Create", exact: true }).click();
  // The second step has a link already.
  await expect(one.getByRole("dialog", { name: "Invite your people" })).toBeVisible();
  const link = await one.getByLabel("Invitation link").inputValue();
  await one.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  await expect(one.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
  expect(link).toMatch(new RegExp(`^${backend.url}/invite/.+`));

  const two = await windows.open(new URL(link).pathname);
  await expect(two.getByRole("heading", { name: "You are invited to Garden" })).toBeVisible();
  await signUp(two, backend, ben);
  await two.getByRole("button", { name: "Join" }).click();
  await expect(two.getByRole("heading", { name: "general", level: 1 })).toBeVisible();

  await expect(one.getByRole("complementary", { name: "Members" })).toContainText(ben);
  await say(one, "Hello, Ben!");
  await expect(messages(two).last()).toContainText("Hello, Ben!");
  await say(two, "Hello, Ann. **Nice** garden.");
  await expect(messages(one).last()).toContainText("Hello, Ann. Nice garden.");
  await expect(messages(one).last().locator("strong", { hasText: "Nice" })).toBeVisible();
  await expect(messages(one)).toHaveCount(2);
  await expect(messages(two)).toHaveCount(2);
});

test("one answers the other, changes what one said, and takes it back", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  await backend.say(ben, place, "What is ripe?");
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await inMessageMenu(messages(one).first(), "Reply");
  await composer(one).fill("the tomatos");
  await composer(one).press("Enter");
  for (const page of [one, two]) await expect(messages(page).last().locator(".reply-line")).toContainText("What is ripe?");
  await expect(one.locator("[data-state]")).toHaveCount(0);
  await composer(one).press("ArrowUp");
  await editor(one).fill("the tomatoes");
  await editor(one).press("Enter");
  for (const page of [one, two]) {
    await expect(messages(page).last()).toContainText("the tomatoes");
    await expect(messages(page).last()).toContainText("edited");
  }
  await inMessageMenu(messages(one).last(), "Delete message");
  await one.getByRole("dialog").getByRole("button", { name: "Delete message" }).click();
  for (const page of [one, two]) await expect(messages(page)).toHaveCount(1);
});

test("a reload keeps the session and the place; logging out ends it", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.say(ann, place, "still here");
  const page = await windows.as(ann, pathTo(place));
  await page.reload();
  await expect(messages(page).last()).toContainText("still here");
  expect(new URL(page.url()).pathname).toBe(pathTo(place));
  const cookies = await page.context().cookies();
  expect(cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }))).toEqual([{ name: "zuid", httpOnly: true, sameSite: expect.stringMatching(/Lax|Strict/) }]);
  // What the device keeps is where one was and who one is, and nothing that lets anybody in.
  expect(await page.evaluate(() => Object.keys({ ...localStorage, ...sessionStorage }).sort())).toEqual(["beep.known", "beep.places", "beep.session"]);
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toMatch(/ey[A-Za-z0-9_-]{20}|token|secret/i);

  await page.getByRole("link", { name: "Your account" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Log out" }).click();
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
});

test("a session that is revoked elsewhere ends, and the page says why", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place));
  const sessions = await backend.ask<{ items: { id: string; label: string | null }[] }>("GET", "/self/sessions", undefined, ann.token);
  const browser = sessions.items.find(({ label }) => label === "Web browser")!;
  await backend.ask("DELETE", `/self/sessions/${browser.id}`, undefined, ann.token);
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  await expect(page.getByText("Your session ended. Please log in again.")).toBeVisible();
  await logIn(page, ann.username);
  await expect(composer(page)).toBeEnabled();
});

test("a wrong password is told in words", async ({ backend, windows }) => {
  const { username } = await backend.person("ann");
  const page = await windows.open();
  await fillLogIn(page, username, "not the password");
  await expect(page.getByRole("alert")).toContainText("Wrong username or password.");
  await expect(page.getByLabel("Password"), "the next try begins at once").toBeFocused();
});

test("an invitation link joins somebody who is signed in, and a dead one says so", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Hidden garden", { visibility: "private" });
  const page = await windows.as(ben, `/invite/${await backend.invite(ann, place)}`);
  await expect(page.getByRole("heading", { name: "You are invited to Hidden garden" })).toBeVisible();
  await page.getByRole("button", { name: "Join" }).click();
  await expect(composer(page)).toBeEnabled();
  await page.goto("/invite/there-is-none");
  await expect(page.getByRole("heading", { name: "This invitation is no longer valid" })).toBeVisible();
});

test("who loses the permission to send sees the composer close within a second, and what was typed stays", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await composer(two).fill("half a thought");

  await inMenu(one, "Server settings");
  await openPage(one, "Roles");
  await one.getByRole("switch", { name: "Send messages" }).uncheck();
  const saved = one.waitForResponse((answer) => answer.request().method() === "PATCH" && answer.url().includes("/roles/"));
  await one.getByRole("button", { name: "Save" }).click();
  await saved;
  await expect(composer(two)).toBeDisabled({ timeout: 1_000 });
  await expect(two.getByText("You cannot send messages in this channel.")).toBeVisible();
  await expect(composer(two)).toHaveValue("half a thought");

  await one.getByRole("switch", { name: "Send messages" }).check();
  const again = one.waitForResponse((answer) => answer.request().method() === "PATCH" && answer.url().includes("/roles/"));
  await one.getByRole("button", { name: "Save" }).click();
  await again;
  await expect(composer(two)).toBeEnabled({ timeout: 1_000 });
  await composer(two).press("Enter");
  await expect(messages(two).last()).toContainText("half a thought");
});

test("the backend is killed and comes back: both windows say so, and nothing is lost or doubled", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const [one, two] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  const expected: string[] = [];
  const tell = async (page: Page, text: string) => {
    await say(page, text);
    expected.push(text);
  };
  for (let number = 1; number <= 5; number += 1) await tell(one, `before ${number}`);
  await expect(messages(two)).toHaveCount(5);

  // Killed while a message may be on its way, and another is written while nobody is there.
  await tell(one, "in the moment");
  await backend.kill();
  await expect(one.getByText("No connection.")).toBeVisible();
  await expect(two.getByText("No connection.")).toBeVisible();
  await tell(two, "into the dark");
  await backend.run();
  await expect(one.getByText("Connected again; everything is here.")).toBeVisible({ timeout: 30_000 });
  await expect(two.getByText("Connected again; everything is here.")).toBeVisible({ timeout: 30_000 });
  // What the client gave up on is kept for its writer to send again.
  for (const page of [one, two]) {
    await expect(async () => {
      const retry = history(page).getByRole("button", { name: "Try again" });
      if (await retry.count()) await retry.first().click();
      await expect(page.locator("[data-state]")).toHaveCount(0, { timeout: 1_000 });
    }).toPass({ timeout: 30_000 });
  }
  await tell(two, "and on");
  for (const page of [one, two]) {
    await expect(messages(page)).toHaveCount(expected.length);
    const texts = await messages(page).locator(".text").allInnerTexts();
    expect(texts.map((text) => text.trim()).sort()).toEqual([...expected].sort());
    await expect(page.locator(".banner")).toHaveCount(0);
  }
  const [seen, also] = await Promise.all([one, two].map((page) => messages(page).locator(".text").allInnerTexts()));
  expect(seen).toEqual(also);
});
