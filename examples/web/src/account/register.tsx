import { useState } from "react";
import { t } from "../i18n";
import { routeOf, usePath } from "../router";
import { useChat } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Field } from "../ui/field";

export function Register({ onLogin, onDone }: { onLogin: () => void; onDone: (email: string) => void }) {
  const { accounts } = useChat().client;
  const route = routeOf(usePath());
  const [email, setEmail] = useState("");
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const { run, busy, error } = useAction();
  const taken = (code: string, key: "error.username_taken" | "error.email_taken") => (error?.code === code ? t(key) : null);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const invitation = route.at === "invite" ? { invitation: route.code } : {};
        run(async () => void (await accounts.register({ email, username, password, ...invitation })), () => onDone(email));
      }}
    >
      <h1>{t("register.title")}</h1>
      <Field label={t("register.email")} hint={t("register.email.hint")} name="email" type="email" autoComplete="email" autoFocus required value={email} problem={fieldProblem(error, "email") ?? taken("email_taken", "error.email_taken")} onChange={(event) => setEmail(event.target.value)} />
      <Field label={t("register.username")} hint={t("register.username.hint")} name="username" autoComplete="username" autoCapitalize="none" required minLength={2} maxLength={32} pattern="[A-Za-z0-9_.\-]+" value={username} problem={fieldProblem(error, "username") ?? taken("username_taken", "error.username_taken")} onChange={(event) => setUsername(event.target.value)} />
      <Field label={t("login.password")} hint={t("register.password.hint")} name="password" type="password" autoComplete="new-password" required minLength={8} maxLength={1024} value={password} problem={fieldProblem(error, "password")} onChange={(event) => setPassword(event.target.value)} />
      <Problem error={error} />
      <button type="submit" className="button primary" disabled={busy}>{t("register.submit")}</button>
      <p className="aside">
        {t("register.known")} <button type="button" className="text-button" onClick={onLogin}>{t("register.login")}</button>
      </p>
    </form>
  );
}
