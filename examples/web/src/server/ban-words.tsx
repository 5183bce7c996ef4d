import { dateOf, t } from "../i18n";
import type { Ban } from "../sdk";
import { useName } from "../store/hooks";

/** Why there is a ban, by whom and since when. */
export function BanWords({ server, ban }: { server: string; ban: Pick<Ban, "reason" | "by" | "created_at"> }) {
  const by = useName(server, ban.by);
  return (
    <>
      <p dir="auto">{ban.reason ?? <span className="quiet">{t("ban.no.reason")}</span>}</p>
      <small className="quiet">{t("ban.by", { name: by, time: dateOf(ban.created_at) })}</small>
    </>
  );
}
