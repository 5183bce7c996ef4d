/** Two backends and two windows: people on one live in servers of the other, and see when it cannot be reached. */
import { Realm } from "./realm";
import { audit } from "./audit";
import { picture } from "./picture";
import { composer, expect, leaveSettings, messages, openPage, pathTo, say, test as base, type Page } from "./test";

const test = base.extend<object, { realm: Realm }>({
  realm: [
    async ({}, use) => {
      const realm = await Realm.start(["a", "b"]);
      await use(realm);
      await realm.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});
test.setTimeout(180_000);

/** A line of the banner of a server whose backend is elsewhere. */
const banner = (page: Page, trouble: string) => page.locator(`.banner[data-remote=${trouble}]`);

test("two windows on two backends: found by its domain, joined, talked in both ways, read while it is gone, and back", async ({ realm, windows }) => {
  const [a, b] = realm.peers;
  if (!a || !b) throw new Error("there are two");
  const [alice, bob] = [await a.backend.person("alice"), await b.backend.person("bob")];
  const place = await b.backend.place(bob, "Orchard");

  const one = await windows.at(a.backend, alice, "/discover");
  await one.getByLabel("On another Beep server’s domain").fill(b.domain);
  await expect(one.getByRole("heading", { name: "Orchard b.example.com" })).toBeVisible();
  await audit(one, "servers of another backend");
  await picture(one, "discover-elsewhere");
  await one.getByRole("button", { name: "Join Orchard" }).click();
  await expect(one.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
  const two = await windows.at(b.backend, bob, pathTo(place));

  // Both ways.
  await say(one, "hello from a");
  await expect(messages(two).last()).toContainText("hello from a");
  await say(two, "hello from b");
  await expect(messages(one).last()).toContainText("hello from b");

  // Who and what is of the other backend says so, what is at home does not.
  const rail = one.getByRole("navigation", { name: "Servers" });
  await expect(rail.getByRole("link", { name: "Orchard, on b.example.com" })).toBeVisible();
  await expect(one.locator(".server-head .domain")).toHaveText(b.domain);
  await expect(messages(one).last().locator("header .domain")).toHaveText(b.domain);
  await expect(messages(one).first().locator("header .domain")).toHaveCount(0);
  await expect(messages(two).first().locator("header .domain")).toHaveText(a.domain);
  await expect(two.getByRole("link", { name: "Orchard", exact: true })).toBeVisible();
  await expect(two.locator(".server-head .domain")).toHaveCount(0);
  for (const [page, name, handle] of [[one, "bob", "bob@b.example.com"], [two, "alice", "alice@a.example.com"]] as const) {
    const members = page.getByRole("complementary", { name: "Members" });
    await expect(members.getByText(handle)).toBeVisible();
    await members.getByRole("button", { name }).click();
    await expect(page.getByRole("dialog").getByText(`@${handle}`)).toBeVisible();
    await audit(page, `a member of another backend, to ${page === one ? "alice" : "bob"}`);
    await page.keyboard.press("Escape");
  }
  await audit(one, "a server of another backend");
  await picture(one, "elsewhere");

  // Gone: it is said, what is here stays, and what is written waits.
  await b.backend.kill();
  await say(one, "are you there?");
  await expect(banner(one, "remote_unavailable")).toContainText("b.example.com cannot be reached", { timeout: 30_000 });
  await expect(messages(one)).toHaveCount(3);
  await expect(messages(one).nth(1)).toContainText("hello from b");
  await expect(one.locator("[data-state=waiting]")).toContainText("Waiting to be sent", { timeout: 30_000 });
  await expect(rail.getByRole("link", { name: "Orchard, on b.example.com, out of reach" })).toBeVisible();
  await expect(composer(one)).toBeEnabled();
  await audit(one, "a server whose backend cannot be reached");
  await picture(one, "elsewhere-out-of-reach");
  await one.setViewportSize({ width: 360, height: 740 });
  expect(await one.evaluate(() => document.documentElement.scrollWidth - innerWidth), "nothing is wider than a phone").toBe(0);
  await picture(one, "elsewhere-phone");
  await one.setViewportSize({ width: 1280, height: 800 });
  // The rest of the client is as it was: somewhere else, and back.
  await one.getByRole("link", { name: "Discover servers" }).click();
  await one.getByLabel("On another Beep server’s domain").fill(b.domain);
  await expect(one.getByRole("alert")).toContainText("b.example.com cannot be reached", { timeout: 30_000 });
  await rail.getByRole("link", { name: /^Orchard/ }).click();
  await expect(messages(one)).toHaveCount(3);

  // Who comes only now finds a page that says what is missing, and why.
  const late = await windows.at(a.backend, alice, pathTo(place));
  await expect(late.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
  await expect(banner(late, "remote_unavailable")).toBeVisible({ timeout: 30_000 });
  await expect(late.getByText("The messages could not be loaded.")).toBeVisible({ timeout: 30_000 });
  await audit(late, "a server that cannot be loaded");

  // Back: nobody does anything, and it goes on.
  await b.backend.run();
  await expect(messages(two).last()).toContainText("are you there?", { timeout: 90_000 });
  await expect(one.locator("[data-state]")).toHaveCount(0, { timeout: 30_000 });
  await expect(banner(one, "remote_unavailable")).toHaveCount(0);
  await say(two, "I am again");
  await expect(messages(one).last()).toContainText("I am again", { timeout: 30_000 });
  await expect(messages(one)).toHaveCount(4);
  await expect(messages(two)).toHaveCount(4);
  await expect(messages(late)).toHaveCount(4, { timeout: 60_000 });
  await expect(banner(late, "remote_unavailable")).toHaveCount(0);
});

test("a code of another backend opens its private server", async ({ realm, windows }) => {
  const [a, b] = realm.peers;
  if (!a || !b) throw new Error("there are two");
  const [alice, bob] = [await a.backend.person("alice"), await b.backend.person("bob")];
  const place = await b.backend.place(bob, "Cellar", { visibility: "private" });
  const two = await windows.at(b.backend, bob, `/s/${place.server}/settings`);
  await openPage(two, "Invitations");
  await two.getByRole("button", { name: "Create invitation" }).click();
  const link = await two.getByLabel("Invitation link").inputValue();
  expect(link).toMatch(/\/invite\/[^/@]+@b\.example\.com$/);

  const one = await windows.at(a.backend, alice, "/discover");
  await one.getByRole("textbox", { name: "Invitation link or code" }).fill(link);
  await audit(one, "an invitation entered");
  await one.getByRole("button", { name: "Open", exact: true }).click();
  await expect(one.getByRole("heading", { name: "You are invited to Cellar" })).toBeVisible();
  await expect(one.getByRole("complementary").or(one.locator(".invite")).getByText(b.domain)).toBeVisible();
  await one.getByRole("button", { name: "Join" }).click();
  await expect(one.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
});

test("somebody of another backend is invited by handle, sees it at home, and accepts as soon as the owner is there", async ({ realm, windows }) => {
  const [a, b] = realm.peers;
  if (!a || !b) throw new Error("there are two");
  const [alice, bob] = [await a.backend.person("alice"), await b.backend.person("bob")];
  const place = await b.backend.place(bob, "Attic", { visibility: "private" });
  const [one, two] = [await windows.at(a.backend, alice), await windows.at(b.backend, bob, `/s/${place.server}/settings`)];
  await openPage(two, "Invitations");
  const who = two.getByRole("textbox", { name: "Username", exact: true });
  const problem = (text: string) => two.getByRole("alert").filter({ hasText: text });
  await who.fill("alice@nowhere.example.com");
  await who.press("Enter");
  await expect(problem("nowhere.example.com cannot be found")).toBeVisible();
  await who.fill("nobody.at.all@A.example.com");
  await who.press("Enter");
  await expect(problem("Nobody is called nobody.at.all@a.example.com.")).toBeVisible();

  const handle = `${alice.username}@${a.domain}`;
  await who.fill(handle);
  await who.press("Enter");
  const found = two.getByRole("group", { name: "Found" });
  await expect(found).toContainText(`@${handle}`);
  await expect(found.locator(".domain")).toHaveText(a.domain);
  await audit(two, "somebody of another backend found");
  await picture(two, "invite-person");
  await found.getByRole("button", { name: `Invite ${alice.username}` }).click();
  const pending = two.getByRole("list", { name: "Invitations" }).getByRole("listitem").filter({ hasText: `@${handle}` });
  await expect(pending).toContainText("Invited");
  await audit(two, "an invitation for somebody of another backend");

  await one.getByRole("button", { name: "1 invitation for you" }).click();
  const dialog = one.getByRole("dialog", { name: "Invitations for you" });
  await expect(dialog.getByRole("heading", { name: "Attic b.example.com" })).toBeVisible();
  await expect(dialog.getByRole("listitem")).toContainText(`invited by ${bob.username} (${bob.username}@b.example.com)`);
  await audit(one, "an invitation of another backend");
  await picture(one, "invited");

  // Out of reach, its owner lets nobody in; that is said beside it, and it stays.
  await b.backend.kill();
  const accept = dialog.getByRole("button", { name: "Accept the invitation to Attic" });
  await accept.click();
  await expect(dialog.getByRole("alert")).toContainText("b.example.com cannot be reached", { timeout: 30_000 });
  await audit(one, "an invitation whose backend cannot be reached");
  await b.backend.run();
  await expect(async () => {
    if (await accept.isVisible()) await accept.click();
    await expect(one.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
  }).toPass({ timeout: 90_000 });
  await expect(dialog).toHaveCount(0);
  await expect(one.getByRole("button", { name: "Invitations for you" })).toBeVisible();
  await expect(pending).toHaveCount(0);

  await leaveSettings(two);
  await say(one, "hello from a");
  await expect(messages(two).last()).toContainText("hello from a", { timeout: 30_000 });
  await say(two, "hello from b");
  await expect(messages(one).last()).toContainText("hello from b", { timeout: 30_000 });
});

test("a backend that nobody knows is said to be one, in plain words", async ({ realm, windows }) => {
  const [a] = realm.peers;
  if (!a) throw new Error("there is one");
  const page = await windows.at(a.backend, await a.backend.person("alice"), "/discover");
  await page.getByLabel("On another Beep server’s domain").fill("nowhere.example.com");
  await expect(page.getByRole("alert")).toContainText("nowhere.example.com cannot be found");
  await page.goto("/invite/abc@nowhere.example.com");
  await expect(page.getByRole("heading", { name: "This invitation cannot be looked up" })).toBeVisible();
  await expect(page.getByText("nowhere.example.com cannot be found")).toBeVisible();
  await audit(page, "an invitation that cannot be looked up");
});

test("people of two backends write to each other in private", async ({ realm, windows }) => {
  const [a, b] = realm.peers;
  if (!a || !b) throw new Error("there are two");
  const [alice, bob] = [await a.backend.person("alice"), await b.backend.person("bob")];
  const handle = `${bob.username}@${b.domain}`;
  await a.backend.ask("POST", "/friend-requests", { username: handle }, alice.token);
  const two = await windows.at(b.backend, bob, "/friends/pending");
  await two.getByRole("button", { name: `Accept the request of ${alice.username}` }).click();
  const one = await windows.at(a.backend, alice, "/friends");
  await one.getByRole("button", { name: `Message ${bob.username}` }).click();
  await expect(one.getByRole("heading", { level: 1 }).locator(".domain")).toHaveText(b.domain);
  await expect(one.locator(".lead.begin")).toContainText(`@${handle}`);
  await say(one, "hello from a");
  await two.locator(".privates").getByRole("link", { name: alice.username }).click();
  await expect(messages(two).last()).toContainText("hello from a");
  await say(two, "hello from b");
  await expect(messages(one).last()).toContainText("hello from b");
});
