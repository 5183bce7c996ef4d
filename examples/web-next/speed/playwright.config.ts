import { defineConfig } from "@playwright/test";
import base from "../playwright.config";

export default defineConfig(base, { testDir: ".", testMatch: "speed.ts", reporter: "line", timeout: 300_000 });
