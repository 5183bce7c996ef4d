import { t } from "../i18n";
import type { Connection } from "../store/chat";

/** Says how the connection is while it is not simply there. */
export function Banner({ connection }: { connection: Connection }) {
  const text = textOf(connection);
  return (
    <div role="status" className="banner-place">
      {text !== null && <p className="banner" data-connection={connection}>{text}</p>}
    </div>
  );
}

function textOf(connection: Connection): string | null {
  switch (connection) {
    case "offline":
      return t("connection.offline");
    case "catching_up":
      return t("connection.catching_up");
    case "resumed":
      return t("connection.resumed");
    case "connecting":
    case "live":
      return null;
  }
}
