import { useCallback, useEffect, useState } from "react";
import { t } from "../i18n";
import { BeepError, type Server } from "../sdk";
import { ends, isAhead } from "../store/end";
import { useChat } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { DomainBadge } from "../ui/domain-badge";
import { Name } from "../ui/name";

export interface Looked {
  readonly server: Server | null;
  /** Whether it is private or gone: to who is no member it looks alike. */
  readonly hidden: boolean;
  again(): void;
}

/** A server as anybody sees it who may. */
export function useServer(id: string | null): Looked {
  const { servers } = useChat().client;
  const [server, setServer] = useState<Server | null>(null);
  const [hidden, setHidden] = useState(false);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    setHidden(false);
    if (id === null) return setServer(null);
    const stop = new AbortController();
    servers.get({ server: id }, { signal: stop.signal }).then(setServer, (cause: unknown) => {
      if (stop.signal.aborted) return;
      if (!(cause instanceof BeepError)) throw cause;
      setServer(null);
      setHidden(true);
    });
    return () => stop.abort();
  }, [servers, id, tries]);
  return { server, hidden, again: useCallback(() => setTries((tries) => tries + 1), []) };
}

/** Which server it is, and whether it is suspended. */
export function ServerLine({ id, server, hidden }: { id: string; server: Server | null; hidden: boolean }) {
  const name = server?.name ?? (hidden ? t("server.hidden") : "…");
  return (
    <>
      <Avatar id={id} name={server?.name ?? ""} server />
      <div className="line">
        <strong><Name>{name}</Name></strong> <DomainBadge id={id} />
        <small className="quiet">{server ? `${t(`server.${server.visibility}`)} · ${t("members.count", { count: server.member_count })}` : <bdi dir="ltr">{id}</bdi>}</small>
        {server && isAhead(server.suspended_until) && <p className="wrong">{t("suspended.until", ends(server.suspended_until))}</p>}
      </div>
    </>
  );
}
