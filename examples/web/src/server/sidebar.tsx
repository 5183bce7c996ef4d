import { lazy, Suspense, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import type { Channel, KnownServer, Permission } from "../sdk";
import { ChannelMark } from "../conversation/unread-mark";
import { leaving } from "../shell/departures";
import { useChannels, useChat, useChatView, usePermissions } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { IconButton } from "../ui/icon-button";
import { Confirm } from "../ui/confirm";
import { DomainBadge } from "../ui/domain-badge";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { Wordmark } from "../ui/mark";
import { Menu, type MenuEntry } from "../ui/menu";
import { Name } from "../ui/name";
import { useRoving } from "../ui/roving";
import { Skeleton } from "../ui/skeleton";
import { TipAround } from "../ui/tooltip";

const ChannelForm = lazy(() => import("./channel-form").then(({ ChannelForm }) => ({ default: ChannelForm })));
const InviteDialog = lazy(() => import("./invite-dialog").then(({ InviteDialog }) => ({ default: InviteDialog })));

/** What makes the settings of a server worth opening. */
const MANAGING: readonly Permission[] = ["manage_server", "manage_roles", "manage_invitations", "manage_channels", "manage_members", "administrator"];
export const mayManage = (held: readonly Permission[]): boolean => MANAGING.some((permission) => held.includes(permission));

/** The channels of the open server, and below them oneself. */
export function Sidebar({ known, channel, ready, onSwitch }: { known: KnownServer | null; channel: string | null; ready: boolean; onSwitch: () => void }) {
  return (
    <div className="sidebar">
      {known ? <Channels key={known.server.id} known={known} open={channel} /> : (
        <nav aria-label="Beep">
          <div className="sidebar-top"><Wordmark /></div>
          {ready ? (
            <ul className="channels">
              <li><Link href={paths.home}><Icon name="home" small /> <span>{t("home")}</span></Link></li>
              <li><Link href={paths.discover}><Icon name="discover" small /> <span>{t("discover.title")}</span></Link></li>
              <li><button type="button" onClick={onSwitch}><Icon name="search" small /> <span>{t("switcher.title")}</span></button></li>
            </ul>
          ) : <Skeleton rows={6} />}
        </nav>
      )}
      <Self />
    </div>
  );
}

type Open = "channel" | "invite" | "leave" | null;

function Channels({ known, open }: { known: KnownServer; open: string | null }) {
  const { servers } = useChat().client;
  const channels = useChannels(known.server.id);
  const held = usePermissions(known);
  const roving = useRoving<HTMLUListElement>();
  const [shown, setShown] = useState<Open>(null);
  const { server } = known;
  const managesChannels = held.includes("manage_channels");
  const invites = held.includes("manage_invitations");
  const entries: MenuEntry[] = [
    ...(invites ? [{ id: "invite", label: t("invite.people"), icon: "invite", act: () => setShown("invite") } as const] : []),
    { id: "settings", label: t(mayManage(held) ? "settings.title" : "settings.about"), icon: "settings", act: () => navigate(paths.settings(server.id)) },
    ...(managesChannels ? [{ id: "channel", label: t("channel.create"), icon: "plus", act: () => setShown("channel") } as const] : []),
    ...(server.owner === known.member.user ? [] : [{ id: "leave", label: t("server.leave"), icon: "leave", grave: true, parted: true, act: () => setShown("leave") } as const]),
  ];
  const close = () => setShown(null);
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
        {invites && <IconButton icon="invite" label={t("invite.people")} side="bottom" onPress={() => setShown("invite")} />}
      </div>
      <div className="section-head">
        <h3>{t("channels.title")}</h3>
        {managesChannels && <IconButton icon="plus" small label={t("channel.create")} onPress={() => setShown("channel")} />}
      </div>
      <ul className="channels" ref={roving.ref} onKeyDown={roving.onKeyDown} onFocus={roving.onFocus}>
        {channels.map((channel) => <ChannelLink key={channel.id} known={known} channel={channel} open={channel.id === open} />)}
      </ul>
      {channels.length === 0 && <p className="hint pad">{t("channels.none.title")}</p>}
      <Suspense>
        {shown === "channel" && <ChannelForm known={known} channel={null} onClose={close} />}
        {shown === "invite" && <InviteDialog known={known} onClose={close} />}
      </Suspense>
      {shown === "leave" && (
        <Confirm
          title={t("server.leave")}
          text={t("server.leave.text", { server: server.name })}
          action={t("server.leave")}
          onConfirm={async () => {
            leaving(server.id);
            await servers.leave({ server: server.id });
            navigate(paths.home);
          }}
          onClose={close}
        />
      )}
    </nav>
  );
}

function ChannelLink({ known, channel, open }: { known: KnownServer; channel: Channel; open: boolean }) {
  return (
    <li>
      <Link data-rove href={paths.channel(known.server.id, channel.id)} aria-current={open ? "page" : undefined}>
        <Icon name={isPrivate(known, channel) ? "lock" : "hash"} small /> <Name className="line">{channel.name ?? ""}</Name><ChannelMark server={known.server.id} channel={channel.id} />
      </Link>
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
      <Avatar id={me.id} name={name} size="small" />
      <span className="line"><strong><Name className="line">{name}</Name></strong><small><Name className="line">{`@${me.username}`}</Name></small></span>
      <TipAround text={t("profile.title")} side="top">
        <Link className="icon-button" href={paths.account()} aria-label={t("profile.title")}><Icon name="settings" /></Link>
      </TipAround>
    </div>
  );
}
