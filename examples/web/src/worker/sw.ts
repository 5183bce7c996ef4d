/**
 * The service worker: keeps the files of the client on this device, so that the page opens without the backend. It never
 * sees what the backend answers. A version is kept whole, and used once a page asks for it or one page at most is open.
 */
import { answerOf, carriedOver, isHashed, PAGE, type Files } from "./scope";
import type { FromPage, ToPage } from "./words";

declare const self: ServiceWorkerGlobalScope;
/** Put in by the build. */
declare const __FILES__: Files;

const files = __FILES__;
const PREFIX = "beep-client-";
const OWN = PREFIX + files.version;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const answer = answerOf(request, self.location.origin, files);
  if (answer === "page") event.respondWith(page(request));
  if (answer === "file") event.respondWith(found(new URL(request.url).pathname, request, (keeping) => event.waitUntil(keeping)));
});

self.addEventListener("message", (event) => {
  const said = event.data as FromPage;
  if (said.type === "activate") event.waitUntil(self.skipWaiting());
  else event.waitUntil(keepAll(files.spare.filter((path) => said.paths.includes(path))));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(String(event.notification.data)));
});

/** The page; whoever opens it while a later version waits, and has no other open, gets that version. */
async function page(request: Request): Promise<Response> {
  const { waiting } = self.registration;
  if (!waiting || (await self.clients.matchAll({ type: "window" })).length > 1) return found(PAGE, request);
  waiting.postMessage({ type: "activate" } satisfies FromPage);
  return new Response(null, { headers: { refresh: "0" } });
}

async function install(): Promise<void> {
  const kept = await Promise.all((await versions()).map(async (name) => (await caches.open(name)).keys()));
  const paths = kept.flat().map(({ url }) => new URL(url).pathname);
  await keepAll([...files.early, ...carriedOver(files.spare, paths)]);
}

/** Drops earlier versions but the last, of which a page may be open that somebody does not want to leave. */
async function activate(): Promise<void> {
  const earlier = (await versions()).filter((name) => name !== OWN);
  for (const name of earlier.slice(0, -1)) await caches.delete(name);
  await self.clients.claim();
}

/** What is kept of all versions, oldest first. */
async function versions(): Promise<string[]> {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX));
}

async function keepAll(paths: readonly string[]): Promise<void> {
  const cache = await caches.open(OWN);
  await Promise.all(
    paths.map(async (path) => {
      // The same name is the same file, whichever version it was kept for.
      const same = isHashed(path) ? await caches.match(path, LOOSELY) : undefined;
      const answer = same ?? (await fetch(path, { cache: isHashed(path) ? "default" : "no-cache" }));
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      await cache.put(path, answer);
    }),
  );
}

/** What is kept of a path, or else what the backend has; with `later`, that is kept as well. */
async function found(path: string, request: Request, later?: (keeping: Promise<void>) => void): Promise<Response> {
  const cache = await caches.open(OWN);
  const kept = (await cache.match(path, LOOSELY)) ?? (isHashed(path) ? await caches.match(path, LOOSELY) : undefined);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && later && files.spare.includes(path)) later(cache.put(path, answer.clone()));
  return answer;
}

/** Shows a path of the client: in a page that is open, else in a new one. */
async function show(path: string): Promise<void> {
  const [page] = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!page) return void (await self.clients.openWindow(path));
  page.postMessage({ type: "open", path } satisfies ToPage);
  await page.focus();
}

/** The backend names `accept-encoding` in `vary`, which no page of a browser sets. */
const LOOSELY = { ignoreVary: true } as const;
