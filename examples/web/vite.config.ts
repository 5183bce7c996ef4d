import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { parse } from "@formatjs/icu-messageformat-parser";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where the backend is while developing; the built client is served by the backend itself. */
const backend = process.env["BEEP_URL"] ?? "http://127.0.0.1:8008";

const proxy = { "/v1": { target: backend, ws: true } };
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Parses the sentences of a language while building, so that no page has to carry the parser. */
function sentences(): Plugin {
  return {
    name: "sentences",
    enforce: "pre",
    transform: {
      filter: { id: /\/locales\/[a-z]+\.json$/ },
      handler(text) {
        const parsed = Object.entries(JSON.parse(text) as Record<string, string>).map(([key, sentence]) => [key, /[{}'<]/.test(sentence) ? parse(sentence) : sentence]);
        return { code: `export default ${JSON.stringify(Object.fromEntries(parsed))}`, moduleType: "js", map: null };
      },
    },
  };
}

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
  plugins: [sentences(), react(), preloaded(), compressed()],
  resolve: { alias: { "@formatjs/icu-messageformat-parser": "@formatjs/icu-messageformat-parser/no-parser.js" } },
  build: {
    target: "es2022",
    // The first that know `light-dark()` and colours that follow from others.
    cssTarget: ["chrome123", "firefox128", "safari18"],
    // Nothing inline: the page's policy allows scripts and styles of files alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the first page needs comes in two files, not in one for each thing that a later page needs as well.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "library", test: /node_modules\/(react|react-dom|scheduler|lucide-react|intl-messageformat|@formatjs)\// },
            { name: "base", test: /\/src\/(?:i18n|router|title|places|sdk|appearance\/|store\/|ui\/(?:action|avatar|bidi|button|domain-badge|empty-state|error-boundary|field|icon|link|mark|name|skeleton)\.)/ },
          ],
        },
      },
    },
  },
  // The SDK lies beside this folder, in the same repository.
  server: { proxy, fs: { allow: [".", "../../bindings/wasm/npm"] } },
  // As the backend serves it, its policy included.
  preview: { proxy, headers: { "content-security-policy": policy } },
  // The SDK finds its .wasm beside its own file, which pre-bundling would move.
  optimizeDeps: { exclude: ["@beep-chat/client"] },
  test: { include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["src/test-setup.ts"] },
});
