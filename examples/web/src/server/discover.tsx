import { useDeferredValue, useEffect, useState, type ReactNode } from "react";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import type { KnownServer, Server } from "../sdk";
import { ends, isAhead } from "../store/end";
import { useChat } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { DomainBadge } from "../ui/domain-badge";
import { EmptyState } from "../ui/empty-state";
import { Field } from "../ui/field";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { Name } from "../ui/name";
import { Skeleton } from "../ui/skeleton";
import { useTitle } from "../title";
import { codeIn } from "./code";

/** Public servers, found by name and description, here or on another backend; and where to enter an invitation. */
export function Discover({ menu, joined }: { menu: ReactNode; joined: readonly KnownServer[] }) {
  const { servers } = useChat().client;
  const federates = useFederates();
  useTitle(t("discover.title"));
  const [query, setQuery] = useState("");
  const [where, setWhere] = useState("");
  const q = useDeferredValue(query.trim());
  const domain = useDeferredValue(where.trim().toLowerCase());
  const [found, setFound] = useState<readonly Server[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [searched, setSearched] = useState(false);
  const { run, busy, error, setError } = useAction();
  useEffect(() => {
    const stop = new AbortController();
    setSearched(false);
    setError(null);
    const search = () => {
      servers.discover({ ...(q && { q }), ...(domain && { domain }), limit: 50 }, { signal: stop.signal }).then(
        (page) => {
          setError(null);
          setFound(page.items);
          setNext(page.next);
          setSearched(true);
        },
        (cause) => {
          if (stop.signal.aborted) return;
          setFound([]);
          setNext(null);
          setError(cause);
        },
      );
    };
    // A domain that is being written is none yet, and nobody is asked for half of one.
    const timer = setTimeout(search, domain ? 700 : 200);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [q, domain, servers, setError]);
  const more = async () => {
    const page = await servers.discover({ ...(q && { q }), ...(domain && { domain }), limit: 50, ...(next !== null && { cursor: next }) });
    setFound([...found, ...page.items]);
    setNext(page.next);
  };
  const join = async (server: Server) => navigate(paths.server((await servers.join({ server: server.id })).server_id));
  return (
    <div className="page">
      <header className="bar">{menu}<Icon name="discover" /><h1 tabIndex={-1}>{t("discover.title")}</h1></header>
      <div className="panel">
        <search className="row">
          <Field label={t("discover.search")} type="search" value={query} onChange={(event) => setQuery(event.target.value)} />
          {federates && (
            <Field label={t("discover.where")} hint={t("discover.where.hint")} inputMode="url" autoCapitalize="none" autoComplete="off" spellCheck={false} dir="ltr" placeholder="b.example.com" value={where} onChange={(event) => setWhere(event.target.value)} />
          )}
        </search>
        <Problem error={error} domain={domain} />
        <ul className="cards">
          {found.map((server) => (
            <li key={server.id} className="server-card">
              <Avatar id={server.id} name={server.name} server size="large" />
              <h2><Name>{server.name}</Name> <DomainBadge id={server.id} /></h2>
              <p dir="auto">{server.description}</p>
              <small><Icon name="people" small /> {t("members.count", { count: server.member_count })}</small>
              {joined.some((known) => known.server.id === server.id) ? (
                <Link className="button" href={paths.server(server.id)} aria-label={t("open.server", { server: server.name })}>{t("open")}</Link>
              ) : isAhead(server.suspended_until) ? (
                <p className="notice">{t("suspended.until", ends(server.suspended_until))}</p>
              ) : (
                <Button look="primary" busy={busy} aria-label={t("join.server", { server: server.name })} onClick={() => run(() => join(server))}>{t("join")}</Button>
              )}
            </li>
          ))}
        </ul>
        {!searched && found.length === 0 && !error && <Skeleton rows={4} shape="person" />}
        <div role="status">{searched && found.length === 0 && <EmptyState icon="discover" level={2} title={t("discover.none")}><p>{t("discover.none.text")}</p></EmptyState>}</div>
        {next !== null && <div><Button busy={busy} onClick={() => run(more)}>{t("more")}</Button></div>}
        <Invited />
      </div>
    </div>
  );
}

/** For whoever was given a code, or a link to another backend. */
function Invited() {
  const [text, setText] = useState("");
  const code = codeIn(text);
  return (
    <form className="row invited-by-code" onSubmit={(event) => { event.preventDefault(); if (code) navigate(paths.invite(code)); }}>
      <Field label={t("invite.code")} hint={t("invite.code.hint")} autoCapitalize="none" autoComplete="off" spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
      <Button type="submit" disabled={code === ""}>{t("invite.open")}</Button>
    </form>
  );
}

/** Whether the backend talks to others at all. */
function useFederates(): boolean {
  const { backend } = useChat().client;
  const [federates, setFederates] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    backend.get({}, { signal: stop.signal }).then(({ federation }) => setFederates(federation), () => {});
    return () => stop.abort();
  }, [backend]);
  return federates;
}
