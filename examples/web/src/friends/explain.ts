/** What went wrong with friends, in words, by the stable code. */
import { t } from "../i18n";
import type { BeepError } from "../sdk";
import { domainIn } from "../server/domain";
import { explain } from "../ui/action";

/** Why somebody could not be asked; `own` is the caller's handle with its domain. */
export function explainAsk(error: BeepError, handle: string, own: string): string {
  switch (error.code) {
    case "not_found":
      return t("person.none", { handle });
    case "conflict":
      return t("friends.error.conflict");
    case "invalid_request":
      return [own, own.split("@")[0]].includes(handle) ? t("friends.error.self") : explain(error);
    default:
      return explain(error, domainIn(handle));
  }
}

/** Why something else was refused; `domain` is that of the other one. */
export function explainFriend(error: BeepError, domain: string): string {
  switch (error.code) {
    case "not_found":
      return t("friends.error.gone");
    case "conflict":
      return t("friends.error.conflict");
    default:
      return explain(error, domain);
  }
}
