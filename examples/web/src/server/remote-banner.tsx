import { useEffect } from "react";
import { t } from "../i18n";
import type { KnownServer } from "../sdk";
import { useChat, useElsewhere, useReach } from "../store/hooks";

/** Says, in a server of another backend, that the backend cannot be reached, what is wrong, and what that means. */
export function RemoteBanner({ known }: { known: KnownServer }) {
  const { id } = known.server;
  const domain = useElsewhere(id);
  return domain && <Watched key={id} server={id} domain={domain} />;
}

function Watched({ server, domain }: { server: string; domain: string }) {
  const { remotes } = useChat();
  const { trouble, back } = useReach(domain);
  useEffect(() => remotes.watch(domain, server), [remotes, domain, server]);
  return (
    <div className="banner-place">
      <div role="status">
        {trouble !== null && <p className="banner" data-remote={trouble}>{t(`error.${trouble}`, { domain })} {t("remote.meanwhile")}</p>}
        {back && <p className="banner" data-remote="back">{t("remote.back", { domain })}</p>}
      </div>
    </div>
  );
}
