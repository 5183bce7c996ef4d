import { useMemo, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { dateOf, t } from "../i18n";
import type { KnownServer, Member } from "../sdk";
import { useChat, useHandle, useName, useRoster } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { DomainBadge } from "../ui/domain-badge";
import { Field } from "../ui/field";
import { Select } from "../ui/select";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { Popover } from "../ui/popover";
import { Skeleton } from "../ui/skeleton";
import { ProfileCard } from "./profile-card";
import { RoleDot, TintedName } from "./role-dot";
import { nameOfMember, useMemberSearch } from "./search";

type Order = "newest" | "oldest" | "name";

/** All members of a server, to search, sort, and act upon. */
export function MemberTable({ known }: { known: KnownServer }) {
  const chat = useChat();
  const { next, status, members: all } = useRoster(known.server.id);
  const [query, setQuery] = useState("");
  const [order, setOrder] = useState<Order>("newest");
  const { members, searching } = useMemberSearch(known, query);
  const sorted = useMemo(() => [...members].sort(BY[order]), [members, order]);
  return (
    <>
      <div className="row">
        <Field label={t("members.search")} type="search" value={query} onChange={(event) => setQuery(event.target.value)} />
        <Select label={t("members.order")} value={order} onChange={setOrder} options={[
          { value: "newest", label: t("members.newest") },
          { value: "oldest", label: t("members.oldest") },
          { value: "name", label: t("members.by.name") },
        ]} />
      </div>
      <p className="hint" role="status">{query === "" ? t("members.count", { count: known.server.member_count }) : searching ? t("loading") : t("members.found", { count: members.length })}</p>
      {all.length === 0 && status === "loading" && <Skeleton rows={6} shape="person" />}
      <ul className="table" aria-label={t("members.title")}>
        {sorted.map((member) => <Row key={member.user} known={known} member={member} />)}
      </ul>
      {query === "" && next !== null && <div><Button busy={status === "loading"} onClick={() => void chat.people.more(known.server.id)}>{t("more")}</Button></div>}
    </>
  );
}

const BY: Readonly<Record<Order, (one: Member, other: Member) => number>> = {
  newest: (one, other) => other.joined_at.localeCompare(one.joined_at),
  oldest: (one, other) => one.joined_at.localeCompare(other.joined_at),
  name: (one, other) => nameOfMember(one).localeCompare(nameOfMember(other)),
};

function Row({ known, member }: { known: KnownServer; member: Member }) {
  const name = useName(known.server.id, member.user);
  const handle = useHandle(member.user);
  const roles = known.roles.filter(({ id }) => member.roles.includes(id));
  return (
    <li className="table-row">
      <Avatar id={member.user} name={name} />
      <div className="line">
        <strong className="line"><TintedName color={roles[0]?.color} className="line">{name}</TintedName>{member.user === known.server.owner && <span className="owner"><Icon name="crown" small /><span className="hidden">{t("owner")}</span></span>}</strong> <DomainBadge id={member.user} />
        <small className="quiet line">{handle && <Name className="line">{`@${handle}`}</Name>}</small>
      </div>
      <div className="table-roles">
        {roles.slice(0, 2).map((role) => <span key={role.id} className="chip"><RoleDot color={role.color} /><Name className="line">{role.name}</Name></span>)}
        {roles.length > 2 && <span className="chip">+{roles.length - 2}</span>}
      </div>
      <small className="quiet table-time">{dateOf(member.joined_at)}</small>
      <Popover label={name} side="bottom end" card={(close) => <ProfileCard known={known} user={member.user} onClose={close} />}>
        <AriaButton className="icon-button" aria-label={t("member.open", { name })}><Icon name="more" /></AriaButton>
      </Popover>
    </li>
  );
}
