import { useState, type ReactElement } from "react";
import { t } from "../i18n";
import { Field } from "./field";

/** As long as a reason may be. */
export const MOST_REASON = 512;

/** The reason of something that the audit log will tell: its field, and what goes with the request. */
export function useReason(): { field: ReactElement; given: { reason?: string } } {
  const [reason, setReason] = useState("");
  const text = reason.trim();
  return {
    field: <Field label={t("reason")} hint={t("reason.hint")} maxLength={MOST_REASON} value={reason} onChange={(event) => setReason(event.target.value)} />,
    given: text === "" ? {} : { reason: text },
  };
}
