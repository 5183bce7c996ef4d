import { createContext, Fragment, memo, useContext, useState, type ReactElement, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { useServer } from "../admin/server-line";
import { isKey, momentOf, t, timeOf } from "../i18n";
import { permissionName } from "../permission/name";
import type { AuditEntry, KnownServer } from "../sdk";
import { ProfileCard } from "../server/profile-card";
import { RoleDot, TintedName, hexOf } from "../server/role-dot";
import { spanOf } from "../server/span";
import { outcomeOf } from "../report/words";
import { endOf } from "../store/end";
import { serverOf, useChat, useName, useServers } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { Popover } from "../ui/popover";
import { Sentence } from "../ui/sentence";
import { aboutOf, isAction } from "./actions";
import { linesOf, namedIn, PLACES, type Line, type Named } from "./words";

/** The server of the log, `null` for that of the backend, and what the entries tell of names that are gone. */
export const LogContext = createContext<{ known: KnownServer | null; names: ReadonlyMap<string, string> } | null>(null);

/** Somebody did something: who, what, to whom, when and why, and what is different since. */
export const Entry = memo(function Entry({ entry }: { entry: AuditEntry }) {
  const { actor, action, at, reason } = entry;
  const { icon, tone } = aboutOf(action);
  const lines = linesOf(entry);
  return (
    <li className="audit-entry">
      <span className="audit-who" data-tone={tone}>
        {actor === null ? <span className="avatar small any"><Icon name="server" small /></span> : <Picture user={actor} />}
        <span className="audit-mark"><Icon name={icon} small /></span>
      </span>
      <div className="audit-what">
        <p><Did entry={entry} /></p>
        {reason !== null && <p className="audit-reason"><span className="hidden">{t("reason")}: </span><bdi>{reason}</bdi></p>}
        {lines.length > 0 && <Lines lines={lines} />}
      </div>
      <time className="quiet" dateTime={at} title={momentOf(at)}>{timeOf(at)}</time>
    </li>
  );
});

function Picture({ user }: { user: string }) {
  const name = useName(serverOf(useLog().known), user);
  return <Avatar id={user} name={name} size="small" />;
}

function Did({ entry }: { entry: AuditEntry }) {
  const { action, actor } = entry;
  const elements: Record<string, ReactElement> = { actor: actor === null ? <strong>{t("audit.operator")}</strong> : <Someone named={{ kind: "user", id: actor }} />, action: <>{action}</> };
  const all = namedIn(entry);
  for (const place of PLACES) {
    const named = all[place];
    elements[place] = named ? <Someone named={named} /> : <>{t("audit.unknown")}</>;
  }
  return <Sentence of={isAction(action) ? `audit.did.${action}` : "audit.did.other"} with={elements} />;
}

/** Few lines are shown at once; of many the first, until somebody wants the others. */
function Lines({ lines }: { lines: readonly Line[] }) {
  const [all, setAll] = useState(lines.length <= AT_ONCE + 1);
  return (
    <>
      <ul className="audit-lines" aria-label={t("audit.changes")}>
        {(all ? lines : lines.slice(0, AT_ONCE)).map((line, at) => <li key={at}><LineOf line={line} /></li>)}
      </ul>
      {!all && <button type="button" className="text-button" onClick={() => setAll(true)}>{t("audit.more", { count: lines.length - AT_ONCE })}</button>}
    </>
  );
}

const AT_ONCE = 3;

function LineOf({ line }: { line: Line }) {
  switch (line.type) {
    case "value":
      return <ValueLine {...line} />;
    case "order":
      return <OrderLine {...line} />;
    case "domains":
      return <DomainsLine {...line} />;
    case "permissions":
      return <PermissionLine {...line} />;
  }
}

function OrderLine({ before, after }: Extract<Line, { type: "order" }>) {
  return <><span className="quiet">{t("audit.field.roles")}</span> <Sentence of="audit.from.to" with={{ before: <del><RoleNames ids={before} /></del>, after: <ins><RoleNames ids={after} /></ins> }} /></>;
}

function DomainsLine({ before, after }: Extract<Line, { type: "domains" }>) {
  const said = (domains: readonly string[] | null) => (domains === null ? t("federation.allow.all") : domains.length === 0 ? t("audit.domains.none") : <bdi dir="ltr">{domains.slice(0, MOST_NAMED).join(", ")}{domains.length > MOST_NAMED && " …"}</bdi>);
  return <><span className="quiet">{t("audit.field.allow_list")}</span> <Sentence of="audit.from.to" with={{ before: <del>{said(before)}</del>, after: <ins>{said(after)}</ins> }} /></>;
}

/** The first of some roles. */
function RoleNames({ ids }: { ids: readonly string[] }) {
  return <>{ids.slice(0, MOST_NAMED).map((id, at) => <Fragment key={id}>{at > 0 && ", "}<RoleName id={id} /></Fragment>)}{ids.length > MOST_NAMED && " …"}</>;
}

const MOST_NAMED = 8;

function ValueLine({ field, before, after }: Extract<Line, { type: "value" }>) {
  const key = `audit.field.${field}`;
  const old = before !== null && <del><ValueOf field={field} value={before} /></del>;
  const fresh = after !== null && <ins><ValueOf field={field} value={after} /></ins>;
  return (
    <>
      <span className="quiet">{isKey(key) ? t(key) : field}</span>{" "}
      {old && fresh ? <Sentence of="audit.from.to" with={{ before: old, after: fresh }} /> : fresh || old}
    </>
  );
}

function PermissionLine({ field, of, added, removed }: Extract<Line, { type: "permissions" }>) {
  const label = of !== null && (field === "allow" || field === "deny") ? (
    <Sentence of={`audit.field.${field}`} with={{ target: <Someone named={of} /> }} />
  ) : isKey(`audit.field.${field}`) ? t(`audit.field.${field}` as "audit.field.permissions") : field;
  return (
    <>
      <span className="quiet">{label}</span>{" "}
      {([["added", added], ["removed", removed]] as const).flatMap(([how, permissions]) => permissions.map((permission) => (
        <Fragment key={`${how} ${permission}`}>
          <span className="audit-permission" data-tone={(how === "added") === (field === "deny") ? "taken" : "made"}><Icon name={how === "added" ? "plus" : "minus"} small /><span className="hidden">{t(`audit.${how}`)} </span>{permissionName(permission)}</span>{" "}
        </Fragment>
      )))}
    </>
  );
}

function ValueOf({ field, value }: { field: string; value: NonNullable<AuditEntry["changes"][number]["before"]> }): ReactNode {
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value === "number") {
    if (field === "color") return <><RoleDot color={value} /> <bdi dir="ltr">{hexOf(value)}</bdi></>;
    return field === "slow_mode_s" ? spanOf(value) : value.toLocaleString();
  }
  const text = String(value);
  switch (field) {
    case "owner":
    case "user":
    case "inviter":
    case "claimed_by":
      return <Someone named={{ kind: "user", id: text }} />;
    case "role":
      return <Someone named={{ kind: "role", id: text }} />;
    case "parent_id":
    case "channel_id":
      return <Someone named={{ kind: "channel", id: text }} />;
    case "expires_at":
    case "muted_until":
    case "delete_messages_since":
      return momentOf(text);
    case "restricted_until":
    case "suspended_until":
      return endOf(text);
    case "action":
      return <bdi>{outcomeOf(text)}</bdi>;
    case "visibility":
      return text === "public" || text === "private" ? t(`server.${text}`) : text;
    default:
      return <bdi>{text}</bdi>;
  }
}

/** What somebody or something is called: as they are called by now, else as they were. */
function Someone({ named: { kind, id } }: { named: Named }) {
  switch (kind) {
    case "user":
      return <Person user={id} />;
    case "role":
      return <RoleName id={id} />;
    case "channel":
      return <ChannelName id={id} />;
    case "domain":
      return <strong><Name>{id}</Name></strong>;
    case "server":
      return <ServerName id={id} />;
    case "global_role": {
      const key = `admin.role.${id}`;
      return <strong>{isKey(key) ? t(key) : id}</strong>;
    }
  }
}

function Person({ user }: { user: string }) {
  const { known } = useLog();
  const name = useName(serverOf(known), user);
  return (
    <Popover label={name} side="bottom start" card={(close) => <ProfileCard known={known} user={user} onClose={close} />}>
      <AriaButton className="name-button"><Name>{name}</Name></AriaButton>
    </Popover>
  );
}

function RoleName({ id }: { id: string }) {
  const { known, names } = useLog();
  const role = known?.roles.find((one) => one.id === id);
  const name = role?.name ?? names.get(id);
  return <strong>{name === undefined ? t("audit.unknown") : <TintedName color={role?.color}>{name}</TintedName>}</strong>;
}

function ChannelName({ id }: { id: string }) {
  const { names } = useLog();
  const channel = useChat().client.state.channel(id);
  const name = channel?.name ?? names.get(id);
  return <strong>{name === undefined ? t("audit.unknown") : <Name>{channel?.kind === "text" ? `#${name}` : name}</Name>}</strong>;
}

function ServerName({ id }: { id: string }) {
  const member = useServers().find(({ server }) => server.id === id)?.server;
  const { server } = useServer(member ? null : id);
  return <strong><Name>{(member ?? server)?.name ?? t("server.hidden")}</Name></strong>;
}

function useLog(): { known: KnownServer | null; names: ReadonlyMap<string, string> } {
  const log = useContext(LogContext);
  if (!log) throw new Error("there is no audit log around this component");
  return log;
}
