import { useEffect, useState } from "react";
import { t } from "../i18n";
import { useChat } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Field } from "../ui/field";

/** Takes the mailed code. Where the backend has no mail relay, the page says in which file the mail is. */
export function Activate({ email, onLogin }: { email: string; onLogin: () => void }) {
  const chat = useChat();
  const [code, setCode] = useState("");
  const [sent, setSent] = useState(false);
  const spools = useSpools();
  const { run, busy, error } = useAction();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        run(async () => chat.enter(await chat.client.activate({ email, code: code.trim() })));
      }}
    >
      <h1>{t("activate.title")}</h1>
      <p>{t("activate.text", { email })}</p>
      {spools && <p className="notice">{t("activate.spool")} <code>beep-data/mail/</code></p>}
      <Field label={t("activate.code")} name="code" inputMode="numeric" autoComplete="one-time-code" autoFocus required pattern="\s*[0-9]{6}\s*" maxLength={10} value={code} onChange={(event) => setCode(event.target.value)} />
      <Problem error={error} />
      <button type="submit" className="button primary" disabled={busy}>{t("activate.submit")}</button>
      <p className="aside" role="status">
        {sent ? t("activate.sent") : (
          <button type="button" className="text-button" disabled={busy} onClick={() => run(() => chat.client.accounts.resendActivation({ email }), () => setSent(true))}>
            {t("activate.resend")}
          </button>
        )}
      </p>
      <p className="aside"><button type="button" className="text-button" onClick={onLogin}>{t("register.login")}</button></p>
    </form>
  );
}

/** Whether the backend keeps mails in files. */
function useSpools(): boolean {
  const { backend } = useChat().client;
  const [spools, setSpools] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    backend.get({}, { signal: stop.signal }).then(({ mail }) => setSpools(mail === "spool"), () => {
      // Then the page says what it knows without.
    });
    return () => stop.abort();
  }, [backend]);
  return spools;
}
