import { useState } from "react";
import { t } from "../i18n";
import { Activate } from "./activate";
import { Languages } from "./languages";
import { Login } from "./login";
import { Register } from "./register";

type Step = { at: "login" } | { at: "register" } | { at: "activate"; email: string };

/** Signing in and signing up. */
export function AccountPage({ expired }: { expired: boolean }) {
  const [step, setStep] = useState<Step>({ at: "login" });
  return (
    <div className="account">
      <main className="card">
        <p className="wordmark">Beep</p>
        {expired && step.at === "login" && <p className="notice" role="status">{t("login.expired")}</p>}
        {step.at === "login" && <Login onRegister={() => setStep({ at: "register" })} onActivate={(email) => setStep({ at: "activate", email })} />}
        {step.at === "register" && <Register onLogin={() => setStep({ at: "login" })} onDone={(email) => setStep({ at: "activate", email })} />}
        {step.at === "activate" && <Activate email={step.email} onLogin={() => setStep({ at: "login" })} />}
        <Languages />
      </main>
    </div>
  );
}
