import { useState } from "react";
import { t } from "../i18n";
import { routeOf, usePath } from "../router";
import { useChat } from "../store/hooks";
import { Problem, fieldProblem, useAction, useSlow } from "../ui/action";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { FormTitle } from "./form-title";

export function Register({ onDone }: { onDone: (email: string) => void }) {
  const { accounts } = useChat().client;
  const route = routeOf(usePath());
  const [email, setEmail] = useState("");
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const { run, busy, error, setError } = useAction();
  const slow = useSlow(busy);
  const taken = (code: string, key: "error.username_taken" | "error.email_taken") => (error?.code === code ? t(key) : null);
  /** What can be seen here already, once one has left the field. */
  const own = (field: string, wrong: boolean, key: Parameters<typeof t>[0]) => (left.has(field) && wrong ? t(key) : null);
  const wrong = {
    email: !/^\S+@\S+\.\S+$|^\S+@localhost$/.test(email.trim()),
    username: !/^[A-Za-z0-9_.-]{2,32}$/.test(username),
    password: [...password].length < 8,
  };
  const leave = (field: string, value: string) => value !== "" && setLeft(new Set([...left, field]));
  const submit = () => {
    setLeft(new Set(["email", "username", "password"]));
    const first = (["email", "username", "password"] as const).find((field) => wrong[field]);
    if (first) return void document.querySelector<HTMLInputElement>(`form [name=${first}]`)?.focus();
    const invitation = route.at === "invite" ? { invitation: route.code } : {};
    run(async () => void (await accounts.register({ email: email.trim(), username, password, ...invitation })), () => onDone(email.trim()));
  };
  const shown = error && ["username_taken", "email_taken"].includes(error.code) ? null : error;
  return (
    <form noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <FormTitle>{t("register.title")}</FormTitle>
      <Field label={t("register.email")} hint={t("register.email.hint")} name="email" type="email" autoComplete="email" autoFocus required value={email} problem={fieldProblem(error, "email") ?? taken("email_taken", "error.email_taken") ?? own("email", wrong.email, "invalid.email")} onBlur={() => leave("email", email)} onChange={(event) => { setEmail(event.target.value); setError(null); }} />
      <Field label={t("register.username")} hint={t("register.username.hint")} name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} required maxLength={32} value={username} problem={fieldProblem(error, "username") ?? taken("username_taken", "error.username_taken") ?? own("username", wrong.username, "invalid.username")} onBlur={() => leave("username", username)} onChange={(event) => { setUsername(event.target.value); setError(null); }} />
      <Field label={t("login.password")} hint={t("register.password.hint")} name="password" type="password" autoComplete="new-password" required maxLength={1024} value={password} problem={fieldProblem(error, "password") ?? own("password", wrong.password, "invalid.password.too_short")} onBlur={() => leave("password", password)} onChange={(event) => { setPassword(event.target.value); setError(null); }} />
      <Problem error={shown} shown={["email", "username", "password"]} />
      <Button type="submit" look="primary" busy={busy}>{t("register.submit")}</Button>
      <p className="hint" role="status">{slow && t("login.slow")}</p>
    </form>
  );
}
