import { useEffect, useRef, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { dateOf, t } from "../i18n";
import { handleOf } from "../sdk";
import { StatusText, WithPresence } from "../presence/mark";
import { useChatView } from "../store/hooks";
import type { FriendRow } from "../store/objects";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { useContextMenu } from "../ui/context-menu";
import { DomainBadge } from "../ui/domain-badge";
import { Icon } from "../ui/icon";
import { IconButton } from "../ui/icon-button";
import { Menu } from "../ui/menu";
import { Name } from "../ui/name";
import { useFriendActions } from "./actions";
import { friendName } from "./sort";

/** People, one in a row. What had the focus may go with its row; then the list has it. */
export function FriendRows({ label, rows }: { label: string; rows: readonly FriendRow[] }) {
  const list = useRef<HTMLUListElement>(null);
  const before = useRef(rows.length);
  useEffect(() => {
    const gone = rows.length < before.current;
    before.current = rows.length;
    if (!gone) return;
    const timer = setTimeout(() => document.activeElement === document.body && list.current?.focus());
    return () => clearTimeout(timer);
  }, [rows]);
  return (
    <ul ref={list} className="table" tabIndex={-1} aria-label={label}>
      {rows.map((row) => <Row key={row.user} row={row} />)}
    </ul>
  );
}

function Row({ row }: { row: FriendRow }) {
  const { me } = useChatView();
  const name = friendName(row);
  const { entries, dialogs } = useFriendActions(row.user, name);
  const { around, menu } = useContextMenu(t("member.menu", { name }), entries);
  const act = (id: string) => entries.find((entry) => entry.id === id)?.act();
  return (
    <li className="table-row friend-row" {...around}>
      <WithPresence user={row.user} offline={row.list === "friends"}><Avatar id={row.user} name={name} /></WithPresence>
      <div className="line">
        <strong><Name>{name}</Name></strong> <DomainBadge id={row.user} />
        <small className="quiet">
          {row.profile && <Name>{`@${handleOf(row.profile, me?.domain ?? row.profile.domain)}`}</Name>}
          {row.list === "friends" && <> · {t("friends.since", { date: dateOf(row.since) })}</>}
        </small>
        <StatusText user={row.user} />
      </div>
      <div className="friend-actions">
        {row.list === "friends" && <IconButton icon="message" label={t("private.write.to", { name })} tip={t("private.write")} onPress={() => act("write")} />}
        {BUTTONS[row.list].map(({ id, look, short, whole }) => (
          <Button key={id} look={look} aria-label={t(whole, { name })} onClick={() => act(id)}>{t(short)}</Button>
        ))}
        <Menu label={t("member.menu", { name })} side="bottom end" entries={entries}>
          <AriaButton className="icon-button" aria-label={t("member.menu", { name })}><Icon name="more" /></AriaButton>
        </Menu>
      </div>
      {menu}
      {dialogs}
    </li>
  );
}

/** What is asked for most in each list. */
const BUTTONS = {
  friends: [],
  incoming: [
    { id: "decline", look: "plain", short: "friends.decline", whole: "friends.decline.of" },
    { id: "accept", look: "primary", short: "friends.accept", whole: "friends.accept.of" },
  ],
  outgoing: [{ id: "cancel", look: "plain", short: "friends.cancel", whole: "friends.cancel.of" }],
  blocked: [{ id: "unblock", look: "plain", short: "friends.unblock", whole: "friends.unblock.of" }],
} as const;

/** A part of a page of people, with how many it has. */
export function Section({ title, count, children }: { title: string; count: number; children: ReactNode }) {
  return (
    <section className="friend-section">
      <h2>{title} <span className="quiet">{count}</span></h2>
      {children}
    </section>
  );
}
