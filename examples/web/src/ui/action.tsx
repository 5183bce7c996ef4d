import { useCallback, useRef, useState } from "react";
import { isKey, t } from "../i18n";
import { BeepError } from "../sdk";
import { remoteOf } from "../store/watched";

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

/** Says what went wrong, in the reader's words where there are some. */
export function Problem({ error }: { error: BeepError | null }) {
  return (
    <div role="alert" className="problem-place">
      {error && <p className="problem">{explain(error)}</p>}
    </div>
  );
}

export function explain(error: BeepError): string {
  if (error.code === "permission_denied" && error.problem?.missing?.length) {
    const names = error.problem.missing.map((name) => {
      const key = `permission.${name}`;
      return isKey(key) ? t(key) : name;
    });
    return t("error.missing", { permissions: names.join(", ") });
  }
  if (error.code === "invalid_request" && error.problem?.errors?.length) {
    return error.problem.errors.map(({ field, detail }) => `${field}: ${detail}`).join("; ");
  }
  const key = `error.${error.code}`;
  return isKey(key) ? t(key, { domain: remoteOf(error) ?? t("remote.some") }) : (error.problem?.detail ?? error.message);
}

/** What is wrong with one field of a form, if the backend named it. */
export function fieldProblem(error: BeepError | null, field: string): string | null {
  return error?.problem?.errors?.find((one) => one.field === field)?.detail ?? null;
}
