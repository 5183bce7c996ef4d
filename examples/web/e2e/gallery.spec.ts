/** Every component in every theme, as a development build shows them: pictures, and what axe says. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { surroundings } from "./backend";
import { auditAsItIs } from "./audit";
import { FOLDER } from "./picture";
import { expect, test as base } from "@playwright/test";

const test = base.extend<object, { gallery: string }>({
  gallery: [
    async ({}, use) => {
      const vite = spawn(join("node_modules", ".bin", "vite"), ["--host", "127.0.0.1", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"], env: { ...surroundings(), NO_COLOR: "1" } });
      await use(`${await addressOf(vite)}/gallery`);
      const ended = once(vite, "exit");
      vite.kill("SIGKILL");
      await ended;
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

async function addressOf(vite: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: vite.stdout! })) {
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
    if (address) return address[0];
  }
  throw new Error("the development server ended before it listened");
}

test("the components in every theme", async ({ gallery, page }) => {
  test.setTimeout(120_000);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.setViewportSize({ width: 1180, height: 2300 });
  await page.goto(gallery);
  await expect(page.getByRole("heading", { name: "Components" })).toBeVisible({ timeout: 60_000 });
  for (const theme of ["light", "dark", "oled", "contrast"]) {
    await page.getByRole("button", { name: theme, exact: true }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(FOLDER, `gallery-${theme}.png`), animations: "disabled" });
    await auditAsItIs(page, `gallery, ${theme}`);
  }
  await page.emulateMedia({ forcedColors: "active", colorScheme: "dark" });
  await page.screenshot({ path: join(FOLDER, "gallery-forced.png"), animations: "disabled" });
  await auditAsItIs(page, "gallery, forced colours");
  await page.emulateMedia({ forcedColors: "none", colorScheme: "light" });
  for (const name of ["Dialog", "Confirm", "Confirm by name", "Menu", "Popover"]) {
    const opener = page.getByRole("button", { name, exact: true });
    await opener.click();
    await expect(page.getByRole(name === "Menu" ? "menu" : "dialog")).toBeVisible();
    await page.screenshot({ path: join(FOLDER, `gallery-${name.toLowerCase().replaceAll(" ", "-")}.png`), animations: "disabled", clip: { x: 0, y: 0, width: 1180, height: 2300 } });
    await page.keyboard.press("Escape");
    await expect(opener, `${name} gives the focus back`).toBeFocused();
  }
});
