import { t } from "../i18n";

/** The name of what leads to the friends, with how many requests wait there. */
export function friendsLabel(requests: number): string {
  return requests === 0 ? t("friends.title") : `${t("friends.title")}, ${t("friends.waiting", { count: requests })}`;
}
