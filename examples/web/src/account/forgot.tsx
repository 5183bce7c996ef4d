import { useRef, useState } from "react";
import { t } from "../i18n";
import { useChat } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { CodeField } from "./code-field";
import { RESEND_MS, useCountdown } from "./countdown";
import { FormTitle } from "./form-title";
import { SpoolNote } from "./spool-note";
import type { Step } from "./step";

type Forgotten = Extract<Step, { at: "forgot" }>;

/** A new password in place of a forgotten one: the address first, then the mailed code and what one chooses. */
export function Forgot({ step, spools, onStep }: { step: Forgotten; spools: boolean; onStep: (step: Step) => void }) {
  const { accounts } = useChat().client;
  const { email, sent } = step;
  const [address, setAddress] = useState(email);
  const [code, setCode] = useState("");
  const [password, setPassword] = useState("");
  const left = useCountdown(sent === 0 ? 0 : sent + RESEND_MS);
  const field = useRef<HTMLInputElement>(null);
  const { run, busy, error, setError } = useAction();
  const ask = () => run(async () => void (await accounts.requestPasswordReset({ email: address.trim() })), () => {
    setCode("");
    onStep({ at: "forgot", email: address.trim(), sent: Date.now() });
    field.current?.focus();
  });
  const complete = () => run(async () => {
    try {
      await accounts.completePasswordReset({ email, code, password });
    } catch (cause) {
      field.current?.focus();
      throw cause;
    }
  }, () => onStep({ at: "login", after: "reset" }));
  const refused = error?.code === "invalid_credentials";
  return (
    <form noValidate onSubmit={(event) => { event.preventDefault(); if (sent === 0) { if (address.includes("@")) ask(); } else if (code.length === 6 && password !== "") complete(); }}>
      <FormTitle>{t("forgot.title")}</FormTitle>
      {sent === 0 ? (
        <>
          <p>{t("forgot.text")}</p>
          <Field label={t("register.email")} name="email" type="email" autoComplete="email" autoFocus required value={address} problem={fieldProblem(error, "email")} onChange={(event) => { setAddress(event.target.value); setError(null); }} />
          <Problem error={error} shown={["email"]} />
          <Button type="submit" look="primary" busy={busy} disabled={!address.includes("@")}>{t("forgot.send")}</Button>
        </>
      ) : (
        <>
          <p>{t("forgot.sent", { email })}</p>
          <SpoolNote spools={spools} />
          <CodeField ref={field} label={t("activate.code")} value={code} wrong={refused} disabled={false} onChange={(text) => { setCode(text); setError(null); }} />
          <div role="alert" className="problem-place">{refused && <p className="problem">{t("activate.wrong")}</p>}</div>
          <Field label={t("field.new")} hint={t("register.password.hint")} name="password" type="password" autoComplete="new-password" required maxLength={1024} value={password} problem={fieldProblem(error, "password")} onChange={(event) => { setPassword(event.target.value); setError(null); }} />
          <Problem error={refused ? null : error} shown={["password"]} />
          <Button type="submit" look="primary" busy={busy} disabled={code.length < 6 || password === ""}>{t("forgot.submit")}</Button>
          <Button disabled={left > 0} busy={busy} onClick={ask}>{left > 0 ? t("activate.resend.in", { seconds: left }) : t("activate.resend")}</Button>
        </>
      )}
      <p className="aside">
        {sent !== 0 && <button type="button" className="text-button" onClick={() => onStep({ at: "forgot", email, sent: 0 })}>{t("activate.other")}</button>}
        <button type="button" className="text-button" onClick={() => onStep({ at: "login" })}>{t("register.login")}</button>
      </p>
    </form>
  );
}
