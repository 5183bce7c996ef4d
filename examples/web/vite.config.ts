import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { parse } from "@formatjs/icu-messageformat-parser";
import react from "@vitejs/plugin-react";
import { build, type Plugin } from "vite";
import { defineConfig } from "vitest/config";
import type { Files } from "./src/worker/scope";

/** Where the backend is while developing; the built client is served by the backend itself. */
const backend = process.env["BEEP_URL"] ?? "http://127.0.0.1:8008";

const proxy = { "/v1": { target: backend, ws: true } };
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

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
        if (!file.isFile() || !/\.(html|js|css|wasm|svg|json|webmanifest|txt)$/.test(file.name)) continue;
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

/** Has the browser fetch the SDK's module and the typeface beside the script, not after it. */
function preloaded(): Plugin {
  return {
    name: "preloaded",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (_, { bundle }) =>
        Object.keys(bundle ?? {}).flatMap((file) => {
          const attrs = file.endsWith(".wasm") ? { as: "fetch", type: "application/wasm" } : FIRST_FONT.test(file) ? { as: "font", type: "font/woff2" } : null;
          return attrs ? [{ tag: "link", attrs: { rel: "preload", ...attrs, crossorigin: true, href: `/${file}` }, injectTo: "head" as const }] : [];
        }),
    },
  };
}

/** Latin, of the typeface of the page. */
const FIRST_FONT = /inter-latin-wght-normal-[\w-]+\.woff2$/;

/** Builds the service worker, with the list of the files that it keeps. */
function worker(): Plugin {
  return {
    name: "worker",
    apply: "build",
    generateBundle: {
      order: "post",
      async handler(_, bundle) {
        const hash = createHash("sha256");
        const files: { early: string[]; spare: string[] } = { early: [], spare: [] };
        const add = (path: string, content: string | Uint8Array, isSpare: boolean) => {
          hash.update(path).update(content);
          files[isSpare ? "spare" : "early"].push(path);
        };
        for (const file of (await readdir("public")).sort()) add(`/${file}`, await readFile(join("public", file)), false);
        for (const [file, made] of Object.entries(bundle).sort()) {
          if (made.type === "chunk") add(`/${file}`, made.code, made.moduleIds.length > 0 && made.moduleIds.every((id) => SPARE.test(id)));
          else add(file === "index.html" ? "/" : `/${file}`, made.source, /\.woff2$/.test(file) && !FIRST_FONT.test(file));
        }
        const list: Files = { version: hash.digest("hex").slice(0, 16), ...files };
        const built = await build({
          configFile: false,
          publicDir: false,
          logLevel: "warn",
          define: { __FILES__: JSON.stringify(list) },
          build: { write: false, target: "es2022", rolldownOptions: { input: "src/worker/sw.ts", output: { format: "iife", entryFileNames: "sw.js" } } },
        });
        for (const { output } of [built].flat().filter((one) => "output" in one)) {
          for (const made of output) if (made.type === "chunk") this.emitFile({ type: "asset", fileName: made.fileName, source: made.code });
        }
      },
    },
  };
}

/** What not everybody needs: sentences, emoji and colours of code, each by language. */
const SPARE = /\/locales\/|\/emojibase-data\/|\/highlight\.js\//;

export default defineConfig({
  plugins: [sentences(), react(), preloaded(), worker(), compressed()],
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
            { name: "base", test: /\/src\/(?:i18n|router|title|places|sdk|appearance\/|store\/|server\/domain\.|ui\/(?:action|avatar|bidi|button|domain-badge|empty-state|error-boundary|field|icon|link|mark|name|skeleton)\.)/ },
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
