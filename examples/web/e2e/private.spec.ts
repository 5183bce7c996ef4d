/** Private conversations as people meet them: of two, and in groups that grow, are named and are left. */
import { audit } from "./audit";
import { lookAway } from "./message";
import { picture } from "./picture";
import { composer, connected, expect, garden, messages, pathTo, say, test, type Backend, type Locator, type Page, type Person } from "./test";

const rail = (page: Page) => page.getByRole("navigation", { name: "Servers" });
const home = (page: Page) => rail(page).getByRole("link", { name: /^Home/ });
/** A conversation in the sidebar; its name goes on with what waits there. */
const link = (page: Page, name: string): Locator => page.locator(".privates").getByRole("link", { name });
const people = (page: Page) => page.getByRole("complementary", { name: "People" });
const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { level: 1, name });

/** Somebody with friends. */
async function friends(backend: Backend, ...wishes: readonly string[]): Promise<[Person, ...Person[]]> {
  const me = await backend.person("ann");
  const others: Person[] = [];
  for (const wish of wishes) others.push(await backend.person(wish));
  for (const other of others) await backend.befriend(me, other);
  return [me, ...others];
}

async function expectNoSideways(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is cut off at the side").toBe(true);
}

test("from somebody's card one writes to them, and they see it wherever they are", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  await backend.say(ben, place, "fresh peas");
  const [page, other] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await messages(page).filter({ hasText: "fresh peas" }).getByRole("button", { name: ben.username }).last().click();
  await page.getByRole("dialog", { name: ben.username }).getByRole("button", { name: "Message", exact: true }).click();
  await expect(page).toHaveURL(/\/c\/[^/]+$/);
  await expect(heading(page, ben.username)).toBeVisible();
  await expect(page).toHaveTitle(new RegExp(`^@${ben.username}`));
  await expect(page.locator(".lead.begin")).toContainText(`This is the beginning of your conversation with ${ben.username}.`);
  await expect(composer(page)).toBeFocused();
  // Nobody is bothered until something is said.
  await expect(home(other)).toHaveAccessibleName("Home");
  await say(page, "do you want to meet?");

  await expect(home(other)).toHaveAccessibleName("Home, 1 unread message");
  await expect(other).toHaveTitle(/^\(1\) #general/);
  await home(other).click();
  await expect(link(other, ann.username)).toHaveAccessibleName(new RegExp(`^Online ${ann.username} ?, 1 unread$`));
  await audit(other, "private: the list");
  await link(other, ann.username).click();
  await expect(messages(other).last()).toContainText("do you want to meet?");
  await expect(other).toHaveTitle(new RegExp(`^@${ann.username}`));
  await expect(home(other)).toHaveAccessibleName("Home");
  await composer(other).pressSequentially("@a");
  await expect(other.getByRole("option")).toHaveCount(1);
  await other.keyboard.press("Tab");
  await other.keyboard.type("yes");
  await other.keyboard.press("Enter");
  await expect(messages(page).last()).toContainText(`@${ann.username} yes`);
  await expect(messages(page).last()).toHaveAttribute("data-for-me", "true");

  // Who they are, apart from any server.
  await heading(page, ben.username).getByRole("button").click();
  const card = page.getByRole("dialog", { name: ben.username });
  await expect(card.getByRole("heading", { name: ben.username })).toBeVisible();
  await expect(card.getByRole("button", { name: "Message", exact: true })).toHaveCount(0);
  await expect(card).not.toContainText("Roles");
  await audit(page, "private: a direct conversation");
  await page.keyboard.press("Escape");

  // The next visit begins here; in the list one marks, mutes and copies.
  await page.goto("/");
  await expect(page).toHaveURL(/\/c\//);
  await connected(page);
  await expect(link(page, ben.username)).toHaveAccessibleName(`Online ${ben.username}`);
  await link(page, ben.username).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Mute conversation" }).click();
  await lookAway(page);
  await say(other, "are you there?");
  await expect(link(page, ben.username)).toHaveAccessibleName(new RegExp(`^Online ${ben.username} ?, muted ?, 1 unread$`));
  await expect(page).toHaveTitle(new RegExp(`^@${ben.username}`));
});

test("a link leads to a message, and nowhere where there is no conversation", async ({ backend, windows }) => {
  const [ann, ben] = await friends(backend, "ben");
  const channel = await backend.direct(ann, ben!);
  const first = await backend.say(ben!, { channel }, "the first words");
  for (let number = 0; number < 60; number += 1) await backend.say(ben!, { channel }, `and then ${number}`);
  const page = await windows.as(ann, `/c/${channel}/${first.split("@")[0]}`);
  await expect(messages(page).filter({ hasText: "the first words" })).toBeInViewport();
  await page.goto(`/c/${channel.replace(/^[^@]+/, crypto.randomUUID())}`);
  await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
});

test("whoever takes no messages is not written to, and one is told why", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  await backend.ask("PATCH", "/self", { direct_from: "friends" }, ben.token);
  await backend.say(ben, place, "leave me alone");
  const page = await windows.as(ann, pathTo(place));
  await messages(page).last().getByRole("button", { name: ben.username }).last().click();
  await page.getByRole("dialog", { name: ben.username }).getByRole("button", { name: "Message", exact: true }).click();
  await expect(page.locator(".toasts")).toContainText(`${ben.username} does not take messages from you.`);
  await expect(page).toHaveURL(new RegExp(`${place.channel}$`));
});

test("a group is made, named, joined, and left", async ({ backend, windows }) => {
  const [ann, ben, cleo, dora] = (await friends(backend, "ben", "cleo", "dora")) as [Person, Person, Person, Person];
  await backend.befriend(ben, dora);
  const [page, bens, cleos, doras] = [await windows.as(ann, "/friends"), await windows.as(ben, "/home"), await windows.as(cleo, "/home"), await windows.as(dora, "/home")];
  await page.getByRole("button", { name: "New message" }).click();
  const dialog = page.getByRole("dialog", { name: "New message" });
  await expect(dialog.getByRole("searchbox", { name: "Search friends" })).toBeFocused();
  await dialog.getByRole("row", { name: ben.username }).click();
  await expect(dialog.getByRole("button", { name: "Open conversation" })).toBeVisible();
  await dialog.getByRole("row", { name: cleo.username }).click();
  await audit(page, "private: a new message");
  await picture(page, "new-message");
  await dialog.getByRole("button", { name: "Create group" }).click();
  await expect(heading(page, `${ben.username}, ${cleo.username}`)).toBeVisible();
  await expect(page.locator(".topic")).toHaveText("3 people");
  await say(page, "welcome");

  await expect(link(bens, ann.username)).toHaveAccessibleName(/1 unread/);
  await link(bens, ann.username).click();
  await people(bens).getByRole("button", { name: "Rename group" }).click();
  await bens.getByRole("dialog").getByLabel("Name of the group").fill("Gardeners");
  await bens.keyboard.press("Enter");
  for (const one of [page, bens]) await expect(heading(one, "Gardeners")).toBeVisible();
  await expect(link(cleos, "Gardeners")).toBeVisible();

  // Anybody adds; the owner alone removes.
  await expect(people(bens).getByRole("button", { name: /^Remove/ })).toHaveCount(0);
  await bens.getByRole("main").getByRole("button", { name: "Add people" }).click();
  const adding = bens.getByRole("dialog", { name: "Add people to Gardeners" });
  await expect(adding.getByRole("row")).toHaveCount(1);
  await adding.getByRole("row", { name: dora.username }).click();
  await adding.getByRole("button", { name: "Add", exact: true }).click();
  await expect(adding).toHaveCount(0);
  await expect(people(page).getByRole("heading", { name: "4 people" })).toBeVisible();
  await link(doras, "Gardeners").click();
  await expect(messages(doras).last()).toContainText("welcome");
  await link(cleos, "Gardeners").click();
  await audit(page, "private: a group");
  await picture(page, "group");
  await people(page).getByRole("button", { name: `Remove ${cleo.username} from the group` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove from group" }).click();
  await expect(people(page).getByRole("heading", { name: "3 people" })).toBeVisible();
  await expect(cleos.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
  await expect(link(cleos, "Gardeners")).toHaveCount(0);

  // The owner's place goes on to who is in it longest.
  await people(page).getByRole("button", { name: "Leave group" }).click();
  const leaving = page.getByRole("dialog", { name: "Leave group" });
  await expect(leaving).toContainText("Whoever has been here longest then becomes the owner.");
  await leaving.getByRole("button", { name: "Leave group" }).click();
  await expect(page).toHaveURL(/\/friends$/);
  await expect(link(page, "Gardeners")).toHaveCount(0);
  await expect(people(bens).getByRole("button", { name: `Remove ${dora.username} from the group` })).toBeVisible();
  // Without a name it is called by who else is in it.
  await link(bens, "Gardeners").click({ button: "right" });
  await bens.getByRole("menuitem", { name: "Rename group" }).click();
  await bens.getByRole("dialog").getByLabel("Name of the group").fill("");
  await bens.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(heading(bens, dora.username)).toBeVisible();
});

test("on a phone one finds who wrote, answers, and sees who is in a group", async ({ backend, windows }) => {
  const [ann, ben, cleo] = (await friends(backend, "ben", "cleo")) as [Person, Person, Person];
  const page = await windows.as(ann, "/home", { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const channel = await backend.direct(ben, ann);
  await backend.say(ben, { channel }, "on the bus?");
  await page.getByRole("button", { name: "Servers and channels, 1 unread message" }).tap();
  await expectNoSideways(page);
  await link(page, ben.username).tap();
  await expect(messages(page).last()).toContainText("on the bus?");
  await expectNoSideways(page);
  await composer(page).fill("yes");
  await page.getByRole("button", { name: "Send" }).tap();
  await expect(messages(page).last()).toContainText("yes");
  await heading(page, ben.username).getByRole("button").tap();
  await expect(page.getByRole("dialog", { name: ben.username })).toBeVisible();
  const left = page.evaluate(() => new Promise<void>((done) => addEventListener("popstate", () => done(), { once: true })));
  await page.keyboard.press("Escape");
  await left;

  const name = "A group with a name that is far too long for any phone";
  const group = await backend.group(cleo, [ann], name);
  await page.goto(`/c/${group}`);
  await connected(page);
  await expectNoSideways(page);
  await page.getByRole("main").getByRole("button", { name: "People", exact: true }).tap();
  await expect(people(page)).toBeInViewport();
  await picture(page, "group-phone");
  await expectNoSideways(page);
  await people(page).getByRole("button", { name: "Add people" }).tap();
  await expect(page.getByRole("dialog", { name: /^Add people/ }).getByRole("row", { name: ben.username })).toBeVisible();
  await expectNoSideways(page);
});

test("by keyboard alone one writes to a friend, makes a group, and leaves it", async ({ backend, windows }) => {
  const [ann, ben, cleo] = (await friends(backend, "ben", "cleo")) as [Person, Person, Person];
  const page = await windows.as(ann, "/friends");
  // The quick switcher finds friends to whom one has never written.
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox")).toBeFocused();
  await page.keyboard.type(`@${ben.username.slice(0, 2)}`);
  await expect(page.getByRole("option", { name: ben.username })).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
  await expect(heading(page, ben.username)).toBeVisible();
  await expect(composer(page)).toBeFocused();
  await page.keyboard.type("by hand");
  await page.keyboard.press("Enter");
  await expect(messages(page).last()).toContainText("by hand");

  await page.getByRole("button", { name: "New message" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "New message" });
  await expect(dialog.getByRole("searchbox")).toBeFocused();
  await expect(dialog.getByRole("row")).toHaveCount(2);
  await page.keyboard.type(cleo.username);
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("searchbox")).toHaveValue("");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await expect(dialog.getByRole("row", { name: ben.username })).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Tab");
  await expect(dialog.getByLabel("Name of the group")).toBeFocused();
  await page.keyboard.type("By hand");
  await page.keyboard.press("Enter");
  await expect(heading(page, "By hand")).toBeVisible();
  await expect(composer(page)).toBeFocused();

  // Alt and the arrows go from conversation to conversation.
  await page.keyboard.press("Alt+ArrowDown");
  await expect(heading(page, ben.username)).toBeVisible();
  await link(page, "By hand").focus();
  await page.keyboard.press("Shift+F10");
  await page.getByRole("menuitem", { name: "Leave group" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Leave group" })).toBeVisible();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(link(page, "By hand")).toHaveCount(0);
});

test("what comes in private is told to who looks elsewhere, and is the next that is unread", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  const page = await windows.as(ann, pathTo(place));
  const channel = await backend.direct(ben, ann);
  await backend.say(ben, { channel }, "look here");
  await expect(home(page)).toHaveAccessibleName("Home, 1 unread message");
  await page.keyboard.press("Alt+Shift+ArrowDown");
  await expect(page).toHaveURL(new RegExp(`/c/${channel}$`));
  await expect(messages(page).last()).toContainText("look here");
});
