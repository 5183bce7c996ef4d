import { useEffect, useState } from "react";
import { agoOf, dateOf, t } from "../i18n";
import type { Session } from "../sdk";
import { useChat } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { Skeleton } from "../ui/skeleton";
import { toast } from "../ui/toast";

/** Where one is signed in, and the way to end that. */
export function Sessions() {
  const { sessions } = useChat().client;
  const [list, setList] = useState<readonly Session[] | null>(null);
  const { run, busy, error } = useAction();
  useEffect(() => {
    run(async () => {
      const found: Session[] = [];
      let next: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof sessions.list>> = await sessions.list({ limit: 100, ...(next !== null && { cursor: next }) });
        found.push(...page.items);
        next = page.next;
      } while (next !== null);
      setList(found.sort((one, other) => Number(other.current) - Number(one.current) || other.last_used_at.localeCompare(one.last_used_at)));
    });
  }, [sessions, run]);
  const end = (one: Session) => run(async () => void (await sessions.revoke({ session: one.id })), () => {
    setList((list) => list?.filter(({ id }) => id !== one.id) ?? null);
    toast(t("sessions.ended", { count: 1 }));
  });
  const endOthers = () => run(async () => void (await sessions.revokeOthers({})), () => {
    setList((list) => list?.filter(({ current }) => current) ?? null);
    toast(t("sessions.ended", { count: others.length }));
  });
  const others = list?.filter(({ current }) => !current) ?? [];
  return (
    <>
      <p className="hint">{t("sessions.about")}</p>
      <Problem error={error} />
      {list === null && !error && <Skeleton rows={3} />}
      <ul className="table" aria-label={t("sessions.title")}>
        {list?.map((session) => (
          <li key={session.id} className="table-row">
            <span className="empty-mark small"><Icon name="monitor" /></span>
            <div className="line">
              <strong><Name>{session.label ?? t("sessions.unnamed")}</Name></strong> {session.current && <span className="chip good">{t("sessions.this")}</span>}
              <small className="quiet">{[session.address, t("sessions.used", { ago: agoOf(session.last_used_at) }), t("sessions.since", { date: dateOf(session.created_at) })].filter(Boolean).join(" · ")}</small>
            </div>
            {!session.current && <Button busy={busy} onClick={() => end(session)}>{t("sessions.end")}</Button>}
          </li>
        ))}
      </ul>
      {others.length > 1 && <div><Button look="danger" busy={busy} onClick={endOthers}>{t("sessions.end.all")}</Button></div>}
    </>
  );
}
