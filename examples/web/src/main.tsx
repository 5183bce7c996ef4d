import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { appearance, apply } from "./appearance/appearance";
import { direction, locale, speak, t } from "./i18n";
import { connect } from "./sdk";
import { Chat } from "./store/chat";
import { ErrorBoundary } from "./ui/error-boundary";
import { tolerateForeignElements } from "./ui/foreign-dom";
import { followViewport } from "./ui/viewport";
import "./styles/index.css";

document.documentElement.lang = locale;
document.documentElement.dir = direction;
apply(appearance(), document.documentElement);
tolerateForeignElements();
followViewport();

const place = document.getElementById("root");
if (!place) throw new Error("the page has no place for the client");
const root = createRoot(place);

const Gallery = import.meta.env.DEV ? lazy(() => import("./gallery/gallery").then(({ Gallery }) => ({ default: Gallery }))) : null;

if (Gallery && location.pathname === "/gallery") {
  await speak();
  root.render(<Suspense><Gallery /></Suspense>);
} else {
  // The sentences and the SDK come at once.
  const [client] = await Promise.allSettled([connect(), speak()]);
  if (client.status === "fulfilled") {
    const chat = new Chat(client.value);
    root.render(
      <StrictMode>
        <ErrorBoundary><App chat={chat} /></ErrorBoundary>
      </StrictMode>,
    );
    if (import.meta.env.PROD) keep(chat);
  } else {
    root.render(<p role="alert" className="fatal">{t("start.failed", { reason: client.reason instanceof Error ? client.reason.message : String(client.reason) })}</p>);
  }
}

/** Has the device keep the client, once the first page is there and nothing else is to be done. */
function keep(chat: Chat): void {
  const begin = () => import("./worker/page").then(({ keepClient }) => keepClient(chat)).catch((cause: unknown) => console.warn("the client is not kept on this device:", cause));
  if ("requestIdleCallback" in globalThis) requestIdleCallback(begin, { timeout: 5_000 });
  else setTimeout(begin, 1_000);
}
