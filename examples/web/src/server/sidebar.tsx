import { useState } from "react";
import { Profile } from "../account/profile";
import { t } from "../i18n";
import { paths } from "../router";
import type { Channel, KnownServer } from "../sdk";
import { useChannels, useChatView, usePermissions } from "../store/hooks";
import { Avatar } from "../ui/avatar";
import { DomainBadge } from "../ui/domain-badge";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { ChannelForm } from "./channel-form";

/** The channels of the open server, and below them oneself. */
export function Sidebar({ known, channel }: { known: KnownServer | null; channel: string | null }) {
  return (
    <div className="sidebar">
      {known ? <Channels known={known} open={channel} /> : <header className="sidebar-top"><p className="wordmark">Beep</p></header>}
      <Self />
    </div>
  );
}

function Channels({ known, open }: { known: KnownServer; open: string | null }) {
  const channels = useChannels(known.server.id);
  const held = usePermissions(known);
  const [creating, setCreating] = useState(false);
  const managesChannels = held.includes("manage_channels");
  return (
    <nav aria-label={t("channels.label", { server: known.server.name })}>
      <div className="sidebar-top">
        <div className="server-name">
          <h2 title={known.server.name}>{known.server.name}</h2>
          <DomainBadge id={known.server.id} />
        </div>
        <Link className="icon-button" href={paths.settings(known.server.id)} aria-label={t("settings.title")} title={t("settings.title")}><Icon name="settings" /></Link>
      </div>
      <div className="section-head">
        <h3>{t("channels.title")}</h3>
        {managesChannels && (
          <button type="button" className="icon-button small" aria-label={t("channel.create")} title={t("channel.create")} onClick={() => setCreating(true)}><Icon name="plus" /></button>
        )}
      </div>
      <ul className="channels">
        {channels.map((channel) => <ChannelLink key={channel.id} known={known} channel={channel} open={channel.id === open} />)}
      </ul>
      {channels.length === 0 && <p className="hint pad">{t("channels.none.title")}</p>}
      {creating && <ChannelForm known={known} channel={null} onClose={() => setCreating(false)} />}
    </nav>
  );
}

function ChannelLink({ known, channel, open }: { known: KnownServer; channel: Channel; open: boolean }) {
  return (
    <li>
      <Link href={paths.channel(known.server.id, channel.id)} aria-current={open ? "page" : undefined}>
        <Icon name="hash" /> <span>{channel.name}</span>
      </Link>
    </li>
  );
}

function Self() {
  const { me } = useChatView();
  const [open, setOpen] = useState(false);
  if (!me) return null;
  const name = me.display_name ?? me.username;
  return (
    <div className="self">
      <button type="button" onClick={() => setOpen(true)}>
        <Avatar id={me.id} name={name} />
        <span><strong>{name}</strong><small>@{me.username}</small></span>
        <span className="hidden">{t("profile.title")}</span>
      </button>
      {open && <Profile me={me} onClose={() => setOpen(false)} />}
    </div>
  );
}
