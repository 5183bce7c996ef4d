import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where the backend is while developing; the built client is served by the backend itself. */
const backend = process.env["BEEP_URL"] ?? "http://127.0.0.1:8008";

const proxy = { "/v1": { target: backend, ws: true } };
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Lays beside each built file what a server may send in its place, as small as it gets. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    async writeBundle({ dir }) {
      for (const file of await readdir(dir ?? "dist", { recursive: true, withFileTypes: true })) {
        if (!file.isFile() || !/\.(html|js|css|wasm|svg|json|txt)$/.test(file.name)) continue;
        const path = join(file.parentPath, file.name);
        const content = await readFile(path);
        const brotli = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } });
        const gzip = gzipSync(content, { level: 9 });
        for (const [ending, small] of [["br", brotli], ["gz", gzip]] as const) {
          if (small.length < content.length) await writeFile(`${path}.${ending}`, small);
        }
      }
    },
  };
}

/** Has the browser fetch the SDK's module beside the script, not after it. */
function preloaded(): Plugin {
  return {
    name: "preloaded",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (_, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((file) => file.endsWith(".wasm"))
          .map((file) => ({ tag: "link", attrs: { rel: "preload", as: "fetch", type: "application/wasm", crossorigin: true, href: `/${file}` }, injectTo: "head" as const })),
    },
  };
}

export default defineConfig({
  plugins: [react(), preloaded(), compressed()],
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
