import { t } from "../i18n";
import { useElsewhere, useReach } from "../store/hooks";

/** Says, in a server or private conversation of another backend, that the backend cannot be reached, what is wrong, and what that means. */
export function RemoteBanner({ id }: { id: string }) {
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
