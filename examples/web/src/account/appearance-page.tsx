import { useId, useSyncExternalStore } from "react";
import { DENSITIES, TEXT_SIZES, THEMES, appearance, change, subscribe } from "../appearance/appearance";
import { timeOf, t } from "../i18n";
import { Avatar } from "../ui/avatar";
import { Choices, Switch } from "../ui/field";

/** How the page looks on this device; each choice holds at once. */
export function AppearancePage() {
  const now = useSyncExternalStore(subscribe, appearance);
  const size = useId();
  return (
    <div className="settings-form">
      <div className="appearance-preview" aria-hidden="true">
        {[["Ada", "1", "appearance.example.first"], ["Noa", "4", "appearance.example.second"]].map(([name = "", id = "", key]) => (
          <div key={id} className="message first">
            <span className="message-avatar"><Avatar id={id} name={name} /></span>
            <header><strong>{name}</strong> <time>{timeOf("2026-03-01T10:24:00Z")}</time></header>
            <div className="text"><p>{t(key as "appearance.example.first")}</p></div>
          </div>
        ))}
      </div>
      <fieldset className="themes">
        <legend>{t("appearance.theme")}</legend>
        {THEMES.map((theme) => (
          <label key={theme} className="theme" data-of={theme}>
            <input type="radio" name="theme" checked={now.theme === theme} onChange={() => change({ theme })} />
            <i aria-hidden="true"><b /><b /><b /></i>
            <span>{t(`appearance.theme.${theme}`)}</span>
          </label>
        ))}
      </fieldset>
      <Choices legend={t("appearance.density")} name="density" value={now.density} onChange={(density) => change({ density })} options={DENSITIES.map((value) => ({ value, label: t(`appearance.density.${value}`), about: t(`appearance.density.${value}.about`) }))} />
      <div className="field">
        <label htmlFor={size}>{t("appearance.size")}</label>
        <div className="slider">
          <span aria-hidden="true" className="small-letter">A</span>
          <input id={size} type="range" min={TEXT_SIZES.least} max={TEXT_SIZES.most} step={1} value={now.textSize} aria-valuetext={t("appearance.size.value", { size: now.textSize })} onChange={(event) => change({ textSize: event.target.valueAsNumber })} />
          <span aria-hidden="true" className="large-letter">A</span>
          <output>{now.textSize}</output>
        </div>
      </div>
      <Switch label={t("appearance.motion")} about={t("appearance.motion.about")} checked={now.motion === "reduced"} onChange={(reduced) => change({ motion: reduced ? "reduced" : "system" })} />
    </div>
  );
}
