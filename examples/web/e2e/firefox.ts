/** What Playwright does not do as a person would, where it drives Firefox over WebDriver BiDi. */
import type { BrowserContext } from "@playwright/test";

/**
 * Has text put into fields as by keys. Playwright assigns it to the field, and React takes what is assigned for its own: it
 * calls nobody.
 */
export async function insertAsByKeys(context: BrowserContext): Promise<void> {
  if (context.browser()?.browserType().name() !== "firefox") return;
  await context.addInitScript(() => {
    Object.defineProperty(window, "__pw_bidiInsertText", {
      get: () => (text: string) => void document.execCommand("insertText", false, text),
      set: () => {},
    });
  });
}

/** Whether the browser only says that a socket was not connected, which it tells as if the page had thrown it. */
export function isLostSocket(message: string): boolean {
  return /^(Firefox can’t establish a connection to the server at|The connection to) wss?:/.test(message);
}
