/** What the tests do with a message. */
import type { Locator, Page } from "./test";

/** Opens the menu of a message, and does what it says. */
export async function inMessageMenu(message: Locator, entry: string): Promise<void> {
  await message.click({ button: "right" });
  await message.page().getByRole("menuitem", { name: entry }).click();
}

/** The field in which a message is being changed. */
export const editor = (page: Page): Locator => page.getByRole("textbox", { name: "Edit message" });

/** The list of channels. */
export const channelLink = (page: Page, name: string): Locator => page.locator(".sidebar").getByRole("link", { name });

/** Makes the page believe that nobody looks at it, until it is told otherwise. */
export async function lookAway(page: Page): Promise<void> {
  await page.evaluate(() => {
    Object.defineProperty(document, "hasFocus", { value: () => false, configurable: true });
    dispatchEvent(new Event("blur"));
  });
}

export async function lookBack(page: Page): Promise<void> {
  await page.evaluate(() => {
    delete (document as unknown as { hasFocus?: unknown }).hasFocus;
    dispatchEvent(new Event("focus"));
  });
}
