import { useEffect, useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";
import { t } from "../i18n";
import type { Ban, KnownServer } from "../sdk";
import { useChat, useHandle, useName, usePermissions } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { DomainBadge } from "../ui/domain-badge";
import { EmptyState } from "../ui/empty-state";
import { Name } from "../ui/name";
import { Skeleton } from "../ui/skeleton";
import { toast } from "../ui/toast";
import { BanWords } from "./ban-words";
import { DomainBans } from "./domain-bans";

/** Who is banned from a server, and which domains are: each for who may see it. */
export function Bans({ known }: { known: KnownServer }) {
  const held = usePermissions(known);
  const [people, domains] = [held.includes("manage_members"), held.includes("manage_server")];
  if (!domains) return <People known={known} />;
  if (!people) return <DomainBans known={known} />;
  return (
    <Tabs className="tabs">
      <TabList className="tab-list" aria-label={t("bans.title")}>
        <Tab id="people" className="tab">{t("bans.people")}</Tab>
        <Tab id="domains" className="tab">{t("bans.domains")}</Tab>
      </TabList>
      <TabPanel id="people" className="tab-panel"><People known={known} /></TabPanel>
      <TabPanel id="domains" className="tab-panel"><DomainBans known={known} /></TabPanel>
    </Tabs>
  );
}

/** The people who are banned, by whom and why. */
function People({ known }: { known: KnownServer }) {
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
  return (
    <li className="table-row">
      <Avatar id={ban.user} name={name} />
      <div className="line">
        <strong><Name>{name}</Name></strong> <DomainBadge id={ban.user} />
        <small className="quiet">{handle && <Name>{`@${handle}`}</Name>}</small>
        <BanWords server={server} ban={ban} />
      </div>
      <Button busy={busy} aria-label={t("ban.lift.of", { name })} onClick={() => onLift(name)}>{t("ban.lift")}</Button>
    </li>
  );
}
