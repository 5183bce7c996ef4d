import { defineConfig } from "@playwright/test";
import base from "../playwright.config";

// One browser: the aims are Chromium's, which alone can slow its processor down.
const projects = base.projects?.filter(({ name }) => name === "chromium") ?? [];

export default defineConfig({ ...base, projects, testDir: ".", testMatch: "speed.ts", reporter: "line", timeout: 900_000 });
