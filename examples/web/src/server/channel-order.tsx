import { lazy, Suspense, useState } from "react";
import { t } from "../i18n";
import { movedUp } from "../permission/order";
import type { Channel, KnownServer } from "../sdk";
import { useChannels, useChat, usePermissions } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { IconButton } from "../ui/icon-button";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { OrderList } from "../ui/order-list";
import { isPrivate } from "./sidebar";

const ChannelForm = lazy(() => import("./channel-form").then(({ ChannelForm }) => ({ default: ChannelForm })));

/** The channels of a server in their order, which one changes here. */
export function ChannelOrder({ known }: { known: KnownServer }) {
  const { channels: calls } = useChat().client;
  const channels = useChannels(known.server.id);
  const held = usePermissions(known);
  const may = held.includes("manage_channels");
  const [open, setOpen] = useState<Channel | "new" | null>(null);
  const { run, error } = useAction();
  const move = async (moved: string, before: string | null) => {
    for (const { id, position } of movedUp(channels, moved, before)) await calls.update({ channel: id, position });
  };
  return (
    <>
      {may ? <p className="hint">{t("order.hint")}</p> : <p className="notice">{t("needs", { permission: t("permission.manage_channels") })}</p>}
      <Problem error={error} />
      <OrderList label={t("channels.title")} items={channels} nameOf={(channel) => channel.name ?? ""} movable={() => may} onMove={(moved, before) => run(() => move(moved, before))}>
        {(channel) => (
          <>
            <Icon name={isPrivate(known, channel) ? "lock" : "hash"} small />
            <span className="line"><Name className="line">{channel.name ?? ""}</Name>{channel.topic && <small className="quiet line"><Name>{channel.topic}</Name></small>}</span>
            {may && <IconButton icon="settings" small label={t("channel.edit", { channel: channel.name ?? "" })} onPress={() => setOpen(channel)} />}
          </>
        )}
      </OrderList>
      {may && <div><Button icon="plus" onClick={() => setOpen("new")}>{t("channel.create")}</Button></div>}
      <Suspense>{open && <ChannelForm known={known} channel={open === "new" ? null : open} onClose={() => setOpen(null)} />}</Suspense>
    </>
  );
}
