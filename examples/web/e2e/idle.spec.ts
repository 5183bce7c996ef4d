/** Who gives no input for a while is seen as idle, and as there again with the next. */
import { connected, expect, fillLogIn, pathTo, PASSWORD, test, type Page } from "./test";

const own = (page: Page) => page.locator(".self .presence");
const seen = (page: Page, name: string) => page.getByRole("complementary", { name: "Members" }).getByRole("button", { name }).locator(".presence");

test("somebody who leaves the keyboard is seen as idle, and as there again once they are back", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const other = await windows.as(ben, pathTo(place));
  const page = await windows.open(pathTo(place));
  // Of the clock alone: minutes pass at once.
  await page.clock.install();
  await fillLogIn(page, ann.username, PASSWORD);
  await connected(page);
  await expect(seen(other, ann.username)).toHaveAttribute("data-status", "online");
  await page.clock.fastForward("11:00");
  await expect(own(page)).toHaveAttribute("data-status", "idle");
  await expect(seen(other, ann.username)).toHaveAttribute("data-status", "idle");
  await page.keyboard.press("Shift");
  await expect(own(page)).toHaveAttribute("data-status", "online");
  await expect(seen(other, ann.username)).toHaveAttribute("data-status", "online");

  // Whoever chose it stays so.
  await page.locator(".self-button").click();
  await page.getByRole("menuitem", { name: "Idle" }).click();
  await expect(seen(other, ann.username)).toHaveAttribute("data-status", "idle");
  await page.clock.fastForward("00:05");
  await page.keyboard.press("Shift");
  await page.locator(".self-button").click();
  await page.getByRole("menuitem", { name: "Do not disturb" }).click();
  await expect(seen(other, ann.username)).toHaveAttribute("data-status", "dnd");
  await page.clock.fastForward("11:00");
  await page.locator(".self-button").click();
  await expect(own(page)).toHaveAttribute("data-status", "dnd");
});
