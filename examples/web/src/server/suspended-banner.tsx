import { t } from "../i18n";
import type { Server } from "../sdk";
import { ends, isAhead } from "../store/end";
import { useAgainAt } from "../store/hooks";

/** Says that moderators of the backend have suspended a server, and what that means. */
export function SuspendedBanner({ server }: { server: Server }) {
  useAgainAt(server.suspended_until);
  return (
    <div className="banner-place">
      <div role="status">{isAhead(server.suspended_until) && <p className="banner">{t("suspended.server", ends(server.suspended_until))}</p>}</div>
    </div>
  );
}
