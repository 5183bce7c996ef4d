import { useState, type ReactElement } from "react";
import { t } from "../i18n";
import { Select } from "../ui/select";

const HOUR_MS = 3_600_000;
/** In hours; 0 is without end. */
const SPANS = [1, 24, 168, 720, 0] as const;

/** For how long something is to hold: the field, and what goes with a request that is made now. */
export function useUntil(): { field: ReactElement; end: () => { until?: string } } {
  const [hours, setHours] = useState<number>(24);
  return {
    field: <Select label={t("mute.for")} value={hours} onChange={setHours} options={SPANS.map((value) => ({ value, label: value === 0 ? t("until.never.choice") : value < 24 ? t("hours", { count: value }) : t("days", { count: value / 24 }) }))} />,
    end: () => (hours === 0 ? {} : { until: new Date(Date.now() + hours * HOUR_MS).toISOString() }),
  };
}
