import { useState } from "react";
import { t } from "../i18n";
import { Problem, useAction } from "../ui/action";
import { Growing } from "./growing";

/** Changes a message in its place. Enter saves, Escape leaves it as it was. */
export function Editor({ content, onSave, onDone }: { content: string; onSave: (content: string) => Promise<void>; onDone: () => void }) {
  const [text, setText] = useState(content);
  const { run, busy, error } = useAction();
  const save = () => {
    const trimmed = text.trim();
    if (trimmed === "" || trimmed === content) onDone();
    else run(() => onSave(trimmed), onDone);
  };
  return (
    <form className="editor" onSubmit={(event) => { event.preventDefault(); save(); }}>
      <Growing label={t("message.edit")} value={text} onChange={setText} onEnter={save} onEscape={onDone} focused />
      <div className="editor-foot">
        <span className="hint">{t("editor.hint")}</span>
        <button type="button" className="text-button" onClick={onDone}>{t("cancel")}</button>
        <button type="submit" className="text-button" disabled={busy}>{t("save")}</button>
      </div>
      <Problem error={error} />
    </form>
  );
}
