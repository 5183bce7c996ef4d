/** What is wrong with something, and what came of telling it. The backend keeps any text; these are the words of this client. */
import { isKey, t } from "../i18n";

export const REASONS = ["spam", "harassment", "hate", "illegal", "impersonation", "other"] as const;
export type ReportReason = (typeof REASONS)[number];

export const OUTCOMES = ["deleted", "warned", "restricted", "suspended", "passed_on", "nothing"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The reason of a report in the reader's language; what another client wrote stays as it is. */
export const reasonOf = (reason: string): string => said(`report.reason.${reason}`, reason);

/** What came of a report, likewise. */
export const outcomeOf = (action: string): string => said(`report.outcome.${action}`, action);

const said = (key: string, text: string): string => (isKey(key) ? t(key) : text);
