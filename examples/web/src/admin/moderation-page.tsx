import { lazy, Suspense } from "react";
import { AuditLog } from "../audit/page";
import { t } from "../i18n";
import { lastPath } from "../places";
import { paths } from "../router";
import { Frame, type Page } from "../settings/frame";
import { useChatView } from "../store/hooks";
import { Skeleton } from "../ui/skeleton";
import { powersOf } from "./powers";
import { Reports } from "./reports";
import { ModeratedServers } from "./servers";
import { ModeratedUsers } from "./users";

const Federation = lazy(() => import("./federation").then(({ Federation }) => ({ default: Federation })));

/** What one does for the whole backend, as its moderator or administrator; what one may not open is not in the list. */
export function Moderation({ page }: { page: string | null }) {
  const { me } = useChatView();
  const { users, servers, administers } = powersOf(me);
  const [people, backend] = [t("admin.moderate"), t("account.backend")];
  const pages: Page[] = ([
    { id: "reports", label: t("reports.title"), icon: "flag", group: people },
    ...(users ? [{ id: "users", label: t("admin.users"), icon: "people", group: people } as const] : []),
    ...(servers ? [{ id: "servers", label: t("admin.servers"), icon: "server", group: people } as const] : []),
    ...(administers ? [{ id: "log", label: t("audit.title"), icon: "log", group: backend }, { id: "federation", label: t("federation.title"), icon: "globe", group: backend }] as const : []),
  ] as const).map((one) => ({ ...one, href: paths.moderation(one.id) }));
  return (
    <Frame name={me?.domain ?? ""} pages={pages} page={page} root={paths.moderation()} close={lastPath() ?? paths.home}>
      {(open) => (
        <Suspense fallback={<Skeleton rows={5} />}>
          {open === "reports" && <Reports />}
          {open === "users" && <ModeratedUsers />}
          {open === "servers" && <ModeratedServers />}
          {open === "log" && <AuditLog known={null} />}
          {open === "federation" && <Federation />}
        </Suspense>
      )}
    </Frame>
  );
}
