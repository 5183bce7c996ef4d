import { useCallback, useDeferredValue, useState } from "react";
import { t } from "../i18n";
import type { Server } from "../sdk";
import { isAhead } from "../store/end";
import { useChat, useChatView } from "../store/hooks";
import { Problem } from "../ui/action";
import { Button } from "../ui/button";
import { EmptyState } from "../ui/empty-state";
import { Field } from "../ui/field";
import { Skeleton } from "../ui/skeleton";
import { usePages } from "./pages";
import { LiftDialog, SuspendServerDialog } from "./sanctions";
import { serverIn } from "./server-id";
import { ServerLine, useServer } from "./server-line";

/** The servers of the backend: public ones by name, and any by its id or a link to it. */
export function ModeratedServers() {
  const { servers } = useChat().client;
  const { me } = useChatView();
  const [query, setQuery] = useState("");
  const q = useDeferredValue(query.trim());
  const named = serverIn(q, me?.domain ?? "");
  const ask = useCallback((cursor: string | null, signal: AbortSignal) => servers.discover({ limit: 50, ...(q !== "" && { q }), ...(cursor !== null && { cursor }) }, { signal }), [servers, q]);
  const { items, hasMore, busy, error, more, again } = usePages(ask, PAUSE_MS);
  return (
    <>
      <Field label={t("admin.servers.search")} hint={t("admin.servers.hint")} type="search" value={query} onChange={(event) => setQuery(event.target.value)} />
      {named !== null ? (
        <ul className="table" aria-label={t("admin.servers")}><Named key={named} id={named} /></ul>
      ) : (
        <>
          <Problem error={error} />
          <div role="status">
            {items === null && busy && <Skeleton rows={6} shape="person" />}
            {items?.length === 0 && !busy && <EmptyState icon="server" level={2} title={t("discover.none")}><p>{t("admin.servers.none")}</p></EmptyState>}
          </div>
          <ul className="table" aria-label={t("admin.servers")} aria-busy={busy}>
            {items?.map((server) => <Row key={server.id} id={server.id} server={server} onChange={again} />)}
          </ul>
          {hasMore && <div><Button busy={busy} onClick={more}>{t("more")}</Button></div>}
        </>
      )}
    </>
  );
}

const PAUSE_MS = 200;

function Named({ id }: { id: string }) {
  const { server, hidden, again } = useServer(id);
  return <Row id={id} server={server} hidden={hidden} onChange={again} />;
}

/** Of what is hidden nobody sees whether it is suspended, so that both can be done. */
function Row({ id, server, hidden = false, onChange }: { id: string; server: Server | null; hidden?: boolean; onChange: () => void }) {
  const { admin } = useChat().client;
  const [asking, ask] = useState<"suspend" | "lift" | null>(null);
  const name = server?.name ?? t("server.hidden");
  const close = () => ask(null);
  const suspended = server !== null && isAhead(server.suspended_until);
  return (
    <li className="table-row wraps">
      <ServerLine id={id} server={server} hidden={hidden} />
      {(server !== null || hidden) && (
        <div className="row table-actions">
          {(suspended || hidden) && <Button aria-label={t("lift.of", { name })} onClick={() => ask("lift")}>{t("lift")}</Button>}
          {!suspended && <Button look="danger" aria-label={t("suspend.of", { name })} onClick={() => ask("suspend")}>{t("suspend")}</Button>}
        </div>
      )}
      {asking === "suspend" && <SuspendServerDialog server={id} name={name} onDone={onChange} onClose={close} />}
      {asking === "lift" && <LiftDialog name={name} onLift={async (given) => { await admin.unsuspendServer({ server: id, ...given }); onChange(); }} onClose={close} />}
    </li>
  );
}
