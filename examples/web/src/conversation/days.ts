/** What a day is called: today and yesterday by these words, others by their date. */
import { useEffect, useReducer } from "react";
import { dayOf, t } from "../i18n";
import { dayKey } from "./group";

export function dayName(time: string, now: number = Date.now()): string {
  const day = dayKey(time);
  if (day === dayKey(now)) return t("day.today");
  const yesterday = new Date(now);
  // By the calendar: a day may have 23 or 25 hours.
  yesterday.setDate(yesterday.getDate() - 1);
  return day === dayKey(yesterday.getTime()) ? t("day.yesterday") : dayOf(time);
}

/** Draws again when a day ends, and where the reader travels to another time zone. */
export function useToday(): string {
  const [, look] = useReducer((count: number) => count + 1, 0);
  const today = `${dayKey(Date.now())} ${new Date().getTimezoneOffset()}`;
  useEffect(() => {
    const midnight = new Date();
    midnight.setHours(24, 0, 0, 500);
    const timer = setTimeout(look, midnight.getTime() - Date.now());
    // Timers stand still while the machine sleeps.
    document.addEventListener("visibilitychange", look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [today]);
  return today;
}
