import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { AccountPage } from "./account/account-page";
import { arrived } from "./account/step";
import { t } from "./i18n";
import { paths, routeOf, usePath, type Route } from "./router";
import { BeepError, homeOf } from "./sdk";
import { InvitePage } from "./server/invite-page";
import type { Chat } from "./store/chat";
import { ChatContext } from "./store/hooks";
import { useTitle } from "./title";
import { explain, OpenDomain } from "./ui/action";
import { Button } from "./ui/button";
import { EmptyState } from "./ui/empty-state";
import { Wordmark } from "./ui/mark";

type Start = "restoring" | "done" | BeepError;

// Fetched while one signs in, and beside the session: nobody waits for it afterwards.
const loadShell = () => import("./shell").then(({ Shell }) => ({ default: Shell }));
const Shell = lazy(loadShell);

export function App({ chat }: { chat: Chat }) {
  const { me, expired, replaced, leaving } = useSyncExternalStore(chat.subscribe, chat.view);
  const route = routeOf(usePath());
  const { start, again } = useRestored(chat);
  const signedIn = me !== null;
  useEffect(() => {
    if (signedIn) arrived();
  }, [signedIn]);

  if (leaving) return <Waiting text={t("logout.waits")} />;
  if (start === "restoring") return <Waiting text={t("start.starting")} />;
  if (start instanceof BeepError) {
    return (
      <main className="fatal">
        <EmptyState icon="warning" title={t("start.trouble")}>
          <p role="alert">{explain(start)}</p>
          <Button look="primary" onClick={again}>{t("retry")}</Button>
        </EmptyState>
      </main>
    );
  }
  if (replaced) return <Replaced />;
  return (
    <ChatContext value={chat}>
      {me ? (
        <Suspense fallback={<Waiting text={t("start.starting")} />}><OpenDomain value={domainAt(route)}><Shell route={route} /></OpenDomain></Suspense>
      ) : route.at === "invite" ? (
        <InvitePage code={route.code}><AccountPage expired={expired} invited /></InvitePage>
      ) : (
        <AccountPage expired={expired} />
      )}
    </ChatContext>
  );
}

function domainAt(route: Route): string | null {
  if (route.at === "private") return homeOf(route.channel);
  return route.at === "server" || route.at === "settings" ? homeOf(route.server) : null;
}

function Waiting({ text }: { text: string }) {
  return <div className="starting" role="status"><Wordmark /><span className="hidden">{text}</span></div>;
}

/** For a tab whose session another tab has ended by signing in as somebody else. */
function Replaced() {
  useTitle(t("replaced.title"));
  return (
    <main className="fatal">
      <EmptyState icon="person" title={t("replaced.title")}>
        <p role="alert">{t("replaced.text")}</p>
        <Button look="primary" onClick={() => location.assign(paths.start)}>{t("replaced.go")}</Button>
      </EmptyState>
    </main>
  );
}

/** Takes up the session of an earlier visit, if there is one. */
function useRestored(chat: Chat) {
  const [start, setStart] = useState<Start>("restoring");
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    void loadShell();
    chat.restore(stop.signal).then(
      () => {
        if (!stop.signal.aborted) setStart("done");
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
