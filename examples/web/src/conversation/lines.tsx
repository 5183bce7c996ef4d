import { t } from "../i18n";
import { dayName } from "./days";

/** Where a day begins. */
export function DayLine({ time }: { time: string; today: string }) {
  return <div className="day" role="separator" aria-label={dayName(time)}><span>{dayName(time)}</span></div>;
}

/** Where what is new begins. */
export function NewLine() {
  return <div className="new-line" role="separator" aria-label={t("new.label")}><span>{t("new")}</span></div>;
}
