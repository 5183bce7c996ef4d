import { useId, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { t } from "../i18n";
import type { KnownServer } from "../sdk";
import { nameOfMember, useMemberSearch } from "../server/search";
import { nameOf, serverOf, useChat, useName } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { DomainBadge } from "../ui/domain-badge";
import { Field } from "../ui/field";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { Popover } from "../ui/popover";

/** Whose entries are shown: of anybody, or of one, who is found by name. Those who did something come first, as some have left. */
export function ActorFilter({ known, actors, value, onChange }: { known: KnownServer | null; actors: readonly string[]; value: string | null; onChange: (actor: string | null) => void }) {
  const id = useId();
  return (
    <div className="field">
      <span className="react-aria-Label" id={id}>{t("audit.actor")}</span>
      <Popover label={t("audit.actor")} side="bottom start" card={(close) => <Choice known={known} actors={actors} onChoose={(actor) => { onChange(actor); close(); }} />}>
        <AriaButton className="select" aria-labelledby={`${id} ${id}-value`}><span id={`${id}-value`} className="filter-value">{value === null ? t("audit.actor.any") : <Person known={known} user={value} />}</span><Icon name="chevron" small /></AriaButton>
      </Popover>
      <div className="hint" />
    </div>
  );
}

function Choice({ known, actors, onChoose }: { known: KnownServer | null; actors: readonly string[]; onChoose: (actor: string | null) => void }) {
  const chat = useChat();
  const [query, setQuery] = useState("");
  const { members, searching } = useMemberSearch(known, query);
  const q = query.trim().toLowerCase();
  const seen = actors.filter((user) => nameOf(chat, serverOf(known), user).toLowerCase().includes(q));
  const users = [...new Set([...seen, ...members.map(({ user }) => user)])].slice(0, MOST);
  const put = (user: string) => {
    const member = members.find((one) => one.user === user);
    if (member) chat.people.put(member);
    onChoose(user);
  };
  return (
    <div className="adder filter-card">
      <Field label={t(known ? "members.search" : "admin.users.search")} type="search" autoFocus value={query} onChange={(event) => setQuery(event.target.value)} />
      <ul aria-label={t("overrides.found")}>
        {q === "" && <li><button type="button" onClick={() => onChoose(null)}><span className="avatar small any"><Icon name="people" small /></span>{t("audit.actor.any")}</button></li>}
        {users.map((user) => {
          const member = members.find((one) => one.user === user);
          return <li key={user}><button type="button" onClick={() => put(user)}><Person known={known} user={user} name={member && nameOfMember(member)} /></button></li>;
        })}
      </ul>
      {users.length === 0 && q !== "" && <p className="hint" role="status">{t(searching ? "loading" : "members.none")}</p>}
    </div>
  );
}

/** `name`: what they are called, of who is not among the members that are here. */
function Person({ known, user, name: found }: { known: KnownServer | null; user: string; name?: string | undefined }) {
  const usual = useName(serverOf(known), user);
  const name = found ?? usual;
  return <><Avatar id={user} name={name} size="small" /><Name className="line">{name}</Name> <DomainBadge id={user} /></>;
}

const MOST = 20;
