/** What axe says of a page. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { expect, type Page } from "@playwright/test";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Nothing serious or critical, in every theme, and in the colours that the system gives to all programs. */
export async function audit(page: Page, name: string): Promise<void> {
  for (const theme of ["light", "dark", "oled", "contrast"] as const) {
    await page.emulateMedia({ colorScheme: theme === "dark" || theme === "oled" ? "dark" : "light", reducedMotion: "reduce" });
    await page.evaluate((theme) => (document.documentElement.dataset["theme"] = theme), theme);
    await auditAsItIs(page, `${name}, ${theme}`);
  }
  await page.evaluate(() => (document.documentElement.dataset["theme"] = "system"));
  await page.emulateMedia({ forcedColors: "active", colorScheme: "dark", reducedMotion: "reduce" });
  await auditAsItIs(page, `${name}, forced colours`);
  await page.emulateMedia({ forcedColors: "none", colorScheme: "light", reducedMotion: "reduce" });
}

/** Nothing serious or critical as the page is. */
export async function auditAsItIs(page: Page, name: string): Promise<void> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run());
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = grave.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`);
  expect.soft(told, name).toEqual([]);
}
