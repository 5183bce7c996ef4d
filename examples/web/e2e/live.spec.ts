/** Who is there and who is writing, as people see it of each other. */
import { audit } from "./audit";
import { composer, expect, garden, pathTo, say, test, type Page } from "./test";

const members = (page: Page) => page.getByRole("complementary", { name: "Members" });
const typing = (page: Page) => page.locator(".typing-line");

test("members are listed as they come and go, and show what they choose to", async ({ backend, windows }) => {
  const { ann, ben, place } = await garden(backend);
  const page = await windows.as(ann, pathTo(place));
  await expect(members(page).getByRole("heading", { name: "Online 1" })).toBeVisible();
  await expect(members(page).getByRole("heading", { name: "Offline 1" })).toBeVisible();
  const other = await windows.as(ben, pathTo(place));
  await expect(members(page).getByRole("heading", { name: "Online 2" })).toBeVisible();
  await expect(members(page).getByRole("button", { name: `Online ${ben.username}` })).toBeVisible();
  await audit(page, "live: members");

  await other.getByRole("button", { name: "How others see you" }).click();
  await other.getByRole("menuitem", { name: "Do not disturb" }).click();
  await expect(members(page).getByRole("button", { name: `Do not disturb ${ben.username}` })).toBeVisible();
  await other.getByRole("button", { name: "How others see you" }).click();
  await other.getByRole("menuitem", { name: "Set a status…" }).click();
  const dialog = other.getByRole("dialog", { name: "Set a status…" });
  await expect(dialog.getByLabel("What you are doing")).toBeFocused();
  await dialog.getByLabel("What you are doing").fill("weeding");
  await dialog.getByLabel("Emoji").fill("not one");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("must be an emoji")).toBeVisible();
  await dialog.getByLabel("Emoji").fill("🌱");
  await audit(other, "live: status");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(members(page)).toContainText("weeding");
  await expect(other.getByRole("button", { name: "How others see you" })).toContainText("weeding");

  await other.getByRole("button", { name: "How others see you" }).click();
  await other.getByRole("menuitem", { name: "Invisible" }).click();
  await expect(members(page).getByRole("heading", { name: "Offline 1" })).toBeVisible();
  await expect(members(page)).not.toContainText("weeding");
});

test("who looks at a channel sees who is writing there", async ({ backend, windows }) => {
  const { ann, ben, place, second } = await garden(backend);
  const [page, other] = [await windows.as(ann, pathTo(place)), await windows.as(ben, pathTo(place))];
  await composer(other).pressSequentially("hello");
  await expect(typing(page)).toHaveText(`${ben.username} is typing…`);
  await expect(typing(other)).toBeEmpty();
  await other.keyboard.press("Enter");
  await expect(typing(page)).toBeEmpty();
  // In another channel nobody sees it.
  await other.goto(pathTo({ ...place, channel: second }));
  await composer(other).pressSequentially("elsewhere");
  await say(page, "and here?");
  await expect(typing(page)).toBeEmpty();
});

test("friends are listed while they are there", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  await backend.befriend(ann, ben);
  const page = await windows.as(ann, "/friends/online");
  await expect(page.getByRole("heading", { name: "No friend is online" })).toBeVisible();
  await windows.as(ben, "/home");
  await expect(page.getByRole("main").getByRole("listitem").filter({ hasText: ben.username })).toBeVisible();
  await audit(page, "live: friends");
});
