import { createContext, useCallback, useContext, useEffect, useRef, useState } from "react";
import { isKey, t } from "../i18n";
import { permissionName } from "../permission/name";
import { BeepError } from "../sdk";

/** Runs what asks the backend: one thing at a time, with what went wrong. */
export function useAction() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<BeepError | null>(null);
  const running = useRef(false);
  const run = useCallback((action: () => Promise<void>, done?: () => void) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setError(null);
    action()
      .then(
        () => done?.(),
        (cause: unknown) => {
          if (!(cause instanceof BeepError)) throw cause;
          setError(cause);
        },
      )
      .finally(() => {
        running.current = false;
        setBusy(false);
      });
  }, []);
  return { run, busy, error, setError };
}

/** Whether something has been going on for so long that the page should say so. */
export function useSlow(busy: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!busy) return setSlow(false);
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, [busy]);
  return slow;
}

const SLOW_MS = 2_500;

/** The domain of the server or private conversation that is open: what goes wrong with another backend goes wrong with that one. */
export const OpenDomain = createContext<string | null>(null);

/**
 * Says what went wrong, in the reader's words where there are some; what belongs to a field that shows it is left out.
 * `domain`: which backend was asked, if it is not that of the open server.
 */
export function Problem({ error, shown = [], domain }: { error: BeepError | null; shown?: readonly string[]; domain?: string | null }) {
  const open = useContext(OpenDomain);
  const elsewhere = error?.code === "invalid_request" && error.problem?.errors?.length && error.problem.errors.every(({ field }) => shown.includes(field));
  return (
    <div role="alert" className="problem-place">
      {error && !elsewhere && <p className="problem">{explain(error, domain ?? open)}</p>}
    </div>
  );
}

/** `domain`: which other backend it may be about. */
export function explain(error: BeepError, domain: string | null = null): string {
  if (error.code === "permission_denied" && error.problem?.missing?.length) {
    return t("error.missing", { permissions: error.problem.missing.map(permissionName).join(", ") });
  }
  if (error.code === "invalid_request" && error.problem?.errors?.length) {
    return error.problem.errors.map((one) => `${labelOf(one.field)}: ${detailOf(one)}`).join("; ");
  }
  if (error.code === "rate_limited") {
    const wait = error.problem?.retry_after;
    return typeof wait === "number" && wait > 0 ? t("error.rate_limited.for", { seconds: Math.ceil(wait) }) : t("error.rate_limited");
  }
  const key = `error.${error.code}`;
  return isKey(key) ? t(key, { domain: domain || t("remote.some") }) : (error.problem?.detail ?? error.message);
}

/** What is wrong with one field of a form, if the backend named it. */
export function fieldProblem(error: BeepError | null, field: string): string | null {
  const one = error?.problem?.errors?.find((one) => one.field === field);
  return one ? detailOf(one) : null;
}

interface FieldError {
  readonly field: string;
  readonly code: string;
  readonly detail: string;
}

/** The backend says what it wants; some of that is better said as what is wrong. */
function detailOf({ field, code, detail }: FieldError): string {
  for (const key of [`invalid.${field}.${code}`, `invalid.${code}`]) if (isKey(key)) return t(key);
  return detail;
}

function labelOf(field: string): string {
  const key = `field.${field}`;
  return isKey(key) ? t(key) : field;
}
