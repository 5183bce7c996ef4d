import { useRef, useState } from "react";
import { t } from "../i18n";
import { useChat } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { CodeField } from "./code-field";
import { RESEND_MS, useCountdown } from "./countdown";
import { FormTitle } from "./form-title";
import { SpoolNote } from "./spool-note";
import type { Step } from "./step";

type Activating = Extract<Step, { at: "activate" }>;

/** How often one may be wrong before a code is spent. */
const TRIES = 5;

/** Takes the mailed code, which is sent as soon as it is whole. */
export function Activate({ step, spools, onStep }: { step: Activating; spools: boolean; onStep: (step: Step) => void }) {
  const chat = useChat();
  const { email, sent, wrong } = step;
  const [address, setAddress] = useState(email);
  const [code, setCode] = useState("");
  const left = useCountdown(sent === 0 ? 0 : sent + RESEND_MS);
  const field = useRef<HTMLInputElement>(null);
  const { run, busy, error, setError } = useAction();
  const spent = wrong >= TRIES;
  const resend = () => run(() => chat.client.accounts.resendActivation({ email: address }), () => {
    setCode("");
    onStep({ at: "activate", email: address, sent: Date.now(), wrong: 0 });
    field.current?.focus();
  });
  const confirm = (code: string) =>
    run(async () => {
      try {
        chat.enter(await chat.client.activate({ email: address, code }));
      } catch (cause) {
        onStep({ ...step, email: address, wrong: wrong + 1 });
        setCode("");
        field.current?.focus();
        throw cause;
      }
    });
  const write = (text: string) => {
    setCode(text);
    setError(null);
    if (text.length === 6 && !spent) confirm(text);
  };
  const refused = error?.code === "invalid_credentials";
  return (
    <form noValidate onSubmit={(event) => { event.preventDefault(); if (sent === 0) resend(); else if (code.length === 6) confirm(code); }}>
      <FormTitle>{t("activate.title")}</FormTitle>
      {sent === 0 ? (
        <Field label={t("register.email")} hint={t("activate.address")} type="email" autoComplete="email" autoFocus value={address} onChange={(event) => setAddress(event.target.value)} />
      ) : (
        <>
          <p>{t("activate.text", { email })}</p>
          <SpoolNote spools={spools} />
          <CodeField ref={field} label={t("activate.code")} value={code} wrong={refused || spent} disabled={spent} onChange={write} />
        </>
      )}
      <div role="alert" className="problem-place">
        {spent ? <p className="problem">{t("activate.spent")}</p> : refused && <p className="problem">{t("activate.wrong")}</p>}
      </div>
      <Problem error={refused ? null : error} />
      {sent === 0 ? (
        <Button type="submit" look="primary" busy={busy} disabled={!address.includes("@")}>{t("activate.resend")}</Button>
      ) : (
        <>
          <Button type="submit" look="primary" busy={busy} disabled={code.length < 6 || spent}>{t("activate.submit")}</Button>
          <Button look={spent ? "primary" : "plain"} disabled={left > 0 && !spent} busy={busy} onClick={resend}>{left > 0 && !spent ? t("activate.resend.in", { seconds: left }) : t("activate.resend")}</Button>
        </>
      )}
      <p className="aside">
        {email !== "" && <button type="button" className="text-button" onClick={() => onStep({ at: "register" })}>{t("activate.other")}</button>}
        <button type="button" className="text-button" onClick={() => onStep({ at: "login" })}>{t("register.login")}</button>
      </p>
    </form>
  );
}
