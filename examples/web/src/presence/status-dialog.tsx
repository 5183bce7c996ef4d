import { useState } from "react";
import { t } from "../i18n";
import type { Presence } from "../sdk";
import { useChat } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";

/** Writes what others see beside oneself. */
export function StatusDialog({ presence, onClose }: { presence: Presence; onClose: () => void }) {
  const { client } = useChat();
  const [text, setText] = useState(presence.text ?? "");
  const [emoji, setEmoji] = useState(presence.emoji ?? "");
  const { run, busy, error } = useAction();
  const status = presence.status === "offline" ? "online" : presence.status;
  const put = (text: string, emoji: string) => () => client.presence.put({ status, text: text.trim(), emoji: emoji.trim() });
  return (
    <Dialog title={t("presence.write")} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); run(put(text, emoji), onClose); }}>
        <Field label={t("presence.text")} data-focus autoComplete="off" maxLength={128} placeholder={t("presence.text.example")} problem={fieldProblem(error, "text")} value={text} onChange={(event) => setText(event.target.value)} />
        <Field label={t("presence.emoji")} autoComplete="off" maxLength={16} placeholder="🌴" problem={fieldProblem(error, "emoji")} value={emoji} onChange={(event) => setEmoji(event.target.value)} />
        <Problem error={error} shown={["text", "emoji"]} />
        <footer>
          {(presence.text !== null || presence.emoji !== null) && <Button busy={busy} onClick={() => run(put("", ""), onClose)}>{t("presence.clear")}</Button>}
          <Button type="submit" look="primary" busy={busy}>{t("save")}</Button>
        </footer>
      </form>
    </Dialog>
  );
}
