/** What went wrong, as the objects of the SDK keep it, in words. */
import { isKey, momentOf, t } from "../i18n";
import { permissionName } from "../permission/name";
import { homeOf, type BeepError } from "../sdk";
import { ends } from "./end";
import type { Denied, Failure } from "./objects";

/** What can be wrong with another backend. */
export const TROUBLES = ["remote_unavailable", "discovery_failure", "federation_denied", "authentication_failure", "validation_error", "remote_error"] as const;
export type Trouble = (typeof TROUBLES)[number];

export function troubleOf(code: string | null): Trouble | null {
  return TROUBLES.find((trouble) => trouble === code) ?? null;
}

/** Whether another backend is to blame, so that it may work later. */
export function isTrouble(error: BeepError): boolean {
  return troubleOf(error.code) !== null;
}

/** Why something about a channel or server did not work; `id` is its qualified id. */
export function explainFailure({ code, detail, missing, until }: Failure, id: string): string {
  if (code === null) return t("error.transport");
  if (code === "permission_denied" && missing?.length) return t("error.missing", { permissions: named(missing) });
  if (code === "muted" && until) return t("composer.muted", { time: momentOf(until) });
  if (code === "restricted" && until) return t("composer.restricted", ends(until));
  if (code === "server_suspended" && until) return t("composer.suspended", ends(until));
  if (code === "account_suspended" && until) return t("failure.suspended", { time: momentOf(until) });
  const key = `error.${code}`;
  return isKey(key) ? t(key, { domain: homeOf(id) }) : detail;
}

/** Why the caller may not say anything here. */
export function explainDenied(denied: Denied): string {
  switch (denied.reason) {
    case "muted":
      return t("composer.muted", { time: momentOf(denied.until) });
    case "restricted":
      return t("composer.restricted", ends(denied.until));
    case "suspended":
      return t("composer.suspended", ends(denied.until));
    case "missing":
    case "missing_any":
      // Who does not see a channel does not see its composer either.
      return denied.permissions.every((one) => one === "send_messages" || one === "view_channels") ? t("composer.denied") : t("error.missing", { permissions: named(denied.permissions) });
    default:
      return t("composer.denied");
  }
}

const named = (permissions: readonly string[]): string => permissions.map(permissionName).join(", ");
