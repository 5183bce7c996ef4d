import { useState, type ReactNode } from "react";
import { t } from "../i18n";
import { Problem, useAction } from "./action";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Field } from "./field";

/** Asks before something that cannot be undone; before the gravest, to write the name of what will be gone. */
export function Confirm({ title, text, action, name, children, onConfirm, onClose }: {
  title: string;
  text: ReactNode;
  action: string;
  /** What has to be written first. */
  name?: string;
  children?: ReactNode;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}) {
  const { run, busy, error } = useAction();
  const [written, setWritten] = useState("");
  const ready = name === undefined || written.trim() === name.trim();
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); if (ready) run(onConfirm, onClose); }}>
        <p className="message-text">{text}</p>
        {children}
        {name !== undefined && <Field label={t("confirm.name", { name })} data-focus autoComplete="off" spellCheck={false} value={written} onChange={(event) => setWritten(event.target.value)} />}
        <Problem error={error} />
        <footer>
          <Button onClick={onClose} {...(name === undefined && { "data-focus": true })}>{t("cancel")}</Button>
          <Button type="submit" look="danger" busy={busy} disabled={!ready}>{action}</Button>
        </footer>
      </form>
    </Dialog>
  );
}
