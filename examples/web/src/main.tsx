import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { appearance, apply } from "./appearance/appearance";
import { loadFont } from "./appearance/font";
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
  root.render(
    client.status === "fulfilled" ? (
      <StrictMode>
        <ErrorBoundary><App chat={new Chat(client.value)} /></ErrorBoundary>
      </StrictMode>
    ) : (
      <p role="alert" className="fatal">{t("start.failed", { reason: client.reason instanceof Error ? client.reason.message : String(client.reason) })}</p>
    ),
  );
}
// Until it is here the page is in a font of the system; without it, it stays so.
loadFont().catch(() => {});
