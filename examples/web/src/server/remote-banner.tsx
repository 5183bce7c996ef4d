import { t } from "../i18n";
import type { KnownServer } from "../sdk";
import { useElsewhere, useReach } from "../store/hooks";

/** Says, in a server of another backend, that the backend cannot be reached, what is wrong, and what that means. */
export function RemoteBanner({ known }: { known: KnownServer }) {
  const { id } = known.server;
  const domain = useElsewhere(id);
  return domain && <Reached key={id} domain={domain} />;
}

function Reached({ domain }: { domain: string }) {
  const { trouble, back } = useReach(domain);
  return (
    <div className="banner-place">
      <div role="status">
        {trouble !== null && <p className="banner" data-remote={trouble}>{t(`error.${trouble}`, { domain })} {t("remote.meanwhile")}</p>}
        {back && <p className="banner" data-remote="back">{t("remote.back", { domain })}</p>}
      </div>
    </div>
  );
}
