import { lazy, Suspense, useState } from "react";
import { ChannelMark } from "../conversation/unread-mark";
import { t } from "../i18n";
import { visitedAt } from "../places";
import { paths } from "../router";
import { useChat } from "../store/hooks";
import type { ChannelRow } from "../store/objects";
import { useChannelRows } from "../store/unread";
import { copy } from "../ui/clipboard";
import { useContextMenu, type ContextEntry } from "../ui/context-menu";
import { DomainBadge } from "../ui/domain-badge";
import { IconButton } from "../ui/icon-button";
import { Link } from "../ui/link";
import { Name } from "../ui/name";
import { useRoving } from "../ui/roving";
import { toast } from "../ui/toast";
import { useGroupMenu } from "./group-menu";
import { usePartner, usePrivateName } from "./hooks";
import { PrivateAvatar } from "./private-avatar";

const NewMessage = lazy(() => import("./new-message").then(({ NewMessage }) => ({ default: NewMessage })));

/** The private conversations, the most recently used first, and the way to a new one. */
export function PrivateList({ open }: { open: string | null }) {
  const rows = useListed(open);
  const roving = useRoving<HTMLUListElement>();
  const [writing, setWriting] = useState(false);
  return (
    <>
      <div className="section-head">
        <h2>{t("private.title")}</h2>
        <IconButton icon="plus" small label={t("private.new")} onPress={() => setWriting(true)} />
      </div>
      <ul className="channels privates" ref={roving.ref} onKeyDown={roving.onKeyDown} onFocus={roving.onFocus}>
        {rows.map((row) => <PrivateLink key={row.id} row={row} open={row.id === open} />)}
      </ul>
      {rows.length === 0 && <p className="hint pad">{t("private.none")}</p>}
      <Suspense>{writing && <NewMessage onClose={() => setWriting(false)} />}</Suspense>
    </>
  );
}

/** Those that are listed: a direct one in which nobody has said anything only for who opened it, not for the other. */
export function useListed(open: string | null): readonly ChannelRow[] {
  return useChannelRows(null).filter(({ id, kind, last_message_id }) => kind !== "direct" || last_message_id !== null || id === open || visitedAt(id) !== null);
}

function PrivateLink({ row, open }: { row: ChannelRow; open: boolean }) {
  const chat = useChat();
  const { conversations } = chat.objects;
  const name = usePrivateName(row);
  const partner = usePartner(row);
  const group = useGroupMenu(row);
  const path = paths.channel(null, row.id);
  const { unread, muted } = row;
  const entries: (ContextEntry | false)[] = [
    unread > 0 && { id: "read", label: t("new.read"), icon: "check", act: () => chat.objects.conversations.markRead(row.id) },
    { id: "mute", label: t(muted ? "private.unmute" : "private.mute"), icon: muted ? "bell" : "mute", act: () => conversations.setMuted(row.id, !muted) },
    { id: "link", label: t("message.link"), icon: "link", act: () => void copy(new URL(path, location.origin).href).then((done) => toast(t(done ? "copied" : "copy.failed"))) },
    ...(partner === null ? group.entries : []),
  ];
  const { around, menu } = useContextMenu(t("member.menu", { name }), entries.filter((entry) => entry !== false));
  return (
    <li {...around} data-muted={muted || undefined}>
      <Link data-rove href={path} aria-current={open ? "page" : undefined}>
        <PrivateAvatar channel={row} name={name} size="small" /> <Name className="line">{name}</Name>{partner !== null && <DomainBadge id={partner} />}<ChannelMark server={null} channel={row.id} />
      </Link>
      {menu}
      {group.dialogs}
    </li>
  );
}
