import type { ReactNode } from "react";
import { t } from "../i18n";
import { PrivateTitle } from "../private/title";
import type { Channel } from "../sdk";
import { Icon } from "../ui/icon";
import { IconButton } from "../ui/icon-button";
import { Name } from "../ui/name";

/** The bar above a conversation: what it is, and what one can open about it. What one may not is `null`. */
export function ConversationBar({ channel, menu, onPins, onSettings, onAdd, onPeople }: {
  channel: Channel;
  menu: ReactNode;
  onPins: () => void;
  onSettings: (() => void) | null;
  onAdd: (() => void) | null;
  onPeople: (() => void) | null;
}) {
  return (
    <header className="bar">
      {menu}
      {channel.server_id === null ? <PrivateTitle channel={channel} /> : <ChannelTitle channel={channel} />}
      <span className="grow" />
      <IconButton icon="pin" label={t("pins.title")} side="bottom" onPress={onPins} />
      {onSettings && <IconButton icon="settings" label={t("channel.settings")} side="bottom" onPress={onSettings} />}
      {onAdd && <IconButton icon="invite" label={t("group.add")} side="bottom" onPress={onAdd} />}
      {onPeople && <IconButton icon="people" label={t(channel.kind === "group" ? "group.people" : "members.title")} side="bottom" onPress={onPeople} />}
    </header>
  );
}

function ChannelTitle({ channel }: { channel: Channel }) {
  return (
    <>
      <Icon name="hash" />
      <h1 tabIndex={-1}><Name>{channel.name ?? ""}</Name></h1>
      {channel.topic && <p className="topic" title={channel.topic}><Name>{channel.topic}</Name></p>}
    </>
  );
}
