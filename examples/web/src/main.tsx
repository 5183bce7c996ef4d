import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { locale, t } from "./i18n";
import { connect } from "./sdk";
import { Chat } from "./store/chat";
import "./styles/index.css";

document.documentElement.lang = locale;

const place = document.getElementById("root");
if (!place) throw new Error("the page has no place for the client");
const root = createRoot(place);

connect().then(
  (client) =>
    root.render(
      <StrictMode>
        <App chat={new Chat(client)} />
      </StrictMode>,
    ),
  (cause: unknown) => {
    root.render(<p role="alert" className="fatal">{t("start.failed", { reason: cause instanceof Error ? cause.message : String(cause) })}</p>);
  },
);
