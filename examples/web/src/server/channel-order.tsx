import { lazy, Suspense, useState } from "react";
import { t } from "../i18n";
import { Why } from "../permission/why";
import type { Channel, KnownServer } from "../sdk";
import { useChat, usePermissions } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { IconButton } from "../ui/icon-button";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { OrderList } from "../ui/order-list";
import { useListed } from "./categories";
import { places } from "./places";
import { isPrivate } from "./sidebar";

const ChannelForm = lazy(() => import("./channel-form").then(({ ChannelForm }) => ({ default: ChannelForm })));

/** The channels of a server and its categories in their order, which one changes here. */
export function ChannelOrder({ known }: { known: KnownServer }) {
  const { channels: calls } = useChat().client;
  const { alone, categories } = useListed(known.server.id);
  const channels = [...alone, ...categories.flatMap(({ category, channels }) => [category, ...channels])];
  const held = usePermissions(known);
  const may = held.includes("manage_channels");
  const [open, setOpen] = useState<Channel | "new" | null>(null);
  const { run, error } = useAction();
  const move = async (moved: string, before: string | null) => {
    const changes = places(channels, moved, before);
    if (changes.length > 0) await calls.order({ server: known.server.id, channels: changes });
  };
  return (
    <>
      {may ? <p className="hint">{t("order.hint")}</p> : <p className="notice">{t("needs", { permission: t("permission.manage_channels") })} <Why known={known} permission="manage_channels" /></p>}
      <Problem error={error} />
      <OrderList label={t("channels.title")} items={channels} nameOf={(channel) => channel.name ?? ""} movable={() => may} onMove={(moved, before) => run(() => move(moved, before))}>
        {(channel) => (
          <>
            <Icon name={channel.kind === "category" ? "chevron" : isPrivate(known, channel) ? "lock" : "hash"} small />
            <span className="line"><Name className="line">{channel.name ?? ""}</Name>{channel.topic && <small className="quiet line"><Name>{channel.topic}</Name></small>}</span>
            {may && <IconButton icon="settings" small label={t(channel.kind === "category" ? "category.edit" : "channel.edit", { channel: channel.name ?? "" })} onPress={() => setOpen(channel)} />}
          </>
        )}
      </OrderList>
      {may && <div><Button icon="plus" onClick={() => setOpen("new")}>{t("channel.create")}</Button></div>}
      <Suspense>{open && <ChannelForm known={known} channel={open === "new" ? null : open} onClose={() => setOpen(null)} />}</Suspense>
    </>
  );
}
