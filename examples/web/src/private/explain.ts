/** What went wrong with private conversations, in words, by the stable code. */
import { t } from "../i18n";
import { homeOf, type BeepError } from "../sdk";
import { explainFailure } from "../store/failure";
import type { Failure } from "../store/objects";
import { explain } from "../ui/action";

/** Why somebody could not be written to, or not be added to a group; `name` is what they are called. */
export function explainContact(error: BeepError, user: string, name: string): string {
  switch (error.code) {
    case "permission_denied":
      return t("private.error.denied", { name });
    case "not_found":
      return t("person.gone", { name });
    case "already_member":
      return t("group.error.there", { name });
    case "conflict":
      return t("group.error.full");
    default:
      return explain(error, homeOf(user));
  }
}

/** Why a group could not be made of several people: the backend does not say whom it is about. */
export function explainGroup(error: BeepError): string {
  switch (error.code) {
    case "permission_denied":
      return t("group.error.denied");
    case "not_found":
      return t("group.error.gone");
    default:
      return explain(error);
  }
}

/** Why a message did not arrive in a private conversation. */
export function explainUnsent(failure: Failure, channel: string): string {
  return failure.code === "permission_denied" && !failure.missing?.length ? t("private.error.unsent") : explainFailure(failure, channel);
}
