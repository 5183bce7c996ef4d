import { useRef, useState } from "react";
import { t } from "../i18n";
import { BeepError, type SelfUser } from "../sdk";
import { stays } from "../store/kept";
import { useChat } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { Name } from "../ui/name";
import { toast } from "../ui/toast";
import { useAbout } from "./about";
import { CodeField } from "./code-field";
import { isOtpProblem, useOtp } from "./otp-field";
import { SecondFactor } from "./second-factor";
import { SpoolNote } from "./spool-note";

/** What one signs in with, and the end of the account. */
export function Security({ me, onDelete }: { me: SelfUser; onDelete: (input: { password: string; otp?: string }) => Promise<void> }) {
  const [deleting, setDeleting] = useState(false);
  return (
    <>
      <PasswordForm me={me} />
      <SecondFactor me={me} />
      <EmailForm me={me} />
      <section className="danger-zone" aria-labelledby="deleting">
        <h2 id="deleting">{t("account.delete")}</h2>
        <p className="hint">{t("account.delete.about")}</p>
        <Button icon="trash" look="danger" onClick={() => setDeleting(true)}>{t("account.delete")}</Button>
      </section>
      {deleting && <DeleteDialog me={me} onDelete={onDelete} onClose={() => setDeleting(false)} />}
    </>
  );
}

function PasswordForm({ me }: { me: SelfUser }) {
  const { self } = useChat().client;
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const otp = useOtp(me);
  const { run, busy, error, setError } = useAction();
  const first = useRef<HTMLInputElement>(null);
  const change = () => run(async () => {
    try {
      await self.changePassword({ current, new: next, ...otp.given });
    } catch (cause) {
      if (cause instanceof BeepError && cause.code === "invalid_credentials") first.current?.focus();
      throw cause;
    }
  }, () => {
    setCurrent("");
    setNext("");
    otp.forget();
    toast(t("password.changed"));
  });
  return (
    <form className="settings-form" aria-label={t("password.change")} onSubmit={(event) => { event.preventDefault(); change(); }}>
      <h2>{t("password.change")}</h2>
      <p className="hint">{t("password.change.about")}</p>
      <Field ref={first} label={t("field.current")} type="password" autoComplete="current-password" required maxLength={1024} value={current} problem={wrongPassword(error) ?? fieldProblem(error, "current")} onChange={(event) => { setCurrent(event.target.value); setError(null); }} />
      <Field label={t("field.new")} hint={t("register.password.hint")} type="password" autoComplete="new-password" required maxLength={1024} value={next} problem={fieldProblem(error, "new")} onChange={(event) => { setNext(event.target.value); setError(null); }} />
      {otp.field(error, setError)}
      <Problem error={wrongPassword(error) || isOtpProblem(error) ? null : error} shown={["current", "new"]} />
      <div><Button type="submit" look="primary" busy={busy} disabled={current === "" || next === "" || otp.missing}>{t("password.change")}</Button></div>
    </form>
  );
}

/** The new address and the password first, then the code that was mailed there. */
function EmailForm({ me }: { me: SelfUser }) {
  const chat = useChat();
  const about = useAbout();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const otp = useOtp(me);
  const [asked, setAsked] = useState<string | null>(null);
  const [code, setCode] = useState("");
  const { run, busy, error, setError } = useAction();
  const secret = useRef<HTMLInputElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const ask = () => run(async () => {
    try {
      await chat.client.self.changeEmail({ email: email.trim(), password, ...otp.given });
    } catch (cause) {
      if (cause instanceof BeepError && cause.code === "invalid_credentials") secret.current?.focus();
      throw cause;
    }
  }, () => {
    setPassword("");
    setCode("");
    otp.forget();
    setAsked(email.trim());
  });
  const confirm = (code: string) => {
    if (asked === null) return;
    run(async () => {
      try {
        await chat.confirmEmail({ email: asked, code, persist: stays(), label: t("session.label"), ...otp.given });
      } catch (cause) {
        if (!(cause instanceof BeepError && isOtpProblem(cause))) {
          setCode("");
          field.current?.focus();
        }
        throw cause;
      }
    }, () => {
      setAsked(null);
      otp.forget();
      setEmail("");
      toast(t("email.changed"));
    });
  };
  const refused = asked !== null && error?.code === "invalid_credentials";
  return (
    <form className="settings-form" noValidate aria-label={t("email.change")} onSubmit={(event) => { event.preventDefault(); if (asked === null) { if (email.includes("@") && password !== "" && !otp.missing) ask(); } else if (code.length === 6 && !otp.missing) confirm(code); }}>
      <h2>{t("email.change")}</h2>
      <dl className="facts"><dt>{t("register.email")}</dt><dd><Name>{me.email}</Name></dd></dl>
      {asked === null ? (
        <>
          <Field label={t("email.new")} type="email" autoComplete="email" required value={email} problem={fieldProblem(error, "email")} onChange={(event) => { setEmail(event.target.value); setError(null); }} />
          <Field ref={secret} label={t("login.password")} type="password" autoComplete="current-password" required maxLength={1024} value={password} problem={wrongPassword(error) ?? fieldProblem(error, "password")} onChange={(event) => { setPassword(event.target.value); setError(null); }} />
          {otp.field(error, setError)}
          <Problem error={wrongPassword(error) || isOtpProblem(error) ? null : error} shown={["email", "password"]} />
          <div><Button type="submit" look="primary" busy={busy} disabled={!email.includes("@") || password === "" || otp.missing}>{t("forgot.send")}</Button></div>
        </>
      ) : (
        <>
          <p>{t("activate.text", { email: asked })}</p>
          <SpoolNote spools={about?.spools ?? false} />
          <CodeField ref={field} label={t("activate.code")} value={code} wrong={refused} disabled={false} onChange={(text) => { setCode(text); setError(null); if (text.length === 6 && !me.two_factor) confirm(text); }} />
          <div role="alert" className="problem-place">{refused && <p className="problem">{t("activate.wrong")}</p>}</div>
          {otp.field(error, setError)}
          <Problem error={refused || isOtpProblem(error) ? null : error} />
          <div className="row">
            <Button type="submit" look="primary" busy={busy} disabled={code.length < 6 || otp.missing}>{t("activate.submit")}</Button>
            <Button onClick={() => { setAsked(null); setError(null); }}>{t("activate.other")}</Button>
          </div>
        </>
      )}
    </form>
  );
}

/** Asks for the name, as before all that is gone for good, and for the password. */
function DeleteDialog({ me, onDelete, onClose }: { me: SelfUser; onDelete: (input: { password: string; otp?: string }) => Promise<void>; onClose: () => void }) {
  const [written, setWritten] = useState("");
  const [password, setPassword] = useState("");
  const { run, busy, error, setError } = useAction();
  const otp = useOtp(me);
  const ready = written.trim() === me.username && password !== "" && !otp.missing;
  const owns = error?.code === "conflict" || error?.code === "last_administrator";
  return (
    <Dialog title={t("account.delete")} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); if (ready) run(() => onDelete({ password, ...otp.given })); }}>
        <p className="message-text">{t("account.delete.text")}</p>
        <Field label={t("confirm.name", { name: me.username })} data-focus autoComplete="off" autoCapitalize="none" spellCheck={false} value={written} onChange={(event) => setWritten(event.target.value)} />
        <Field label={t("login.password")} type="password" autoComplete="current-password" required maxLength={1024} value={password} problem={wrongPassword(error)} onChange={(event) => { setPassword(event.target.value); setError(null); }} />
        {otp.field(error, setError)}
        <div role="alert" className="problem-place">{owns && <p className="problem">{t("account.delete.owner")}</p>}</div>
        <Problem error={owns || wrongPassword(error) || isOtpProblem(error) ? null : error} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="danger" busy={busy} disabled={!ready}>{t("account.delete")}</Button>
        </footer>
      </form>
    </Dialog>
  );
}

const wrongPassword = (error: BeepError | null): string | null => (error?.code === "invalid_credentials" ? t("hand.wrong") : null);
