import { lazy, Suspense, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { HomeSidebar } from "../friends/home-sidebar";
import { t } from "../i18n";
import { paths, type Route } from "../router";
import type { Channel, KnownServer } from "../sdk";
import { ChannelMark } from "../conversation/unread-mark";
import { StatusMenu } from "../presence/status-menu";
import { useChat, useChatView, useDenied, usePermissions } from "../store/hooks";
import { useChannelRow, useChannelRows } from "../store/unread";
import { Badge } from "../ui/badge";
import { copy } from "../ui/clipboard";
import { useContextMenu, type ContextEntry } from "../ui/context-menu";
import { IconButton } from "../ui/icon-button";
import { DomainBadge } from "../ui/domain-badge";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { Menu } from "../ui/menu";
import { Name } from "../ui/name";
import { useRoving } from "../ui/roving";
import { toast } from "../ui/toast";
import { TipAround } from "../ui/tooltip";
import { close, useClosed, useListed, type Category } from "./categories";
import { useServerMenu } from "./server-menu";

const ChannelForm = lazy(() => import("./channel-form").then(({ ChannelForm }) => ({ default: ChannelForm })));

/** The channels of the open server, or what belongs to none, and below them oneself. `channel`: which one is open. */
export function Sidebar({ known, channel, at, ready, onSwitch }: { known: KnownServer | null; channel: string | null; at: Route["at"]; ready: boolean; onSwitch: () => void }) {
  return (
    <div className="sidebar">
      {known ? <Channels key={known.server.id} known={known} open={channel} /> : <HomeSidebar at={at} channel={channel} ready={ready} onSwitch={onSwitch} />}
      <Self />
    </div>
  );
}

function Channels({ known, open }: { known: KnownServer; open: string | null }) {
  const { alone, categories } = useListed(known.server.id);
  const held = usePermissions(known);
  const roving = useRoving<HTMLUListElement>();
  const { entries, dialogs, open: show } = useServerMenu(known);
  const { server } = known;
  return (
    <nav aria-label={t("channels.label", { server: server.name })}>
      <div className="sidebar-top">
        <Menu label={t("server.menu", { server: server.name })} entries={entries}>
          <h2 className="server-heading">
            <AriaButton className="server-head">
              <Name className="line">{server.name}</Name>
              <DomainBadge id={server.id} />
              <Icon name="chevron" small />
              <span className="hidden">{t("server.menu.hint")}</span>
            </AriaButton>
          </h2>
        </Menu>
        {held.includes("manage_invitations") && <IconButton icon="invite" label={t("invite.people")} side="bottom" onPress={() => show("invite")} />}
      </div>
      <div className="section-head">
        <h3>{t("channels.title")}</h3>
        {held.includes("manage_channels") && <IconButton icon="plus" small label={t("channel.create")} onPress={() => show("channel")} />}
      </div>
      <ul className="channels" ref={roving.ref} onKeyDown={roving.onKeyDown} onFocus={roving.onFocus}>
        {alone.map((channel) => <ChannelLink key={channel.id} known={known} channel={channel} open={channel.id === open} />)}
        {categories.map((one) => <CategoryPart key={one.category.id} known={known} {...one} open={open} />)}
      </ul>
      {alone.length === 0 && categories.length === 0 && <p className="hint pad">{t("channels.none.title")}</p>}
      {dialogs}
    </nav>
  );
}

/** A category with its channels. Closed, it shows what is open alone, and that something is new. */
function CategoryPart({ known, category, channels, open }: Category & { known: KnownServer; open: string | null }) {
  const chat = useChat();
  const closed = useClosed(category.id);
  const inside = useChannelRows(known.server.id).filter((row) => row.parent_id === category.id && row.unread > 0);
  const waiting = inside.filter(({ muted }) => !muted);
  const manages = useDenied({ action: "manage_channel", channel: category.id }) === null;
  const [editing, setEditing] = useState(false);
  const entries: (ContextEntry | false)[] = [
    inside.length > 0 && { id: "read", label: t("new.read"), icon: "check", act: () => inside.forEach(({ id }) => chat.objects.conversations.markRead(id)) },
    manages && { id: "settings", label: t("category.settings"), icon: "settings", act: () => setEditing(true) },
  ];
  const { around, menu } = useContextMenu(t("category.menu", { channel: category.name ?? "" }), entries.filter((entry) => entry !== false));
  const shown = closed ? channels.filter(({ id }) => id === open) : channels;
  return (
    <li className="category">
      <div {...around}>
        <button type="button" data-rove className="category-head" aria-expanded={!closed} onClick={() => close(category.id, !closed)}>
          <Icon name="chevron" small />
          <Name className="line">{category.name ?? ""}</Name>
          {closed && waiting.length > 0 && (
            <span className="unread-mark">
              <Badge count={waiting.reduce((sum, { mentions }) => sum + mentions, 0)} />
              <span className="hidden">, {t("unread.channels", { count: waiting.length })}</span>
            </span>
          )}
        </button>
        {menu}
      </div>
      {shown.length > 0 && <ul>{shown.map((channel) => <ChannelLink key={channel.id} known={known} channel={channel} open={channel.id === open} />)}</ul>}
      <Suspense>{editing && <ChannelForm known={known} channel={category} onClose={() => setEditing(false)} />}</Suspense>
    </li>
  );
}

function ChannelLink({ known, channel, open }: { known: KnownServer; channel: Channel; open: boolean }) {
  const chat = useChat();
  const { conversations } = chat.objects;
  const { unread = 0, muted = false } = useChannelRow(known.server.id, channel.id) ?? {};
  const manages = useDenied({ action: "manage_channel", channel: channel.id }) === null;
  const [editing, setEditing] = useState(false);
  const path = paths.channel(known.server.id, channel.id);
  const entries: (ContextEntry | false)[] = [
    unread > 0 && { id: "read", label: t("new.read"), icon: "check", act: () => conversations.markRead(channel.id) },
    { id: "mute", label: t(muted ? "channel.unmute" : "channel.mute"), icon: muted ? "bell" : "mute", act: () => conversations.setMuted(channel.id, !muted) },
    { id: "link", label: t("message.link"), icon: "link", act: () => void copy(new URL(path, location.origin).href).then((done) => toast(t(done ? "copied" : "copy.failed"))) },
    manages && { id: "settings", label: t("channel.settings"), icon: "settings", parted: true, act: () => setEditing(true) },
  ];
  const { around, menu } = useContextMenu(t("channel.menu", { channel: channel.name ?? "" }), entries.filter((entry) => entry !== false));
  return (
    <li {...around} data-muted={muted || undefined}>
      <Link data-rove href={path} aria-current={open ? "page" : undefined}>
        <Icon name={isPrivate(known, channel) ? "lock" : "hash"} small /> <Name className="line">{channel.name ?? ""}</Name><ChannelMark server={known.server.id} channel={channel.id} />
      </Link>
      {menu}
      <Suspense>{editing && <ChannelForm known={known} channel={channel} onClose={() => setEditing(false)} />}</Suspense>
    </li>
  );
}

/** Whether not everybody sees it. */
export function isPrivate(known: KnownServer, channel: Channel): boolean {
  const everyone = known.roles.find((role) => role.everyone);
  return channel.overrides[`role:${everyone?.id ?? ""}`]?.deny.includes("view_channels") ?? false;
}

function Self() {
  const { me } = useChatView();
  if (!me) return null;
  const name = me.display_name ?? me.username;
  return (
    <div className="self">
      <StatusMenu user={me.id} name={name} handle={`@${me.username}`} />
      <TipAround text={t("profile.title")} side="top">
        <Link className="icon-button" href={paths.account()} aria-label={t("profile.title")}><Icon name="settings" /></Link>
      </TipAround>
    </div>
  );
}
