import { existsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "@playwright/test";

// The system's browsers; none is ever downloaded.
const chromium = process.env["BEEP_CHROMIUM"] ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync) ?? "";
const firefox = process.env["BEEP_FIREFOX"] ?? ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find(existsSync) ?? "";

export default defineConfig({
  testDir: "e2e",
  // Of what they leave only the screenshots are kept, elsewhere.
  outputDir: join(process.env["CARGO_TARGET_DIR"] ?? "../../target", "e2e"),
  // One uses a core and a half. Some measure time: "within a second" means nothing beside three others.
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  // On a busy machine a browser misses a moment now and then. What fails once is named as flaky.
  retries: 1,
  reporter: "list",
  use: {
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    viewport: { width: 1280, height: 800 },
    actionTimeout: 15_000,
  },
  projects: [
    // The soak takes minutes, and only Chromium counts what a page holds: `BEEP_SOAK=1` runs it.
    { name: "chromium", testIgnore: process.env["BEEP_SOAK"] ? [] : ["soak.spec.ts"], use: { launchOptions: { executablePath: chromium } } },
    {
      // What everybody does. Over WebDriver BiDi, which a released Firefox speaks. Playwright 1.65 begins with a command
      // (`emulation.setMediaFeaturesOverride`) that Firefox 153 does not know, so package.json keeps 1.64.
      name: "firefox",
      testMatch: ["chat.spec.ts", "keeping.spec.ts", "queue.spec.ts", "words.spec.ts"],
      use: {
        browserName: "firefox",
        channel: "moz-firefox",
        // Without a screen it knows of no mouse: these say that there is one, which is exact and can hover.
        launchOptions: { executablePath: firefox, firefoxUserPrefs: { "ui.primaryPointerCapabilities": 6, "ui.allPointerCapabilities": 6 } },
      },
    },
  ],
});
