import { useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";
import { t } from "../i18n";
import { Matrix } from "../permission/matrix";
import { Overrides } from "../permission/overrides";
import { navigate, paths } from "../router";
import type { Channel, KnownServer } from "../sdk";
import { useChat, useDenied, usePermissions } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { Choices, Field, Switch } from "../ui/field";
import { useReason } from "../ui/reason";
import { Select } from "../ui/select";
import { toast } from "../ui/toast";
import { useCategories, useChannel } from "./categories";
import { spanOf } from "./span";

const PAUSES = [0, 5, 10, 30, 60, 300, 900, 3_600, 21_600];

/** Makes a channel or a category, or changes one: its words, where it is, its slow mode, and who may do what there. */
export function ChannelForm({ known, channel, onClose }: { known: KnownServer; channel: Channel | null; onClose: () => void }) {
  const managesRoles = usePermissions(known).includes("manage_roles");
  return (
    <Dialog title={channel ? t(channel.kind === "category" ? "category.edit" : "channel.edit", { channel: channel.name ?? "" }) : t("channel.create")} onClose={onClose} wide={channel !== null}>
      {channel ? (
        <Tabs className="tabs">
          <TabList className="tab-list" aria-label={t("channel.settings")}>
            <Tab id="overview" className="tab">{t("settings.overview")}</Tab>
            <Tab id="permissions" className="tab">{t("permissions.title")}</Tab>
            {managesRoles && <Tab id="matrix" className="tab">{t("matrix.title")}</Tab>}
          </TabList>
          <TabPanel id="overview" className="tab-panel"><Words known={known} channel={channel} onClose={onClose} /></TabPanel>
          <TabPanel id="permissions" className="tab-panel"><Follow channel={channel} /><Overrides known={known} channel={channel} /></TabPanel>
          {managesRoles && <TabPanel id="matrix" className="tab-panel"><MatrixTab known={known} channel={channel} /></TabPanel>}
        </Tabs>
      ) : <Words known={known} channel={null} onClose={onClose} />}
    </Dialog>
  );
}

/** What each role gives in the channel as it is by now. */
function MatrixTab({ known, channel }: { known: KnownServer; channel: Channel }) {
  return <div className="bare"><Matrix known={known} channel={useChannel(channel)} /></div>;
}

function Words({ known, channel, onClose }: { known: KnownServer; channel: Channel | null; onClose: () => void }) {
  const { channels } = useChat().client;
  const categories = useCategories(known.server.id);
  const [kind, setKind] = useState<"text" | "category">(channel?.kind === "category" ? "category" : "text");
  const [parent, setParent] = useState(channel?.parent_id ?? "");
  const isCategory = kind === "category";
  const [name, setName] = useState(channel?.name ?? "");
  const [topic, setTopic] = useState(channel?.topic ?? "");
  const [slow, setSlow] = useState(channel?.slow_mode_s ?? 0);
  const [hidden, setHidden] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const { field, given } = useReason();
  const { run, busy, error } = useAction();
  const save = async () => {
    const words = { name: name.trim(), ...(!isCategory && { topic: topic.trim(), slow_mode_s: slow }) };
    if (channel) {
      const moved = parent !== (channel.parent_id ?? "");
      await channels.update({ channel: channel.id, version: channel.version, ...given, ...words, ...(moved && { parent_id: parent || null }) });
      toast(t("saved"));
      return;
    }
    const made = await channels.create({ server: known.server.id, kind, ...words, ...(!isCategory && parent && { parent_id: parent }), ...(hidden && { private_to: { roles: [], members: [] } }) });
    if (isCategory) return;
    navigate(paths.channel(known.server.id, made.id));
  };
  return (
    <>
      <form onSubmit={(event) => { event.preventDefault(); run(save, onClose); }}>
        {!channel && (
          <Choices legend={t("channel.kind")} name="kind" value={kind} onChange={setKind} options={[
            { value: "text", label: t("channel.kind.text"), about: t("channel.kind.text.about") },
            { value: "category", label: t("channel.kind.category"), about: t("channel.kind.category.about") },
          ]} />
        )}
        <Field label={t("channel.name")} data-focus required maxLength={100} value={name} problem={fieldProblem(error, "name")} onChange={(event) => setName(event.target.value)} />
        {!isCategory && categories.length > 0 && <Select label={t("channel.category")} value={parent} onChange={setParent} options={[{ value: "", label: t("channel.category.none") }, ...categories.map(({ id, name }) => ({ value: id, label: name ?? "" }))]} />}
        {!isCategory && <Field label={t("channel.topic")} maxLength={1024} value={topic} problem={fieldProblem(error, "topic")} onChange={(event) => setTopic(event.target.value)} />}
        {!channel && <Switch label={t("channel.private")} about={t("channel.private.about")} checked={hidden} onChange={setHidden} />}
        {!isCategory && <Select label={t("channel.slow")} hint={t("channel.slow.hint")} value={slow} onChange={setSlow} options={[...new Set([...PAUSES, slow])].sort((a, b) => a - b).map((pause) => ({ value: pause, label: spanOf(pause) }))} />}
        {channel && field}
        <Problem error={error} shown={["name", "topic"]} />
        <footer>
          {channel && <Button look="danger" icon="trash" onClick={() => setDeleting(true)}>{t(isCategory ? "category.delete" : "channel.delete")}</Button>}
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" busy={busy} disabled={name.trim() === ""}>{channel ? t("save") : t(isCategory ? "category.create" : "channel.create")}</Button>
        </footer>
      </form>
      {channel && deleting && <DeleteChannel channel={channel} onDeleted={onClose} onClose={() => setDeleting(false)} />}
    </>
  );
}

function DeleteChannel({ channel, onDeleted, onClose }: { channel: Channel; onDeleted: () => void; onClose: () => void }) {
  const { channels } = useChat().client;
  const { field, given } = useReason();
  const kind = channel.kind === "category" ? "category" : "channel";
  return (
    <Confirm
      title={t(`${kind}.delete`)}
      text={t(`${kind}.delete.text`, { channel: channel.name ?? "" })}
      action={t(`${kind}.delete`)}
      onConfirm={async () => {
        await channels.delete({ channel: channel.id, ...given });
        onDeleted();
      }}
      onClose={onClose}
    >
      {field}
    </Confirm>
  );
}

/** Whether a channel has the permissions of its category, and every later change of them. */
function Follow({ channel: asOpened }: { channel: Channel }) {
  const { client } = useChat();
  const channel = useChannel(asOpened);
  const denied = useDenied({ action: "manage_channel", channel: channel.id }) !== null;
  const { run, busy, error } = useAction();
  if (channel.parent_id === null) return null;
  const follow = (follows: boolean) => run(async () => void (await (follows ? client.channels.followParent({ channel: channel.id }) : client.channels.unfollowParent({ channel: channel.id }))));
  return (
    <>
      <Switch label={t("channel.follow")} about={t("channel.follow.about")} checked={channel.follows_parent} disabled={busy || denied} onChange={follow} />
      <Problem error={error} />
    </>
  );
}
