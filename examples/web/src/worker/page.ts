/** The page's side of the service worker: has it keep the client on this device, and offers each new version. */
import { t } from "../i18n";
import { navigate } from "../router";
import type { Chat } from "../store/chat";
import { onNetworkBack } from "../store/network";
import { offer } from "../ui/toast";
import type { FromPage, ToPage } from "./words";

export async function keepClient(chat: Chat): Promise<void> {
  const { serviceWorker: container } = navigator;
  if (!container) return; // Browsers have none in a private window, or where the page came without TLS.
  container.addEventListener("message", ({ data }: MessageEvent<ToPage>) => navigate(data.path));
  const registration = await container.register("/sw.js", { updateViaCache: "none" });
  reloadWith(chat, container, registration);
  lookForUpdates(chat, registration);
  const { active } = await container.ready;
  active?.postMessage({ type: "keep", paths: performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname) } satisfies FromPage);
}

/** Offers a version that waits; once it is taken, here or in another tab, the page is loaded anew. */
function reloadWith(chat: Chat, container: ServiceWorkerContainer, registration: ServiceWorkerRegistration): void {
  let replaced = container.controller !== null;
  const waits = () => {
    // Without one in use, the first is coming.
    if (!registration.waiting || !registration.active) return;
    offer(t("update.ready"), t("update.reload"), () => {
      replaced = true;
      registration.waiting?.postMessage({ type: "activate" } satisfies FromPage);
    });
  };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", waits));
  waits();
  container.addEventListener("controllerchange", () => {
    if (replaced) void reload(chat);
    replaced = true;
  });
}

async function reload(chat: Chat): Promise<void> {
  const stored = chat.view().me === null ? null : chat.objects.saved().catch(() => {});
  await Promise.race([stored, new Promise((late) => setTimeout(late, STORED_MS))]);
  location.reload();
}

/** A new version comes with a backend that was started anew; else somebody who comes back looks for it. */
function lookForUpdates(chat: Chat, registration: ServiceWorkerRegistration): void {
  let looked = Date.now();
  const look = () => {
    if (Date.now() - looked < AGAIN_MS) return;
    looked = Date.now();
    registration.update().catch(() => {
      // Without the backend there is none.
    });
  };
  let { type } = chat.view().connection;
  chat.subscribe(() => {
    const before = type;
    type = chat.view().connection.type;
    if (type === "live" && before !== "live") look();
  });
  onNetworkBack(look);
  setInterval(look, HOUR_MS);
}

/** How long what was written may take to be stored before the page goes. */
const STORED_MS = 2_000;
const AGAIN_MS = 60_000;
const HOUR_MS = 3_600_000;
