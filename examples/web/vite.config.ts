import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where the backend is while developing; the built client is served by the backend itself. */
const backend = process.env["BEEP_URL"] ?? "http://127.0.0.1:8008";

const proxy = { "/v1": { target: backend, ws: true } };
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // Nothing inline: the page's policy allows scripts and styles of files alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // The SDK lies beside this folder, in the same repository.
  server: { proxy, fs: { allow: [".", "../../bindings/wasm/npm"] } },
  // As the backend serves it, its policy included.
  preview: { proxy, headers: { "content-security-policy": policy } },
  // The SDK finds its .wasm beside its own file, which pre-bundling would move.
  optimizeDeps: { exclude: ["@beep-chat/client"] },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
