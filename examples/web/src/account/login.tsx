import { useState } from "react";
import { t } from "../i18n";
import { useChat } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Field } from "../ui/field";

export function Login({ onRegister, onActivate }: { onRegister: () => void; onActivate: (email: string) => void }) {
  const chat = useChat();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [persist, setPersist] = useState(true);
  const { run, busy, error } = useAction();
  const waiting = error?.code === "account_not_activated";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        run(async () => chat.enter(await chat.client.login({ login, password, persist, label: t("session.label") })));
      }}
    >
      <h1>{t("login.title")}</h1>
      <Field label={t("login.login")} name="username" autoComplete="username" autoCapitalize="none" autoFocus required value={login} onChange={(event) => setLogin(event.target.value)} />
      <Field label={t("login.password")} name="password" type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
      <label className="check">
        <input type="checkbox" checked={persist} onChange={(event) => setPersist(event.target.checked)} />
        {t("login.persist")}
      </label>
      <Problem error={error} />
      {waiting && login.includes("@") && (
        <button type="button" className="button" onClick={() => onActivate(login)}>{t("login.activate")}</button>
      )}
      {waiting && !login.includes("@") && <p className="hint">{t("login.activate.address")}</p>}
      <button type="submit" className="button primary" disabled={busy}>{t("login.submit")}</button>
      <p className="aside">
        {t("login.new")} <button type="button" className="text-button" onClick={onRegister}>{t("login.register")}</button>
      </p>
    </form>
  );
}
