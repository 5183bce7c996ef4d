import { useMemo, useState, type ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";
import { locale, t } from "../i18n";
import { navigate, paths, type FriendsTab } from "../router";
import { useThere } from "../presence/hooks";
import { explainFailure } from "../store/failure";
import { useChatView, useFriendList } from "../store/hooks";
import type { FriendListName, FriendRow } from "../store/objects";
import { useTitle } from "../title";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { EmptyState } from "../ui/empty-state";
import { Icon } from "../ui/icon";
import { Skeleton } from "../ui/skeleton";
import { AddFriend } from "./add-friend";
import { FriendRows, Section } from "./rows";
import { byName, matching } from "./sort";

/** The friends, the open requests, whom one has blocked, and the way to ask somebody. */
export function FriendsPage({ tab, menu }: { tab: FriendsTab; menu: ReactNode }) {
  const incoming = useFriendList("incoming").rows.length;
  const label = t(TABS[tab]);
  useTitle(label, t("friends.title"));
  return (
    <div className="page">
      <header className="bar">{menu}<Icon name="people" /><h1 tabIndex={-1}>{t("friends.title")}</h1></header>
      <Tabs className="tabs friends" selectedKey={tab} onSelectionChange={(key) => navigate(paths.friends(key as FriendsTab), { replace: true })}>
        <TabList className="tab-list" aria-label={t("friends.title")}>
          <Tab id="online" className="tab">{t(TABS.online)}</Tab>
          <Tab id="all" className="tab">{t(TABS.all)}</Tab>
          <Tab id="pending" className="tab" aria-label={incoming > 0 ? `${t(TABS.pending)}, ${t("friends.waiting", { count: incoming })}` : t(TABS.pending)}>{t(TABS.pending)} <Badge count={incoming} /></Tab>
          <Tab id="blocked" className="tab">{t(TABS.blocked)}</Tab>
          <Tab id="add" className="tab">{t(TABS.add)}</Tab>
        </TabList>
        <TabPanel id="online" className="tab-panel"><Online /></TabPanel>
        <TabPanel id="all" className="tab-panel"><All /></TabPanel>
        <TabPanel id="pending" className="tab-panel"><Pending /></TabPanel>
        <TabPanel id="blocked" className="tab-panel"><Blocked /></TabPanel>
        <TabPanel id="add" className="tab-panel"><AddFriend /></TabPanel>
      </Tabs>
    </div>
  );
}

const TABS = { online: "friends.online", all: "friends.all", pending: "friends.pending", blocked: "friends.blocked", add: "friends.add" } as const;

function All() {
  const [query, setQuery] = useState("");
  return (
    <Loaded lists={["friends"]} empty={<EmptyState icon="people" level={2} title={t("friends.none")}><p>{t("friends.none.text")}</p><Button look="primary" icon="invite" onClick={() => navigate(paths.friends("add"))}>{t("friends.add")}</Button></EmptyState>}>
      {([rows = []]) => {
        const found = matching(byName(rows, locale), query);
        return (
          <>
            {(rows.length > 8 || query !== "") && (
              <div className="search-field friend-search">
                <Icon name="search" small />
                <input type="search" aria-label={t("friends.search")} placeholder={t("friends.search")} value={query} onChange={(event) => setQuery(event.target.value)} />
              </div>
            )}
            <Section title={t("friends.title")} count={found.length}><FriendRows label={t("friends.title")} rows={found} /></Section>
            {found.length === 0 && <p className="hint" role="status">{t("members.none")}</p>}
          </>
        );
      }}
    </Loaded>
  );
}

function Online() {
  return <Loaded lists={["friends"]} empty={<NobodyOnline />}>{([rows = []]) => <There rows={rows} />}</Loaded>;
}

function There({ rows }: { rows: readonly FriendRow[] }) {
  const there = useThere(useMemo(() => rows.map(({ user }) => user), [rows]));
  const found = byName(rows.filter(({ user }) => there.has(user)), locale);
  if (found.length === 0) return <NobodyOnline />;
  return <Section title={t("friends.online")} count={found.length}><FriendRows label={t("friends.online")} rows={found} /></Section>;
}

function NobodyOnline() {
  return <EmptyState icon="people" level={2} title={t("friends.online.none")}><p>{t("friends.online.none.text")}</p></EmptyState>;
}

function Pending() {
  return (
    <Loaded lists={["incoming", "outgoing"]} empty={<EmptyState icon="inbox" level={2} title={t("friends.pending.none")}><p>{t("friends.pending.none.text")}</p></EmptyState>}>
      {([incoming = [], outgoing = []]) => (
        <>
          {incoming.length > 0 && <Section title={t("friends.incoming")} count={incoming.length}><FriendRows label={t("friends.incoming")} rows={incoming} /></Section>}
          {outgoing.length > 0 && <Section title={t("friends.outgoing")} count={outgoing.length}><FriendRows label={t("friends.outgoing")} rows={outgoing} /></Section>}
        </>
      )}
    </Loaded>
  );
}

function Blocked() {
  return (
    <Loaded lists={["blocked"]} empty={<EmptyState icon="ban" level={2} title={t("friends.blocked.none")}><p>{t("friends.blocked.none.text")}</p></EmptyState>}>
      {([rows = []]) => <Section title={t("friends.blocked")} count={rows.length}><FriendRows label={t("friends.blocked")} rows={byName(rows, locale)} /></Section>}
    </Loaded>
  );
}

/** Lists, once they are read: what is in them, or what `empty` says. The same lists each time. */
function Loaded({ lists, empty, children }: { lists: readonly FriendListName[]; empty: ReactNode; children: (rows: readonly (readonly FriendRow[])[]) => ReactNode }) {
  const { me } = useChatView();
  // biome-ignore lint/correctness/useHookAtTopLevel: they are the same lists each time
  const read = lists.map((name) => useFriendList(name));
  const rows = read.map(({ rows }) => rows);
  if (rows.some((rows) => rows.length > 0)) return children(rows);
  const failure = read.find(({ status }) => !status.is_loaded && status.failure !== null)?.status.failure;
  if (failure) return <p role="alert" className="problem">{explainFailure(failure, me?.id ?? "")}</p>;
  return read.every(({ status }) => status.is_loaded) ? empty : <Skeleton rows={5} shape="person" />;
}
