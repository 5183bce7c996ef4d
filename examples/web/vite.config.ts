import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where the backend is while developing; the built client is served by the backend itself. */
const backend = process.env["BEEP_URL"] ?? "http://127.0.0.1:8008";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // Nothing inline: the page's policy allows scripts and styles of files alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/v1": { target: backend, ws: true } } },
  // The SDK finds its .wasm beside its own file, which pre-bundling would move.
  optimizeDeps: { exclude: ["@beep-chat/client"] },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
