import { useMemo, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { t } from "../i18n";
import type { KnownServer, Member, Role } from "../sdk";
import { useThere, useWatched } from "../presence/hooks";
import { StatusText, WithPresence } from "../presence/mark";
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

/** The members of the open server: those who are there under the highest of their roles that are sections, and the others. */
export function Members({ known, onClose }: { known: KnownServer; onClose: () => void }) {
  const chat = useChat();
  const { members, status, next } = useRoster(known.server.id);
  const [query, setQuery] = useState("");
  const { members: found, searching } = useMemberSearch(known, query);
  const shown = useMemo(() => found.map(({ user }) => user), [found]);
  useWatched(known.server.id, shown);
  const there = useThere(shown);
  const sections = useMemo(() => sectionsOf(known, found, there), [known, found, there]);
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
          {sections.flatMap(({ of, members }) => [
            <li key={typeof of === "string" ? of : `role ${of.id}`}><h3 className="line">{typeof of === "string" ? t(`members.${of}`) : <Name className="line">{of.name}</Name>} <span>{members.length}</span></h3></li>,
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
          <WithPresence user={member.user}><Avatar id={member.user} name={name} size="small" /></WithPresence>
          <span className="line">
            <TintedName color={color} className="line">{name}</TintedName>
            <StatusText user={member.user} />
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
  /** A role, or whether they are there. */
  readonly of: Role | "online" | "offline";
  readonly members: readonly Member[];
}

/** Those who are there under the highest of their roles that is a section, highest first; then who else is there, and who is not. */
function sectionsOf({ roles }: KnownServer, members: readonly Member[], there: ReadonlySet<string>): Section[] {
  const own = roles.filter((role) => !role.everyone && role.hoist);
  const of = new Map<Section["of"], Member[]>([...own, "online", "offline"].map((section) => [section as Section["of"], []]));
  for (const member of members) {
    const section = there.has(member.user) ? (own.find(({ id }) => member.roles.includes(id)) ?? "online") : "offline";
    of.get(section)?.push(member);
  }
  return [...of].flatMap(([of, members]) => (members.length > 0 ? [{ of, members }] : []));
}
