import { lazy, Suspense, useState, type ReactNode } from "react";
import { powersOf } from "../admin/powers";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import { homeOf, type KnownServer, type Permission } from "../sdk";
import { leaving } from "../shell/departures";
import { isAhead } from "../store/end";
import { useChat, useChatView, usePermissions } from "../store/hooks";
import { useServerRows } from "../store/unread";
import { Confirm } from "../ui/confirm";
import type { MenuEntry } from "../ui/menu";

const ChannelForm = lazy(() => import("./channel-form").then(({ ChannelForm }) => ({ default: ChannelForm })));
const NicknameDialog = lazy(() => import("./moderation").then(({ NicknameDialog }) => ({ default: NicknameDialog })));
const InviteDialog = lazy(() => import("./invite-dialog").then(({ InviteDialog }) => ({ default: InviteDialog })));

/** What makes the settings of a server worth opening. */
const MANAGING: readonly Permission[] = ["manage_server", "manage_roles", "manage_invitations", "manage_channels", "manage_members", "administrator"];
export const mayManage = (held: readonly Permission[]): boolean => MANAGING.some((permission) => held.includes(permission));

const ReportDialog = lazy(() => import("../report/report-dialog").then(({ ReportDialog }) => ({ default: ReportDialog })));
const SuspendServerDialog = lazy(() => import("../admin/sanctions").then(({ SuspendServerDialog }) => ({ default: SuspendServerDialog })));
const LiftDialog = lazy(() => import("../admin/sanctions").then(({ LiftDialog }) => ({ default: LiftDialog })));

/** What concerns the moderators of the backend. */
type Moderating = "report" | "suspend" | "lift";

export interface ServerMenu {
  readonly entries: readonly MenuEntry[];
  /** What opens by an entry, and by the same of a button. */
  readonly dialogs: ReactNode;
  open(dialog: "channel" | "invite" | "leave" | "nickname" | Moderating): void;
}

/** What one can do about a server: the same at its name and at its tile. */
export function useServerMenu(known: KnownServer): ServerMenu {
  const chat = useChat();
  const held = usePermissions(known);
  const { unread_channels: unread = 0 } = useServerRows().find(({ id }) => id === known.server.id) ?? {};
  const [shown, open] = useState<"channel" | "invite" | "leave" | "nickname" | Moderating | null>(null);
  const { me } = useChatView();
  const { server } = known;
  const moderates = powersOf(me).servers && homeOf(server.id) === me?.domain;
  const entries: (MenuEntry | false)[] = [
    unread > 0 && { id: "read", label: t("new.read"), icon: "check", act: () => chat.objects.conversations.markServerRead(server.id) },
    held.includes("manage_invitations") && { id: "invite", label: t("invite.people"), icon: "invite", act: () => open("invite") },
    { id: "settings", label: t(mayManage(held) ? "settings.title" : "settings.about"), icon: "settings", act: () => navigate(paths.settings(server.id)) },
    held.includes("manage_channels") && { id: "channel", label: t("channel.create"), icon: "plus", act: () => open("channel") },
    held.includes("change_nickname") && { id: "nickname", label: t("nickname.change"), icon: "edit", act: () => open("nickname") },
    server.owner !== known.member.user && { id: "report", label: t("report.server"), icon: "flag", parted: true, act: () => open("report") },
    moderates && (isAhead(server.suspended_until)
      ? { id: "lift", label: t("lift.server"), icon: "gavel", act: () => open("lift") }
      : { id: "suspend", label: t("suspend.server"), icon: "gavel", grave: true, act: () => open("suspend") }),
    server.owner !== known.member.user && { id: "leave", label: t("server.leave"), icon: "leave", grave: true, parted: true, act: () => open("leave") },
  ];
  const close = () => open(null);
  const dialogs = (
    <>
      <Suspense>
        {shown === "channel" && <ChannelForm known={known} channel={null} onClose={close} />}
        {shown === "invite" && <InviteDialog known={known} onClose={close} />}
        {shown === "report" && <ReportDialog target={{ kind: "server", id: server.id }} title={t("report.server.of", { name: server.name })} onClose={close} />}
        {shown === "suspend" && <SuspendServerDialog server={server.id} name={server.name} onClose={close} />}
        {shown === "lift" && <LiftDialog name={server.name} onLift={(given) => chat.client.admin.unsuspendServer({ server: server.id, ...given })} onClose={close} />}
        {shown === "nickname" && <NicknameDialog known={known} member={known.member} onClose={close} />}
      </Suspense>
      {shown === "leave" && (
        <Confirm
          title={t("server.leave")}
          text={t("server.leave.text", { server: server.name })}
          action={t("server.leave")}
          onConfirm={async () => {
            leaving(server.id);
            await chat.client.servers.leave({ server: server.id });
            navigate(paths.home);
          }}
          onClose={close}
        />
      )}
    </>
  );
  return { entries: entries.filter((entry) => entry !== false), dialogs, open };
}
