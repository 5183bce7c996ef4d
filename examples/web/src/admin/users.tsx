import { useCallback, useDeferredValue, useState } from "react";
import { dateOf, isKey, t } from "../i18n";
import { handleOf, type ModeratedUser } from "../sdk";
import { ends } from "../store/end";
import { useChat, useChatView, useName } from "../store/hooks";
import { calledOf } from "../store/people";
import { Problem } from "../ui/action";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { DomainBadge } from "../ui/domain-badge";
import { EmptyState } from "../ui/empty-state";
import { Field } from "../ui/field";
import { Name } from "../ui/name";
import { Select } from "../ui/select";
import { Skeleton } from "../ui/skeleton";
import { RolesDialog } from "./global-roles";
import { usePages } from "./pages";
import { powersOf } from "./powers";
import { LiftDialog, SuspendUserDialog } from "./sanctions";

/** The users of the backend, found by the beginning of their names; or those who are suspended, of other backends too. */
export function ModeratedUsers() {
  const { admin } = useChat().client;
  const [query, setQuery] = useState("");
  const [who, setWho] = useState<"all" | "suspended">("all");
  const q = useDeferredValue(query.trim().replace(/^@/, ""));
  const ask = useCallback((cursor: string | null, signal: AbortSignal) => admin.users({ limit: 50, ...(who === "suspended" ? { suspended: true } : q !== "" && { q }), ...(cursor !== null && { cursor }) }, { signal }), [admin, q, who]);
  const { items, hasMore, busy, error, more, again } = usePages(ask, PAUSE_MS);
  return (
    <>
      <div className="row">
        <Field label={t("admin.users.search")} type="search" value={query} disabled={who === "suspended"} onChange={(event) => setQuery(event.target.value)} />
        <Select label={t("admin.users.which")} value={who} onChange={setWho} options={[{ value: "all", label: t("admin.users.all") }, { value: "suspended", label: t("admin.users.suspended") }]} />
      </div>
      <Problem error={error} />
      <div role="status">
        {items === null && busy && <Skeleton rows={6} shape="person" />}
        {items?.length === 0 && !busy && <EmptyState icon="people" level={2} title={t(who === "suspended" ? "admin.users.none.suspended" : "admin.users.none")} />}
      </div>
      <ul className="table" aria-label={t("admin.users")} aria-busy={busy}>
        {items?.map((one) => <Row key={one.user.id} one={one} onChange={again} />)}
      </ul>
      {hasMore && <div><Button busy={busy} onClick={more}>{t("more")}</Button></div>}
    </>
  );
}

const PAUSE_MS = 200;

function Row({ one, onChange }: { one: ModeratedUser; onChange: () => void }) {
  const { admin } = useChat().client;
  const { me } = useChatView();
  const [asking, ask] = useState<"suspend" | "lift" | "roles" | null>(null);
  const { user, global_roles: roles, suspension } = one;
  const name = calledOf(user) ?? "";
  const by = useName(null, suspension?.by ?? user.id);
  const own = user.id === me?.id;
  const { administers } = powersOf(me);
  const close = () => ask(null);
  return (
    <li className="table-row wraps">
      <Avatar id={user.id} name={name} />
      <div className="line grow">
        <strong><Name>{name}</Name></strong> <DomainBadge id={user.id} />
        {!user.deleted && <small className="quiet"><Name>{`@${handleOf(user, me?.domain ?? "")}`}</Name></small>}
        {suspension && (
          <>
            <p className="wrong">{t("suspended.until", ends(suspension.until))}{suspension.reason !== null && <>: <bdi>{suspension.reason}</bdi></>}</p>
            <small className="quiet">{t("ban.by", { name: by, time: dateOf(suspension.created_at) })}</small>
          </>
        )}
      </div>
      {roles.length > 0 && <ul className="chips">{roles.map((role) => <li key={role} className="chip">{roleName(role)}</li>)}</ul>}
      {!own && !user.deleted && (
        <div className="row table-actions">
          {administers && user.domain === me?.domain && <Button aria-label={t("admin.roles.of", { name })} onClick={() => ask("roles")}>{t("admin.roles")}</Button>}
          {suspension && <Button aria-label={t("lift.of", { name })} onClick={() => ask("lift")}>{t("lift")}</Button>}
          {/* Of who holds a global role themselves only administrators take the account. */}
          {!suspension && (administers || roles.length === 0) && <Button look="danger" aria-label={t("suspend.of", { name })} onClick={() => ask("suspend")}>{t("suspend")}</Button>}
        </div>
      )}
      {asking === "suspend" && <SuspendUserDialog user={user.id} name={name} onDone={onChange} onClose={close} />}
      {asking === "lift" && <LiftDialog name={name} onLift={async (given) => { await admin.unsuspendUser({ user: user.id, ...given }); onChange(); }} onClose={close} />}
      {asking === "roles" && <RolesDialog user={user.id} name={name} held={roles} onChange={onChange} onClose={close} />}
    </li>
  );
}

function roleName(role: string): string {
  const key = `admin.role.${role}`;
  return isKey(key) ? t(key) : role;
}
