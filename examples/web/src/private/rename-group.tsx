import { useState } from "react";
import { t } from "../i18n";
import { useChat } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import type { Private } from "./name";

/** Gives a group a name, or takes it away. */
export function RenameGroup({ channel, onClose }: { channel: Private & { readonly id: string }; onClose: () => void }) {
  const { channels } = useChat().client;
  const [name, setName] = useState(channel.name ?? "");
  const { run, busy, error } = useAction();
  const save = async () => void (await channels.update({ channel: channel.id, name: name.trim() }));
  return (
    <Dialog title={t("group.rename")} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); run(save, onClose); }}>
        <Field label={t("group.name")} hint={t("group.name.hint")} data-focus autoComplete="off" maxLength={MOST} value={name} problem={fieldProblem(error, "name")} onChange={(event) => setName(event.target.value)} />
        <Problem error={error} shown={["name"]} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" busy={busy}>{t("save")}</Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Code points of the name of a channel. */
const MOST = 100;
