import { useDeferredValue, useEffect, useState, type ReactNode } from "react";
import { counted, t } from "../i18n";
import { navigate, paths } from "../router";
import type { KnownServer, Server } from "../sdk";
import { useChat } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Field } from "../ui/field";
import { Link } from "../ui/link";

/** Public servers, found by name and description. */
export function Discover({ menu, joined }: { menu: ReactNode; joined: readonly KnownServer[] }) {
  const { servers } = useChat().client;
  const [query, setQuery] = useState("");
  const q = useDeferredValue(query.trim());
  const [found, setFound] = useState<readonly Server[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [searched, setSearched] = useState(false);
  const { run, busy, error, setError } = useAction();
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      servers.discover({ ...(q && { q }), limit: 50 }, { signal: stop.signal }).then(
        (page) => {
          setFound(page.items);
          setNext(page.next);
          setSearched(true);
        },
        (cause) => !stop.signal.aborted && setError(cause),
      );
    }, 200);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [q, servers, setError]);
  const more = async () => {
    const page = await servers.discover({ ...(q && { q }), limit: 50, ...(next !== null && { cursor: next }) });
    setFound([...found, ...page.items]);
    setNext(page.next);
  };
  const join = async (server: Server) => navigate(paths.server((await servers.join({ server: server.id })).server_id));
  return (
    <div className="page">
      <header className="bar">{menu}<h1>{t("discover.title")}</h1></header>
      <div className="panel">
        <search><Field label={t("discover.search")} type="search" value={query} onChange={(event) => setQuery(event.target.value)} /></search>
        <Problem error={error} />
        <ul className="cards">
          {found.map((server) => (
            <li key={server.id} className="server-card">
              <Avatar id={server.id} name={server.name} />
              <h2>{server.name}</h2>
              <p>{server.description}</p>
              <small>{counted("members.count", server.member_count)}</small>
              {joined.some((known) => known.server.id === server.id) ? (
                <Link className="button" href={paths.server(server.id)} aria-label={t("open.server", { server: server.name })}>{t("open")}</Link>
              ) : (
                <button type="button" className="button primary" disabled={busy} aria-label={t("join.server", { server: server.name })} onClick={() => run(() => join(server))}>{t("join")}</button>
              )}
            </li>
          ))}
        </ul>
        <p role="status" className="hint">{searched && found.length === 0 && t("discover.none")}</p>
        {next !== null && <button type="button" className="button" disabled={busy} onClick={() => run(more)}>{t("more")}</button>}
      </div>
    </div>
  );
}
