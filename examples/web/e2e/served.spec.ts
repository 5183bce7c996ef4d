/** How the backend serves the client: small, cached where it may be, and never in place of what is its own. */
import { request } from "node:http";
import { expect, test, type Backend } from "./test";

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  octets: number;
}

/** Asks as it stands: `fetch` would ask for encodings of its own and unpack them. */
function ask(backend: Backend, method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(`${backend.url}${path}`, { method, headers }, (answer) => {
      let octets = 0;
      answer.on("data", (chunk: Buffer) => (octets += chunk.length));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, octets }));
    });
    asked.on("error", reject).end();
  });
}

async function files(backend: Backend): Promise<string[]> {
  const page = await (await fetch(`${backend.url}/`)).text();
  // A typeface is compressed as it is.
  const scripts = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((found) => found[1]!).filter((path) => !path.endsWith(".woff2"));
  const modules: string[] = [];
  for (const script of scripts.filter((path) => path.endsWith(".js"))) {
    const text = await (await fetch(`${backend.url}${script}`)).text();
    modules.push(...[...text.matchAll(/\/?assets\/[\w.-]+\.wasm/g)].map(([path]) => `/${path.replace(/^\//, "")}`));
  }
  return [...new Set([...scripts, ...modules])];
}

test("what has a hash in its name is kept for ever, and comes as small as it gets", async ({ backend }) => {
  const paths = await files(backend);
  expect(paths.filter((path) => path.endsWith(".js")).length).toBeGreaterThan(0);
  expect(paths.filter((path) => path.endsWith(".wasm"))).toHaveLength(1);
  for (const path of paths) {
    const plain = await ask(backend, "GET", path);
    const [brotli, gzip] = [await ask(backend, "GET", path, { "accept-encoding": "gzip, br" }), await ask(backend, "GET", path, { "accept-encoding": "gzip" })];
    expect(plain.headers).toMatchObject({ "cache-control": "public, max-age=31536000, immutable", vary: "accept-encoding", "x-content-type-options": "nosniff" });
    expect([plain.headers["content-encoding"], gzip.headers["content-encoding"], brotli.headers["content-encoding"]]).toEqual([undefined, "gzip", "br"]);
    expect(brotli.octets).toBeLessThan(gzip.octets);
    expect(gzip.octets).toBeLessThan(plain.octets);
    const head = await ask(backend, "HEAD", path, { "accept-encoding": "br" });
    expect(head).toMatchObject({ status: 200, octets: 0, headers: { "content-length": String(brotli.octets), "content-type": brotli.headers["content-type"] } });
    const known = await ask(backend, "GET", path, { "if-none-match": String(plain.headers["etag"]) });
    expect(known).toMatchObject({ status: 304, octets: 0 });
  }
});

test("the page itself is asked for anew, under its policy, for every path of the client", async ({ backend }) => {
  for (const path of ["/", "/discover", "/invite/abc", "/s/0193@localhost/0194@localhost"]) {
    const { status, headers } = await ask(backend, "GET", path);
    expect(status, path).toBe(200);
    expect(headers).toMatchObject({ "content-type": "text/html; charset=utf-8", "cache-control": "no-cache", "referrer-policy": "no-referrer" });
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).toContain("font-src 'self'; manifest-src 'self'; worker-src 'self';");
    expect(policy).not.toMatch(/'unsafe-(inline|eval)'/);
  }
});

test("the service worker and the manifest are asked for anew, each as what it is", async ({ backend }) => {
  for (const [path, type] of [["/sw.js", "text/javascript; charset=utf-8"], ["/manifest.webmanifest", "application/manifest+json"], ["/icon-512.png", "image/png"]] as const) {
    const { status, headers } = await ask(backend, "GET", path);
    expect({ path, status }).toEqual({ path, status: 200 });
    expect(headers).toMatchObject({ "content-type": type, "cache-control": "no-cache" });
  }
});

test("what is the backend's stays the backend's", async ({ backend }) => {
  for (const [path, status, type] of [
    ["/v1/backend", 200, "application/json"],
    ["/v1/nothing", 404, "application/problem+json"],
    ["/v1", 404, "application/problem+json"],
    ["/docs", 200, "text/html; charset=utf-8"],
    ["/readyz", 200, "text/plain; charset=utf-8"],
    ["/livez", 200, "text/plain; charset=utf-8"],
    ["/healthz", 404, "application/problem+json"],
    ["/assets/index-of-yesterday.js", 404, "application/problem+json"],
    ["/robots.txt", 404, "application/problem+json"],
  ] as const) {
    const answer = await ask(backend, "GET", path);
    expect({ path, status: answer.status, type: answer.headers["content-type"] }).toEqual({ path, status, type });
  }
  expect((await ask(backend, "POST", "/")).status).toBe(404);
});

test("the tests themselves notice what no page may do", async ({ windows }) => {
  const page = await windows.open();
  await page.evaluate(() => {
    for (const [tag, text] of [["script", "window.ran = true"], ["style", "* { display: none }"]] as const) {
      const element = document.createElement(tag);
      element.textContent = text;
      document.head.append(element);
    }
    setTimeout(() => {
      throw new Error("nobody catches it");
    });
  });
  await expect.poll(() => windows.wrong.join("\n")).toMatch(/policy: script-src-elem(.|\n)*policy: style-src-elem/);
  await expect.poll(() => windows.wrong.join("\n")).toContain("nobody catches it");
  windows.wrong.length = 0;
});
