import { useState } from "react";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import type { Channel, KnownServer } from "../sdk";
import { useChat } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { Field, Select } from "../ui/field";
import { Overrides } from "../permission/overrides";

const PAUSES = [0, 5, 10, 30, 60, 300, 900, 3_600, 21_600];

/** Makes a channel, or changes one: its words, its slow mode, and who may do what there. */
export function ChannelForm({ known, channel, onClose }: { known: KnownServer; channel: Channel | null; onClose: () => void }) {
  const { channels } = useChat().client;
  const [name, setName] = useState(channel?.name ?? "");
  const [topic, setTopic] = useState(channel?.topic ?? "");
  const [slow, setSlow] = useState(channel?.slow_mode_s ?? 0);
  const [deleting, setDeleting] = useState(false);
  const { run, busy, error } = useAction();
  const save = async () => {
    const words = { name: name.trim(), topic: topic.trim(), slow_mode_s: slow };
    if (channel) await channels.update({ channel: channel.id, version: channel.version, ...words });
    else navigate(paths.channel(known.server.id, (await channels.create({ server: known.server.id, ...words })).id));
  };
  return (
    <Dialog title={channel ? t("channel.edit", { channel: channel.name ?? "" }) : t("channel.create")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(save, onClose);
        }}
      >
        <Field label={t("channel.name")} data-focus required maxLength={100} value={name} problem={fieldProblem(error, "name")} onChange={(event) => setName(event.target.value)} />
        <Field label={t("channel.topic")} value={topic} problem={fieldProblem(error, "topic")} onChange={(event) => setTopic(event.target.value)} />
        <Select label={t("channel.slow")} hint={t("channel.slow.hint")} value={slow} onChange={(event) => setSlow(Number(event.target.value))}>
          {[...new Set([...PAUSES, slow])].sort((a, b) => a - b).map((pause) => (
            <option key={pause} value={pause}>{pause === 0 ? t("channel.slow.off") : t("seconds", { count: pause })}</option>
          ))}
        </Select>
        <Problem error={error} />
        <footer>
          {channel && <button type="button" className="button danger" onClick={() => setDeleting(true)}>{t("channel.delete")}</button>}
          <button type="button" className="button" onClick={onClose}>{t("cancel")}</button>
          <button type="submit" className="button primary" disabled={busy || name.trim() === ""}>{channel ? t("save") : t("channel.create")}</button>
        </footer>
      </form>
      {channel && <Overrides known={known} channel={channel} />}
      {channel && deleting && (
        <Confirm
          title={t("channel.delete")}
          text={t("channel.delete.text", { channel: channel.name ?? "" })}
          action={t("channel.delete")}
          onConfirm={() => channels.delete({ channel: channel.id })}
          onClose={() => setDeleting(false)}
        />
      )}
    </Dialog>
  );
}
