import { useEffect, useState } from "react";
import { useSecondsLeft } from "../conversation/slow-mode";
import { t } from "../i18n";
import type { Connection } from "../store/chat";
import { useChat } from "../store/hooks";

/** Says how the connection is while it is not simply there, and tries again at once for who does not want to wait. */
export function Banner({ connection }: { connection: Connection }) {
  const isBack = useBack(connection.type);
  return (
    <div className="banner-place">
      {connection.type === "offline" ? (
        <Offline until={connection.retry_at} />
      ) : (
        <div role="status">
          {connection.type === "catching_up" && <p className="banner" data-connection="catching_up">{t("connection.catching_up")}</p>}
          {isBack && <p className="banner" data-connection="resumed">{t("connection.resumed")}</p>}
        </div>
      )}
    </div>
  );
}

function Offline({ until }: { until: string }) {
  const chat = useChat();
  const left = useSecondsLeft(until);
  return (
    <div className="banner" data-connection="offline">
      {/* Said once; the seconds are for who sees them. */}
      <span role="status">{t("connection.offline")}</span>{" "}
      <span aria-hidden="true">{left > 0 ? t("connection.retry", { seconds: left }) : t("connection.trying")}</span>{" "}
      <button type="button" className="text-button" onClick={() => chat.objects.networkIsBack()}>{t("connection.now")}</button>
    </div>
  );
}

/** Whether the connection was gone until just now. */
function useBack(type: Connection["type"]): boolean {
  const [was, setWas] = useState(false);
  useEffect(() => {
    if (type === "offline" || type === "catching_up") return setWas(true);
    if (type !== "live") return;
    const timer = setTimeout(() => setWas(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [type]);
  return was && type === "live";
}

const SHOWN_MS = 3_000;
