import { useCallback, useEffect, useState } from "react";
import { t } from "../i18n";
import type { BeepError, DomainBan, KnownServer } from "../sdk";
import { useChat } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { EmptyState } from "../ui/empty-state";
import { Field } from "../ui/field";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { useReason } from "../ui/reason";
import { Skeleton } from "../ui/skeleton";
import { toast } from "../ui/toast";
import { BanWords } from "./ban-words";

/** The domains whose people may not come to a server, by whom and why. */
export function DomainBans({ known }: { known: KnownServer }) {
  const { domain_bans: bans } = useChat().client;
  const server = known.server.id;
  const [list, setList] = useState<readonly DomainBan[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  const { run, busy, error } = useAction();
  const load = useCallback(async (cursor: string | null) => {
    const page = await bans.list({ server, limit: 100, ...(cursor !== null && { cursor }) });
    setList((list) => [...((cursor !== null && list) || []), ...page.items]);
    setNext(page.next);
  }, [bans, server]);
  useEffect(() => run(() => load(null)), [run, load]);
  const without = (domain: string) => list?.filter((ban) => ban.domain !== domain) ?? [];
  if (list === null) return error ? <Problem error={error} /> : <Skeleton rows={4} shape="person" />;
  return (
    <div className="bare">
      <p className="hint">{t("bans.domains.about")}</p>
      <div><Button icon="plus" onClick={() => setAdding(true)}>{t("domain.ban")}</Button></div>
      <Problem error={error} />
      {list.length === 0 && <EmptyState icon="globe" level={2} title={t("bans.domains.none")}><p>{t("bans.domains.none.text")}</p></EmptyState>}
      <ul className="table" aria-label={t("bans.domains")}>
        {list.map((ban) => (
          <li key={ban.domain} className="table-row">
            <span className="empty-mark small"><Icon name="globe" /></span>
            <div className="line">
              <strong><Name>{ban.domain}</Name></strong>
              <BanWords server={server} ban={ban} />
            </div>
            <Button busy={busy} aria-label={t("ban.lift.of", { name: ban.domain })} onClick={() => run(() => bans.delete({ server, domain: ban.domain }), () => {
              setList(without(ban.domain));
              toast(t("ban.lifted", { name: ban.domain }));
            })}>{t("ban.lift")}</Button>
          </li>
        ))}
      </ul>
      {next !== null && <div><Button busy={busy} onClick={() => run(() => load(next))}>{t("more")}</Button></div>}
      {adding && <BanDomainDialog known={known} onBanned={(ban) => setList([ban, ...without(ban.domain)])} onClose={() => setAdding(false)} />}
    </div>
  );
}

function BanDomainDialog({ known, onBanned, onClose }: { known: KnownServer; onBanned: (ban: DomainBan) => void; onClose: () => void }) {
  const { domain_bans: bans } = useChat().client;
  const [domain, setDomain] = useState("");
  const { field, given } = useReason();
  const { run, busy, error, setError } = useAction();
  const typed = domain.trim().replace(/^@/, "");
  const ban = async () => {
    const made = await bans.put({ server: known.server.id, domain: typed, ...given });
    onBanned(made);
    toast(t("domain.ban.done", { domain: made.domain }));
  };
  const why = explainRefusal(error);
  return (
    <Dialog title={t("domain.ban")} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); if (typed !== "") run(ban, onClose); }}>
        <p className="message-text">{t("domain.ban.text")}</p>
        <Field label={t("field.domain")} hint={t("domain.hint")} data-focus dir="ltr" autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={253} value={domain} problem={fieldProblem(error, "domain")} onChange={(event) => { setError(null); setDomain(event.target.value); }} />
        {field}
        {why === null ? <Problem error={error} shown={["domain"]} /> : <div role="alert" className="problem-place"><p className="problem">{why}</p></div>}
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="danger" busy={busy} disabled={typed === ""}>{t("domain.ban")}</Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** What a refusal means here, where its own words would say something else. */
function explainRefusal(error: BeepError | null): string | null {
  switch (error?.code) {
    case "conflict":
      return t("domain.ban.conflict");
    case "hierarchy":
      return t("domain.ban.rank");
    default:
      return null;
  }
}
