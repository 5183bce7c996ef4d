import { existsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "@playwright/test";

// The system's browser; none is ever downloaded.
const executablePath = process.env["BEEP_CHROMIUM"] ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync) ?? "";

export default defineConfig({
  testDir: "e2e",
  // Of what they leave only the screenshots are kept, elsewhere.
  outputDir: join(process.env["CARGO_TARGET_DIR"] ?? "../../target", "e2e"),
  // Each measures time somewhere: "within a second" means nothing on a machine that is busy with three others.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  reporter: "list",
  use: {
    launchOptions: { executablePath },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    viewport: { width: 1280, height: 800 },
    actionTimeout: 15_000,
  },
});
