import { useState } from "react";
import { t } from "../i18n";
import { useTitle } from "../title";
import { Wordmark } from "../ui/mark";
import { Name } from "../ui/name";
import { useAbout } from "./about";
import { Activate } from "./activate";
import { Forgot } from "./forgot";
import { Languages } from "./languages";
import { FormLevel } from "./form-title";
import { Login } from "./login";
import { Register } from "./register";
import { keepStep, storedStep, wasHere, type Step } from "./step";

/** Signing up and logging in. Whom an invitation brought sees it beside, and signs up first. */
export function AccountPage({ expired, invited = false }: { expired: boolean; invited?: boolean }) {
  const [step, setStep] = useState<Step>(() => storedStep() ?? { at: expired || (wasHere() && !invited) ? "login" : "register" });
  const about = useAbout();
  useTitle(t(`${step.at}.title`));
  const go = (step: Step) => {
    keepStep(step);
    setStep(step);
  };
  const activate = (email: string) => go({ at: "activate", email, sent: email === "" ? 0 : Date.now(), wrong: 0 });
  const card = (
    <div className="account">
      <main className="card">
        {invited && <Wordmark />}
        {expired && step.at === "login" && !step.after && <p className="notice" role="status">{t("login.expired")}</p>}
        {step.at === "login" && step.after && <p className="notice" role="status">{t(step.after === "reset" ? "forgot.done" : "account.deleted")}</p>}
        {(step.at === "login" || step.at === "register") && (
          <div className="switch-forms">
            <button type="button" aria-pressed={step.at === "register"} onClick={() => go({ at: "register" })}>{t("register.tab")}</button>
            <button type="button" aria-pressed={step.at === "login"} onClick={() => go({ at: "login" })}>{t("login.tab")}</button>
          </div>
        )}
        <FormLevel value={invited ? "h2" : "h1"}>
          {step.at === "login" && <Login onActivate={activate} onForgot={(email) => go({ at: "forgot", email, sent: 0 })} />}
          {step.at === "register" && <Register onDone={activate} />}
          {step.at === "forgot" && <Forgot step={step} spools={about?.spools ?? false} onStep={go} />}
          {step.at === "activate" && <Activate step={step} spools={about?.spools ?? false} onStep={go} />}
        </FormLevel>
        <Languages />
      </main>
    </div>
  );
  if (invited) return card;
  return (
    <div className="entrance">
      <aside className="brand" aria-label="Beep">
        <Wordmark />
        <p className="brand-line">{t("brand.line")}</p>
        <p>{t("brand.text")}</p>
        {about && <p className="brand-domain"><Name className="domain">{about.domain}</Name></p>}
      </aside>
      {card}
    </div>
  );
}
