import { useEffect, useMemo, useRef, useState } from "react";
import { dayName, useToday } from "../conversation/days";
import { dayKey } from "../conversation/group";
import { t } from "../i18n";
import type { AuditEntry, KnownServer } from "../sdk";
import { serverOf } from "../store/hooks";
import { Problem } from "../ui/action";
import { Button } from "../ui/button";
import { EmptyState } from "../ui/empty-state";
import { IconButton } from "../ui/icon-button";
import { Select } from "../ui/select";
import { Skeleton } from "../ui/skeleton";
import { ActorFilter } from "./actor-filter";
import { groupsOf, type Action } from "./actions";
import { Entry, LogContext } from "./entry";
import { useAuditLog } from "./log";
import { namesIn } from "./words";

/** Who changed or moderated what in a server, or in the whole backend, day by day, the newest first; more comes as one scrolls. */
export function AuditLog({ known }: { known: KnownServer | null }) {
  const [actor, setActor] = useState<string | null>(null);
  const [action, setAction] = useState<Action | "">("");
  const { entries, hasMore, busy, error, more, renew } = useAuditLog(serverOf(known), { actor, action: action || null });
  const around = useMemo(() => ({ known, names: namesIn(entries ?? []) }), [known, entries]);
  const actors = useMemo(() => [...new Set((entries ?? []).flatMap(({ actor }) => actor ?? []))], [entries]);
  const days = useMemo(() => daysOf(entries ?? []), [entries]);
  useToday();
  const filtered = actor !== null || action !== "";
  const none = entries !== null && entries.length === 0;
  return (
    <LogContext value={around}>
      <p className="hint">{t(known ? "audit.about" : "audit.about.backend")}</p>
      <div className="row">
        <ActorFilter known={known} actors={actors} value={actor} onChange={setActor} />
        <Select label={t("audit.action")} value={action} onChange={setAction} options={[
          { value: "" as const, label: t("audit.action.all") },
          ...groupsOf(known ? "server" : "backend").flatMap(({ title, actions }) => actions.map((value) => ({ value, label: t(`audit.action.${value}`), group: t(title) }))),
        ]} />
        {known === null && <IconButton icon="refresh" className="beside-field" label={t("federation.refresh")} onPress={renew} />}
      </div>
      <div className="audit" aria-busy={busy}>
        {days.map(({ first, entries }) => (
          <section key={dayKey(first.at)} aria-label={dayName(first.at)}>
            <h2>{dayName(first.at)}</h2>
            <ol>{entries.map((entry) => <Entry key={entry.id} entry={entry} />)}</ol>
          </section>
        ))}
      </div>
      <div role="status">
        {none && (
          <EmptyState icon="log" level={2} title={t(filtered ? "audit.none.found" : "audit.none")}>
            <p>{t(filtered ? "audit.none.found.text" : known ? "audit.none.text" : "audit.none.text.backend")}</p>
            {filtered && <Button onClick={() => { setActor(null); setAction(""); }}>{t("audit.clear")}</Button>}
          </EmptyState>
        )}
        {entries === null && busy && <Skeleton rows={6} shape="person" />}
      </div>
      <Problem error={error} />
      {entries === null && error !== null && <div><Button onClick={more}>{t("retry")}</Button></div>}
      {hasMore && <More busy={busy} failed={error !== null} onMore={more} />}
    </LogContext>
  );
}

/** Asks for more before one comes to it, and when it is pressed; after a failure only then. */
function More({ busy, failed, onMore }: { busy: boolean; failed: boolean; onMore: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  const ask = useRef(onMore);
  ask.current = onMore;
  useEffect(() => {
    if (busy || failed || !place.current) return;
    const observer = new IntersectionObserver((seen) => seen.some(({ isIntersecting }) => isIntersecting) && ask.current(), { root: place.current.closest(".settings-page"), rootMargin: AHEAD });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [busy, failed]);
  return <div ref={place}><Button busy={busy} onClick={onMore}>{t(failed ? "retry" : "more")}</Button></div>;
}

/** How far below the view more is asked for. */
const AHEAD = "0px 0px 600px";

interface Day {
  readonly first: AuditEntry;
  readonly entries: readonly AuditEntry[];
}

/** The entries by day. Their order is that of the log, whatever the clock said: a day may come twice then, and is one. */
function daysOf(entries: readonly AuditEntry[]): Day[] {
  const days = new Map<string, AuditEntry[]>();
  for (const entry of entries) {
    const key = dayKey(entry.at);
    const day = days.get(key);
    if (day) day.push(entry);
    else days.set(key, [entry]);
  }
  return [...days.values()].flatMap((entries) => (entries[0] ? [{ first: entries[0], entries }] : []));
}
