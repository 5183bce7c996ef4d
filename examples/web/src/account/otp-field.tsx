import { useState, type ReactNode, type Ref } from "react";
import { t } from "../i18n";
import type { BeepError, SelfUser } from "../sdk";
import { Field } from "../ui/field";

/** A code of the second factor: of the app or a recovery code, so it is no field of six digits. */
export function OtpField({ ref, value, error, autoFocus, onChange }: { ref?: Ref<HTMLInputElement>; value: string; error: BeepError | null; autoFocus?: boolean; onChange: (code: string) => void }) {
  return (
    <Field ref={ref} label={t("second.code")} hint={t("second.code.hint")} name="otp" dir="ltr" autoComplete="one-time-code" autoCapitalize="none" spellCheck={false} autoFocus={autoFocus} required maxLength={64} value={value} problem={wrongOtp(error)} onChange={(event) => onChange(event.target.value)} />
  );
}

/** What is wrong with the code, if it is the code. */
const wrongOtp = (error: BeepError | null): string | null => (isOtpProblem(error) ? t(error?.code === "otp_required" ? "second.code.missing" : "second.code.wrong") : null);

export const isOtpProblem = (error: BeepError | null): boolean => error?.code === "otp_invalid" || error?.code === "otp_required";

/** The code in a form that asks for the password of who may have a second factor. */
export function useOtp(me: SelfUser | null) {
  const asks = me?.two_factor ?? false;
  const [otp, setOtp] = useState("");
  return {
    given: asks ? { otp } : {},
    missing: asks && otp.trim() === "",
    forget: () => setOtp(""),
    field: (error: BeepError | null, setError: (error: null) => void): ReactNode =>
      asks && <OtpField value={otp} error={error} onChange={(text) => { setOtp(text); setError(null); }} />,
  };
}
