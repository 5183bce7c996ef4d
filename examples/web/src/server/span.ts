import { t } from "../i18n";

/** The pause of a slow mode in the unit that one would say it in. */
export function spanOf(seconds: number): string {
  if (seconds === 0) return t("channel.slow.off");
  if (seconds % 3_600 === 0) return t("hours", { count: seconds / 3_600 });
  return seconds % 60 === 0 ? t("minutes", { count: seconds / 60 }) : t("seconds", { count: seconds });
}
