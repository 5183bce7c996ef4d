import { useEffect, useState } from "react";
import { dateOf, t } from "../i18n";
import type { Ban, KnownServer } from "../sdk";
import { useChat, useHandle, useName } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { DomainBadge } from "../ui/domain-badge";
import { EmptyState } from "../ui/empty-state";
import { Name } from "../ui/name";
import { Skeleton } from "../ui/skeleton";
import { toast } from "../ui/toast";

/** Who is banned from a server, by whom and why. */
export function Bans({ known }: { known: KnownServer }) {
  const { bans } = useChat().client;
  const chat = useChat();
  const server = known.server.id;
  const [list, setList] = useState<readonly Ban[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const { run, busy, error } = useAction();
  useEffect(() => {
    const load = () => run(async () => {
      const page = await bans.list({ server, limit: 100 });
      setList(page.items);
      setNext(page.next);
    });
    load();
    return chat.onEvent((event) => event.type === "member.banned" && event.data.server_id === server && load());
  }, [bans, server, run, chat]);
  const more = async () => {
    const page = await bans.list({ server, limit: 100, ...(next !== null && { cursor: next }) });
    setList([...(list ?? []), ...page.items]);
    setNext(page.next);
  };
  if (list === null) return error ? <Problem error={error} /> : <Skeleton rows={4} shape="person" />;
  return (
    <>
      <Problem error={error} />
      {list.length === 0 && <EmptyState icon="ban" level={2} title={t("bans.none")}><p>{t("bans.none.text")}</p></EmptyState>}
      <ul className="table" aria-label={t("bans.title")}>
        {list.map((ban) => (
          <Row key={ban.user} server={server} ban={ban} busy={busy} onLift={(name) => run(() => bans.delete({ server, user: ban.user }), () => {
            setList((list) => list?.filter(({ user }) => user !== ban.user) ?? null);
            toast(t("ban.lifted", { name }));
          })} />
        ))}
      </ul>
      {next !== null && <div><Button busy={busy} onClick={() => run(more)}>{t("more")}</Button></div>}
    </>
  );
}

function Row({ server, ban, busy, onLift }: { server: string; ban: Ban; busy: boolean; onLift: (name: string) => void }) {
  const name = useName(server, ban.user);
  const handle = useHandle(ban.user);
  const by = useName(server, ban.by);
  return (
    <li className="table-row">
      <Avatar id={ban.user} name={name} />
      <div className="line">
        <strong><Name>{name}</Name></strong> <DomainBadge id={ban.user} />
        <small className="quiet">{handle && <Name>{`@${handle}`}</Name>}</small>
        <p dir="auto">{ban.reason ?? <span className="quiet">{t("ban.no.reason")}</span>}</p>
        <small className="quiet">{t("ban.by", { name: by, time: dateOf(ban.created_at) })}</small>
      </div>
      <Button busy={busy} aria-label={t("ban.lift.of", { name })} onClick={() => onLift(name)}>{t("ban.lift")}</Button>
    </li>
  );
}
