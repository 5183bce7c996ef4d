import { useCallback, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";
import { agoOf, momentOf, t } from "../i18n";
import { outcomeOf, reasonOf } from "../report/words";
import type { Report } from "../sdk";
import { ProfileCard } from "../server/profile-card";
import { useChat, useChatView, useName } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { EmptyState } from "../ui/empty-state";
import { IconButton } from "../ui/icon-button";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { Popover } from "../ui/popover";
import { Sentence } from "../ui/sentence";
import { Skeleton } from "../ui/skeleton";
import { toast } from "../ui/toast";
import { usePages } from "./pages";
import { powersOf } from "./powers";
import { Target } from "./report-target";
import { ResolveDialog } from "./resolve-dialog";

const STATES = ["open", "claimed", "resolved"] as const;

/** What people reported, oldest first, by how far it has come. */
export function Reports() {
  return (
    <>
      <p className="hint">{t("reports.about")}</p>
      <Tabs className="tabs">
        <TabList className="tab-list" aria-label={t("reports.title")}>
          {STATES.map((state) => <Tab key={state} id={state} className="tab">{t(`reports.${state}`)}</Tab>)}
        </TabList>
        {STATES.map((state) => <TabPanel key={state} id={state} className="tab-panel"><Queue state={state} /></TabPanel>)}
      </Tabs>
    </>
  );
}

function Queue({ state }: { state: (typeof STATES)[number] }) {
  const { admin } = useChat().client;
  const ask = useCallback((cursor: string | null, signal: AbortSignal) => admin.reports({ state, limit: 50, ...(cursor !== null && { cursor }) }, { signal }), [admin, state]);
  const { items, hasMore, busy, error, more, again, change } = usePages(ask);
  const put = (report: Report) => change((all) => all.map((one) => (one.id === report.id ? report : one)));
  return (
    <div className="queue" aria-busy={busy}>
      <IconButton icon="refresh" small label={t("federation.refresh")} onPress={again} />
      <Problem error={error} />
      <div role="status">
        {items === null && busy && <Skeleton rows={4} shape="person" />}
        {items?.length === 0 && <EmptyState icon="flag" level={2} title={t(`reports.none.${state}`)}>{state === "open" && <p>{t("reports.none.text")}</p>}</EmptyState>}
      </div>
      <ul className="table" aria-label={t("reports.title")}>
        {items?.map((report) => <Row key={report.id} report={report} onChange={put} />)}
      </ul>
      {hasMore && <div><Button busy={busy} onClick={more}>{t("more")}</Button></div>}
    </div>
  );
}

function Row({ report, onChange }: { report: Report; onChange: (report: Report) => void }) {
  const { admin } = useChat().client;
  const { me } = useChatView();
  const [resolving, setResolving] = useState(false);
  const { run, busy, error } = useAction();
  const { id, at, by, target, reason, comment, claimed_by, resolution } = report;
  const mine = claimed_by === me?.id;
  const may = resolution === null && (claimed_by === null || mine || powersOf(me).administers);
  return (
    <li className="table-row report">
      <span className="report-mark" data-state={report.state}><Icon name={target.kind === "message" ? "message" : target.kind === "user" ? "person" : "server"} small /></span>
      <div className="line">
        <p><strong>{reasonOf(reason)}</strong> <span className="quiet">· {t(`report.kind.${target.kind}`)} · <time dateTime={at} title={momentOf(at)}>{agoOf(at)}</time></span></p>
        <Target target={target} />
        {comment !== null && <p className="report-comment" dir="auto">{comment}</p>}
        <small className="quiet"><Sentence of="report.by" with={{ name: <Someone user={by} /> }} />{claimed_by !== null && <> · <Sentence of="report.claimed" with={{ name: <Someone user={claimed_by} /> }} /></>}</small>
        {resolution && <p className="notice"><Icon name="check" small /> {outcomeOf(resolution.action)}{resolution.note !== null && <>: <bdi>{resolution.note}</bdi></>}</p>}
        <Problem error={error} />
      </div>
      {may && (
        <div className="row report-actions">
          {!mine && <Button busy={busy} onClick={() => run(async () => onChange(await admin.claimReport({ report: id })), () => toast(t("report.taken")))}>{t(claimed_by === null ? "report.take" : "report.take.over")}</Button>}
          <Button look="primary" busy={busy} onClick={() => setResolving(true)}>{t("report.resolve")}</Button>
        </div>
      )}
      {resolving && <ResolveDialog report={report} onResolved={onChange} onClose={() => setResolving(false)} />}
    </li>
  );
}

function Someone({ user }: { user: string }) {
  const name = useName(null, user);
  return (
    <Popover label={name} side="bottom start" card={(close) => <ProfileCard known={null} user={user} onClose={close} />}>
      <AriaButton className="name-button"><Name>{name}</Name></AriaButton>
    </Popover>
  );
}
