import { useEffect, useRef, useState, type ReactNode } from "react";
import { t } from "../i18n";
import { guard } from "../router";
import type { BeepError } from "../sdk";
import { Problem } from "./action";
import { Button } from "./button";
import { MOST_REASON } from "./reason";

/** A form of a page of settings: what is changed stays until it is saved or reset, and one cannot leave without saying which. */
export function SettingsForm({ dirty, busy, error, shown, label, disabled, invalid, audited, onSave, onReset, children }: {
  dirty: boolean;
  busy: boolean;
  error: BeepError | null;
  /** The fields that show what is wrong with them. */
  shown?: readonly string[];
  label?: string;
  disabled?: boolean;
  /** Whether what is written cannot be saved. */
  invalid?: boolean;
  /** Whether an audit log tells of the change: then one may say why. */
  audited?: boolean;
  onSave: (given: { reason?: string }) => void;
  onReset: () => void;
  children: ReactNode;
}) {
  const bar = useRef<HTMLDivElement>(null);
  const [asked, setAsked] = useState(0);
  const [reason, setReason] = useState("");
  useEffect(() => {
    if (!dirty) return setReason("");
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", stay);
    const free = guard(() => {
      setAsked((count) => count + 1);
      return false;
    });
    return () => {
      removeEventListener("beforeunload", stay);
      free();
    };
  }, [dirty]);
  useEffect(() => {
    if (asked > 0) bar.current?.querySelector<HTMLElement>("button")?.focus();
  }, [asked]);
  return (
    <form aria-label={label} className="settings-form" onSubmit={(event) => { event.preventDefault(); if (dirty && !invalid) onSave(reason.trim() === "" ? {} : { reason: reason.trim() }); }}>
      <fieldset className="bare" disabled={disabled}>{children}</fieldset>
      <Problem error={error} {...(shown && { shown })} />
      {dirty && (
        <div ref={bar} key={asked} className="save-bar" data-asked={asked > 0 || undefined}>
          <p role="status">{t("unsaved")}</p>
          {audited && <input className="save-reason" aria-label={t("reason")} placeholder={t("reason.short")} dir="auto" maxLength={MOST_REASON} value={reason} onChange={(event) => setReason(event.target.value)} />}
          <Button look="quiet" onClick={onReset}>{t("reset")}</Button>
          <Button type="submit" look="primary" busy={busy} disabled={invalid}>{t("save")}</Button>
        </div>
      )}
    </form>
  );
}
