/** Friends as two people meet them: asking, accepting, parting, and blocking. */
import { audit } from "./audit";
import { connected, expect, garden, messages, pathTo, test, type Page } from "./test";

const rail = (page: Page) => page.getByRole("navigation", { name: "Servers" });
const row = (page: Page, name: string) => page.getByRole("main").getByRole("listitem").filter({ hasText: name });

async function ask(page: Page, handle: string): Promise<void> {
  await page.getByRole("tab", { name: "Add friend" }).click();
  await page.getByLabel("Username", { exact: true }).fill(handle);
  await page.getByRole("button", { name: "Send request" }).click();
}

test("somebody is asked, accepts, and is removed, and each sees at once how they stand", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const [asking, asked] = [await windows.as(ann, "/friends"), await windows.as(ben, "/home")];
  await expect(asking.getByRole("heading", { name: "No friends yet" })).toBeVisible();

  await ask(asking, "nobody-of-this-name");
  await expect(asking.getByRole("alert").filter({ hasText: "Nobody is called" })).toHaveCount(1);
  await ask(asking, ann.username);
  await expect(asking.getByRole("alert").filter({ hasText: "That is you" })).toHaveCount(1);
  await ask(asking, `@${ben.username}`);
  await expect(asking.getByText(`${ben.username} has your request.`)).toBeVisible();
  await expect(asking.getByLabel("Username", { exact: true })).toBeFocused();
  await asking.getByRole("tab", { name: "Pending" }).click();
  await expect(row(asking, ben.username).getByRole("button", { name: `Cancel the request to ${ben.username}` })).toBeVisible();

  // The other is told wherever they are, by words and by a number.
  await expect(asked.locator(".toasts")).toContainText(`${ann.username} would like to be friends.`);
  await rail(asked).getByRole("link", { name: "Friends, 1 friend request" }).click();
  await expect(asked).toHaveURL(/\/friends\/pending$/);
  await audit(asked, "friends: a request");
  await row(asked, ann.username).getByRole("button", { name: `Accept the request of ${ann.username}` }).click();
  await expect(asked.getByRole("heading", { name: "No open requests" })).toBeVisible();
  await expect(rail(asked).getByRole("link", { name: "Friends", exact: true })).toBeVisible();
  await expect(asking.locator(".toasts")).toContainText(`You and ${ben.username} are friends now.`);
  for (const [page, name] of [[asking, ben.username], [asked, ann.username]] as const) {
    await page.getByRole("tab", { name: "All" }).click();
    await expect(row(page, name)).toContainText("friends since");
  }
  await ask(asking, ben.username);
  await expect(asking.getByRole("alert").filter({ hasText: "You are friends already." })).toHaveCount(1);

  // What is there after a reload is what the backend knows.
  await asked.reload();
  await connected(asked);
  await row(asked, ann.username).getByRole("button", { name: `Menu of ${ann.username}` }).click();
  await asked.getByRole("menuitem", { name: "Remove friend" }).click();
  await asked.getByRole("alertdialog").or(asked.getByRole("dialog")).getByRole("button", { name: "Remove friend" }).click();
  await expect(asked.getByRole("heading", { name: "No friends yet" })).toBeVisible();
  await asking.getByRole("tab", { name: "All" }).click();
  await expect(asking.getByRole("heading", { name: "No friends yet" })).toBeVisible();
});

test("who is blocked is heard of no more, and cannot tell", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  await backend.ask("POST", "/friend-requests", { username: ann.username }, ben.token);
  await backend.say(ben, place, "come and see");
  const page = await windows.as(ann, pathTo(place));
  await expect(rail(page).getByRole("link", { name: "Friends, 1 friend request" })).toBeVisible();
  const said = messages(page).filter({ hasText: "come and see" });
  await said.getByRole("button", { name: ben.username }).last().click();
  const card = page.getByRole("dialog", { name: ben.username });
  await expect(card.getByRole("button", { name: "Accept" })).toBeVisible();
  await card.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Block" }).click();
  await page.getByRole("dialog", { name: `Block ${ben.username}` }).getByRole("button", { name: "Block" }).click();

  // The request goes with it, and what they said is hidden until it is wanted.
  await expect(rail(page).getByRole("link", { name: "Friends", exact: true })).toBeVisible();
  await expect(said).toHaveCount(0);
  const hidden = messages(page).filter({ hasText: "Message of somebody you have blocked" });
  await expect(hidden).toHaveCount(1);
  await hidden.getByRole("button", { name: "Show" }).click();
  await expect(said).toHaveCount(1);
  await backend.ask("POST", "/friend-requests", { username: ann.username }, ben.token);
  await backend.say(ben, place, "hello again");
  await expect(hidden).toHaveCount(2);
  await expect(page.getByRole("log")).not.toContainText("hello again");
  await expect(rail(page).getByRole("link", { name: "Friends", exact: true })).toBeVisible();

  await page.goto("/friends/blocked");
  await connected(page);
  await audit(page, "friends: blocked");
  await row(page, ben.username).getByRole("button", { name: `Unblock ${ben.username}` }).click();
  await expect(page.getByRole("heading", { name: "Nobody is blocked" })).toBeVisible();
});

test("on a phone and by keyboard alone one finds and answers a request", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const page = await windows.as(ann, "/home", { viewport: { width: 360, height: 640 } });
  await backend.ask("POST", "/friend-requests", { username: ann.username }, ben.token);
  await page.getByRole("button", { name: /^Servers and channels, 1 friend request$/ }).click();
  await rail(page).getByRole("link", { name: "Friends, 1 friend request" }).click();
  const accept = row(page, ben.username).getByRole("button", { name: `Accept the request of ${ben.username}` });
  await expect(accept).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is cut off at the side").toBe(true);
  await accept.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "No open requests" })).toBeVisible();
  await page.getByRole("tab", { name: "Pending" }).focus();
  await page.keyboard.press("ArrowLeft");
  await expect(row(page, ben.username)).toContainText("friends since");
  await expect(page).toHaveURL(/\/friends$/);
});
