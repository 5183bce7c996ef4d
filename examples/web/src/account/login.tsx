import { useRef, useState } from "react";
import { t } from "../i18n";
import { BeepError } from "../sdk";
import { useChat } from "../store/hooks";
import { Problem, useAction, useSlow } from "../ui/action";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { FormTitle } from "./form-title";
import { OtpField, isOtpProblem } from "./otp-field";

export function Login({ onActivate, onForgot }: { onActivate: (email: string) => void; onForgot: (email: string) => void }) {
  const chat = useChat();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [persist, setPersist] = useState(true);
  const { run, busy, error, setError } = useAction();
  const slow = useSlow(busy);
  /** The code beside the password, once it is asked for. */
  const [otp, setOtp] = useState<string | null>(null);
  const secret = useRef<HTMLInputElement>(null);
  const second = useRef<HTMLInputElement>(null);
  const waiting = error?.code === "account_not_activated";
  const enter = async () => {
    try {
      chat.enter(await chat.client.login({ login, password, persist, label: t("session.label"), ...(otp === null ? {} : { otp }) }), persist);
    } catch (cause) {
      if (cause instanceof BeepError && cause.code === "otp_required") return setOtp("");
      // The password was changed meanwhile.
      if (cause instanceof BeepError && cause.code === "invalid_credentials") setOtp(null);
      const field = second.current ?? secret.current;
      field?.focus();
      field?.select();
      throw cause;
    }
  };
  if (otp !== null) {
    return (
      <form onSubmit={(event) => { event.preventDefault(); run(enter); }}>
        <FormTitle>{t("second.title")}</FormTitle>
        <p>{t("second.login")}</p>
        <OtpField ref={second} value={otp} error={error} autoFocus onChange={(text) => { setOtp(text); setError(null); }} />
        <Problem error={isOtpProblem(error) ? null : error} />
        <Button type="submit" look="primary" busy={busy} disabled={otp.trim() === ""}>{t("login.submit")}</Button>
        <p className="hint" role="status">{slow && t("login.slow")}</p>
        <p className="aside"><button type="button" className="text-button" onClick={() => { setOtp(null); setError(null); }}>{t("second.back")}</button></p>
      </form>
    );
  }
  return (
    <form onSubmit={(event) => { event.preventDefault(); run(enter); }}>
      <FormTitle>{t("login.title")}</FormTitle>
      <Field label={t("login.login")} name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus required value={login} onChange={(event) => setLogin(event.target.value)} />
      <Field ref={secret} label={t("login.password")} name="password" type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
      <label className="check">
        <input type="checkbox" checked={persist} onChange={(event) => setPersist(event.target.checked)} />
        {t("login.persist")}
      </label>
      <Problem error={error} />
      {waiting && <Button onClick={() => onActivate(login.includes("@") ? login : "")}>{t("login.activate")}</Button>}
      <Button type="submit" look="primary" busy={busy}>{t("login.submit")}</Button>
      <p className="hint" role="status">{slow && t("login.slow")}</p>
      <p className="aside"><button type="button" className="text-button" onClick={() => onForgot(login.includes("@") ? login.trim() : "")}>{t("forgot.link")}</button></p>
    </form>
  );
}
