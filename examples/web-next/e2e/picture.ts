/** Pictures for people to look at, in both themes. */
import { join } from "node:path";
import type { Page } from "./test";

export const FOLDER = join(process.env["CARGO_TARGET_DIR"] ?? "../../target", "screenshots");

export async function picture(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`), animations: "disabled", caret: "initial" });
  }
}
