import { useMemo, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { t } from "../i18n";
import type { KnownServer, Member, Role } from "../sdk";
import { useChat, useColor, useElsewhere, useHandle, useName, useRoster } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { useContextMenu } from "../ui/context-menu";
import { IconButton } from "../ui/icon-button";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { Popover } from "../ui/popover";
import { useRoving } from "../ui/roving";
import { Skeleton } from "../ui/skeleton";
import { entriesOf, usePersonActions } from "./person-menu";
import { ProfileCard } from "./profile-card";
import { TintedName } from "./role-dot";
import { useMemberSearch } from "./search";

/** The members of the open server, under the highest of their roles that are sections. */
export function Members({ known, onClose }: { known: KnownServer; onClose: () => void }) {
  const chat = useChat();
  const { members, status, next } = useRoster(known.server.id);
  const [query, setQuery] = useState("");
  const { members: found, searching } = useMemberSearch(known, query);
  const sections = useMemo(() => sectionsOf(known, found), [known, found]);
  const roving = useRoving<HTMLDivElement>();
  return (
    <aside className="members" tabIndex={-1} aria-label={t("members.title")}>
      <header className="members-top">
        <h2>{t("members.count", { count: known.server.member_count })}</h2>
        <IconButton icon="close" className="members-close" label={t("close")} onPress={onClose} />
      </header>
      {(known.server.member_count > 8 || query !== "") && (
        <div className="search-field">
          <Icon name="search" small />
          <input type="search" aria-label={t("members.search")} placeholder={t("members.search")} value={query} onChange={(event) => setQuery(event.target.value)} />
        </div>
      )}
      <div className="members-list" ref={roving.ref} onKeyDown={roving.onKeyDown} onFocus={roving.onFocus}>
        {members.length === 0 && status !== "failed" && <Skeleton rows={5} shape="person" />}
        {/* One list, so that a card stays open while its member goes from section to section. */}
        <ul>
          {sections.flatMap(({ role, members }) => [
            <li key={`role ${role?.id ?? ""}`}><h3 className="line">{role ? <Name className="line">{role.name}</Name> : t("members.others")} <span>{members.length}</span></h3></li>,
            ...members.map((member) => <Row key={member.user} known={known} member={member} />),
          ])}
        </ul>
        {query !== "" && found.length === 0 && !searching && <p className="hint pad" role="status">{t("members.none")}</p>}
        {query === "" && (next !== null || status === "failed") && <Button look="quiet" onClick={() => void chat.people.more(known.server.id)}>{t(status === "failed" ? "retry" : "more")}</Button>}
      </div>
    </aside>
  );
}

function Row({ known, member }: { known: KnownServer; member: Member }) {
  const name = useName(known.server.id, member.user);
  const elsewhere = useElsewhere(member.user);
  const handle = useHandle(member.user);
  const color = useColor(known, member.user);
  const actions = usePersonActions(known, member.user, member);
  const { around, menu } = useContextMenu(t("member.menu", { name }), entriesOf(actions));
  return (
    <li {...around}>
      <Popover label={name} card={(close) => <ProfileCard known={known} user={member.user} onClose={close} />}>
        <AriaButton className="person-row" data-rove>
          <Avatar id={member.user} name={name} size="small" />
          <span className="line">
            <TintedName color={color} className="line">{name}</TintedName>
            {elsewhere && <small className="handle"><Name className="line">{handle ?? elsewhere}</Name></small>}
          </span>
          {member.user === known.server.owner && <><Icon name="crown" small /><span className="hidden">{t("owner")}</span></>}
        </AriaButton>
      </Popover>
      {menu}
      {actions.dialogs}
    </li>
  );
}

interface Section {
  readonly role: Role | null;
  readonly members: readonly Member[];
}

/** The roles that are sections, with who has them as their highest, highest first; then everybody else. */
function sectionsOf({ roles }: KnownServer, members: readonly Member[]): Section[] {
  const own = roles.filter((role) => !role.everyone && role.hoist);
  const byRole = new Map<string, Member[]>();
  for (const member of members) {
    const top = own.find(({ id }) => member.roles.includes(id))?.id ?? "";
    byRole.set(top, [...(byRole.get(top) ?? []), member]);
  }
  return [...own, null].flatMap((role) => {
    const of = byRole.get(role?.id ?? "");
    return of ? [{ role, members: of }] : [];
  });
}
