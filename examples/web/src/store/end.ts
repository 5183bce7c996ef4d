/** When something ends that somebody decided, as a suspension. */
import { momentOf, t } from "../i18n";

/** In words. */
export function endOf(until: string | null): string {
  const { when, time } = ends(until);
  return when === "never" ? t("until.never") : time;
}

/** What sentences about it are filled with. Backends write the last moment that there is for what has no end. */
export function ends(until: string | null): { when: "never" | "then"; time: string } {
  return until === null || until >= LAST ? { when: "never", time: "" } : { when: "then", time: momentOf(until) };
}

const LAST = "9999";

/** Whether it is still to come. */
export const isAhead = (until: string | null | undefined): until is string => typeof until === "string" && Date.parse(until) > Date.now();
