import { useEffect, useState, type ReactNode } from "react";
import { Conversation } from "../conversation/conversation";
import { useWatched } from "../presence/hooks";
import { navigate, paths } from "../router";
import { t } from "../i18n";
import { BeepError, homeOf, type Channel } from "../sdk";
import { useChannel, useChat } from "../store/hooks";
import { useTitle } from "../title";
import { explain } from "../ui/action";
import { Button } from "../ui/button";
import { EmptyState } from "../ui/empty-state";
import { Skeleton } from "../ui/skeleton";
import { usePartner, usePrivateName } from "./hooks";

/** A private conversation by its address; `nowhere` stands in place of one that is not there. */
export function PrivatePage({ id, menu, nowhere, onMembers }: { id: string; menu: ReactNode; nowhere: ReactNode; onMembers: () => void }) {
  const channel = useChannel(id);
  const server = channel?.server_id ?? null;
  useEffect(() => {
    if (server !== null) navigate(paths.channel(server, id), { replace: true });
  }, [server, id]);
  if (channel === null) return <Awaited key={id} id={id} menu={menu} nowhere={nowhere} />;
  return server === null ? <Opened key={id} channel={channel} menu={menu} onMembers={onMembers} /> : null;
}

function Opened({ channel, menu, onMembers }: { channel: Channel; menu: ReactNode; onMembers: () => void }) {
  const name = usePrivateName(channel);
  const partner = usePartner(channel);
  useTitle(partner === null ? name : `@${name}`);
  useWatched(channel.id, channel.participants);
  return <Conversation known={null} channel={channel} menu={menu} onMembers={onMembers} />;
}

/** One that is not known: it was opened just now and an event will tell of it, or there is none. */
function Awaited({ id, menu, nowhere }: { id: string; menu: ReactNode; nowhere: ReactNode }) {
  const { client } = useChat();
  const [error, setError] = useState<BeepError | null>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setError(null);
    client.channels.get({ channel: id }, { signal: stop.signal }).catch((cause: unknown) => {
      if (stop.signal.aborted) return;
      if (!(cause instanceof BeepError)) throw cause;
      setError(cause);
    });
    return () => stop.abort();
  }, [client, id, tries]);
  if (error !== null && ["not_found", "invalid_request", "configuration"].includes(error.code)) return nowhere;
  return (
    <div className="page">
      <header className="bar">{menu}</header>
      {error === null ? <Skeleton rows={8} shape="message" /> : (
        <EmptyState icon="warning" title={t("conversation.failed")}>
          <p role="alert">{explain(error, homeOf(id))}</p>
          <Button look="primary" onClick={() => setTries(tries + 1)}>{t("retry")}</Button>
        </EmptyState>
      )}
    </div>
  );
}
