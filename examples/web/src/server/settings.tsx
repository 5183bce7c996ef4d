import { AuditLog } from "../audit/page";
import { t } from "../i18n";
import { MatrixPage } from "../permission/matrix";
import { lastChannel } from "../places";
import { paths } from "../router";
import type { KnownServer } from "../sdk";
import { Frame, type Page } from "../settings/frame";
import { usePermissions } from "../store/hooks";
import { Bans } from "./bans";
import { ChannelOrder } from "./channel-order";
import { Invitations } from "./invitations";
import { MemberTable } from "./member-table";
import { Overview } from "./overview";
import { Roles } from "./roles";

/** The settings of a server; what one may not open at all is not in the list. */
export function Settings({ known, page }: { known: KnownServer; page: string | null }) {
  const held = usePermissions(known);
  const { id, name } = known.server;
  const bans = held.includes("manage_members") || held.includes("manage_server");
  const pages: Page[] = ([
    { id: "overview", label: t("settings.overview"), icon: "settings" },
    { id: "channels", label: t("channels.title"), icon: "hash" },
    { id: "roles", label: t("roles.title"), icon: "shield" },
    ...(held.includes("manage_roles") ? [{ id: "permissions", label: t("permissions.title"), icon: "table" } as const] : []),
    { id: "members", label: t("members.title"), icon: "people" },
    { id: "invitations", label: t("invitations.title"), icon: "invite" },
    ...(bans ? [{ id: "bans", label: t("bans.title"), icon: "ban" } as const] : []),
    ...(held.includes("manage_server") ? [{ id: "audit", label: t("audit.title"), icon: "log" } as const] : []),
  ] as const).map((one) => ({ ...one, href: paths.settings(id, one.id) }));
  const channel = lastChannel(id);
  return (
    <Frame name={name} pages={pages} page={page} root={paths.settings(id)} close={channel === null ? paths.server(id) : paths.channel(id, channel)}>
      {(open) => {
        switch (open) {
          case "channels":
            return <ChannelOrder known={known} />;
          case "roles":
            return <Roles known={known} />;
          case "permissions":
            return <MatrixPage known={known} />;
          case "members":
            return <MemberTable known={known} />;
          case "invitations":
            return <Invitations known={known} />;
          case "bans":
            return <Bans known={known} />;
          case "audit":
            return <AuditLog known={known} />;
          default:
            return <Overview known={known} />;
        }
      }}
    </Frame>
  );
}
