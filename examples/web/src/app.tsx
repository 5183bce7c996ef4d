import { useEffect, useState, useSyncExternalStore } from "react";
import { AccountPage } from "./account/account-page";
import { InvitePage } from "./server/invite-page";
import { t } from "./i18n";
import { routeOf, usePath } from "./router";
import { BeepError } from "./sdk";
import { Shell } from "./shell";
import type { Chat } from "./store/chat";
import { ChatContext } from "./store/hooks";
import { explain } from "./ui/action";

type Start = "restoring" | "done" | BeepError;

export function App({ chat }: { chat: Chat }) {
  const { me, expired } = useSyncExternalStore(chat.subscribe, chat.view);
  const route = routeOf(usePath());
  const { start, again } = useRestored(chat);

  if (start === "restoring") return <p className="starting" role="status">{t("start.starting")}</p>;
  if (start instanceof BeepError) {
    return (
      <main className="fatal">
        <p role="alert">{explain(start)}</p>
        <button type="button" className="button primary" onClick={again}>{t("retry")}</button>
      </main>
    );
  }
  return (
    <ChatContext value={chat}>
      {me ? (
        <Shell route={route} />
      ) : route.at === "invite" ? (
        <InvitePage code={route.code}><AccountPage expired={expired} /></InvitePage>
      ) : (
        <AccountPage expired={expired} />
      )}
    </ChatContext>
  );
}

/** Signs in by the cookie of an earlier visit, if there is one. */
function useRestored(chat: Chat) {
  const [start, setStart] = useState<Start>("restoring");
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    chat.client.restore({ signal: stop.signal }).then(
      (me) => {
        if (stop.signal.aborted) return;
        if (me) chat.enter(me);
        setStart("done");
      },
      (cause: unknown) => {
        if (stop.signal.aborted) return;
        if (!(cause instanceof BeepError)) throw cause;
        setStart(cause);
      },
    );
    return () => stop.abort();
  }, [chat, tries]);
  return {
    start,
    again: () => {
      setStart("restoring");
      setTries(tries + 1);
    },
  };
}
