import { useEffect, useRef, useState } from "react";
import { t } from "../i18n";
import { BeepError, type SelfUser } from "../sdk";
import { QrCode } from "../server/qr-code";
import { useChat } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { CopyButton } from "../ui/copy-button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { toast } from "../ui/toast";
import { CodeField } from "./code-field";
import { OtpField } from "./otp-field";

type Doing = "set up" | "renew" | "remove";

/** Whether one is asked for a code beside the password, and what one does about it. */
export function SecondFactor({ me }: { me: SelfUser }) {
  const chat = useChat();
  const [doing, setDoing] = useState<Doing | null>(null);
  // No event tells of it, and it may have been changed on another device. If it cannot be asked for, what is known stays.
  useEffect(() => void chat.client.self.get({}).then((now) => chat.rename(now), () => {}), [chat]);
  const close = () => setDoing(null);
  return (
    <section className="settings-form" aria-labelledby="second-factor">
      <h2 id="second-factor">{t("second.title")}</h2>
      <p className="hint">{t(me.two_factor ? "second.on" : "second.off")}</p>
      <div className="row">
        {me.two_factor ? (
          <>
            <Button onClick={() => setDoing("renew")}>{t("second.renew")}</Button>
            <Button look="danger" onClick={() => setDoing("remove")}>{t("second.remove")}</Button>
          </>
        ) : (
          <Button look="primary" icon="shield" onClick={() => setDoing("set up")}>{t("second.set")}</Button>
        )}
      </div>
      {doing === "set up" && <SetUpDialog onClose={close} />}
      {doing === "renew" && <RenewDialog onClose={close} />}
      {doing === "remove" && <RemoveDialog onClose={close} />}
    </section>
  );
}

/** The password first, then what the app reads and its first code, then the recovery codes. */
function SetUpDialog({ onClose }: { onClose: () => void }) {
  const chat = useChat();
  const { second_factor, self } = chat.client;
  const [password, setPassword] = useState("");
  const [begun, setBegun] = useState<{ secret: string; otpauth_uri: string } | null>(null);
  const [code, setCode] = useState("");
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const { run, busy, error, setError } = useAction();
  const field = useRef<HTMLInputElement>(null);
  const refused = error?.code === "invalid_credentials";
  const begin = () => run(async () => setBegun(await second_factor.begin({ password })), () => setPassword(""));
  const confirm = (code: string) => run(async () => {
    try {
      setCodes((await second_factor.confirm({ code })).recovery_codes);
    } catch (cause) {
      setCode("");
      field.current?.focus();
      throw cause;
    }
    chat.rename(await self.get({}));
  }, () => toast(t("second.done")));
  return (
    <Dialog title={t("second.title")} onClose={onClose}>
      {codes !== null ? (
        <RecoveryCodes codes={codes} onClose={onClose} />
      ) : begun === null ? (
        <form onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); begin(); }}>
          <p className="message-text">{t("second.about")}</p>
          <Field label={t("login.password")} type="password" autoComplete="current-password" data-focus required maxLength={1024} value={password} problem={refused ? t("hand.wrong") : null} onChange={(event) => { setPassword(event.target.value); setError(null); }} />
          <Problem error={refused ? null : error} />
          <footer>
            <Button onClick={onClose}>{t("cancel")}</Button>
            <Button type="submit" look="primary" busy={busy} disabled={password === ""}>{t("continue")}</Button>
          </footer>
        </form>
      ) : (
        <form noValidate onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); if (code.length === 6) confirm(code); }}>
          <p className="message-text">{t("second.scan")}</p>
          <QrCode text={begun.otpauth_uri} open />
          <div className="invite-link">
            <label htmlFor="second-secret">{t("second.secret")}</label>
            <div className="joined">
              <input id="second-secret" readOnly dir="ltr" value={begun.secret} onFocus={(event) => event.target.select()} />
              <CopyButton text={begun.secret} look="plain" />
            </div>
          </div>
          <CodeField ref={field} label={t("activate.code")} value={code} wrong={refused} disabled={false} onChange={(text) => { setCode(text); setError(null); if (text.length === 6) confirm(text); }} />
          <div role="alert" className="problem-place">{refused && <p className="problem">{t("second.wrong")}</p>}</div>
          <Problem error={refused ? null : error} />
          <footer>
            <Button onClick={onClose}>{t("cancel")}</Button>
            <Button type="submit" look="primary" busy={busy} disabled={code.length < 6}>{t("second.set")}</Button>
          </footer>
        </form>
      )}
    </Dialog>
  );
}

function RenewDialog({ onClose }: { onClose: () => void }) {
  const { second_factor } = useChat().client;
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  return (
    <Dialog title={t("second.renew")} onClose={onClose}>
      {codes !== null ? (
        <RecoveryCodes codes={codes} onClose={onClose} />
      ) : (
        <Sure text={t("second.renew.text")} action={t("second.renew")} onClose={onClose} onSure={async (input) => setCodes((await second_factor.renewRecoveryCodes(input)).recovery_codes)} />
      )}
    </Dialog>
  );
}

function RemoveDialog({ onClose }: { onClose: () => void }) {
  const chat = useChat();
  const { second_factor, self } = chat.client;
  const remove = async (input: { password: string; code: string }) => {
    await second_factor.remove(input);
    onClose();
    toast(t("second.removed"));
    chat.rename(await self.get({}));
  };
  return (
    <Dialog title={t("second.remove")} onClose={onClose}>
      <Sure text={t("second.remove.text")} action={t("second.remove")} danger onClose={onClose} onSure={remove} />
    </Dialog>
  );
}

/** Asks for the password and a code; the backend does not say which of the two is wrong. */
function Sure({ text, action, danger, onSure, onClose }: { text: string; action: string; danger?: boolean; onSure: (input: { password: string; code: string }) => Promise<void>; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const { run, busy, error, setError } = useAction();
  const first = useRef<HTMLInputElement>(null);
  const wrong = error?.code === "invalid_credentials";
  const ask = () => run(async () => {
    try {
      await onSure({ password, code });
    } catch (cause) {
      if (cause instanceof BeepError && cause.code === "invalid_credentials") first.current?.focus();
      throw cause;
    }
  });
  return (
    <form onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); ask(); }}>
      <p className="message-text">{text}</p>
      <Field ref={first} label={t("login.password")} type="password" autoComplete="current-password" data-focus required maxLength={1024} value={password} onChange={(event) => { setPassword(event.target.value); setError(null); }} />
      <OtpField value={code} error={null} onChange={(text) => { setCode(text); setError(null); }} />
      <div role="alert" className="problem-place">{wrong && <p className="problem">{t("second.sure.wrong")}</p>}</div>
      <Problem error={wrong ? null : error} />
      <footer>
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" look={danger ? "danger" : "primary"} busy={busy} disabled={password === "" || code === ""}>{action}</Button>
      </footer>
    </form>
  );
}

/** They are told once, so one says that one has them. */
function RecoveryCodes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  return (
    <>
      <p className="message-text">{t("second.codes.text")}</p>
      <ul className="recovery-codes" aria-label={t("second.codes")} dir="ltr">
        {codes.map((code) => <li key={code}><code>{code}</code></li>)}
      </ul>
      <footer>
        <CopyButton text={codes.join("\n")} look="plain" />
        <Button look="primary" data-focus onClick={onClose}>{t("second.codes.kept")}</Button>
      </footer>
    </>
  );
}
