import { lazy, Suspense, useState, type ReactNode } from "react";
import { powersOf } from "../admin/powers";
import { canInsert, insert } from "../conversation/insert";
import { useFriendActions } from "../friends/actions";
import { t } from "../i18n";
import { mayActOnMember } from "../permission/rank";
import { BeepError, homeOf, type KnownServer, type Member } from "../sdk";
import { serverOf, useChat, useChatView, useHandle, useName, usePermissions } from "../store/hooks";
import { explain } from "../ui/action";
import { copy } from "../ui/clipboard";
import type { ContextEntry } from "../ui/context-menu";
import { toast } from "../ui/toast";
import { BanDialog, KickDialog, MuteDialog, NicknameDialog } from "./moderation";

const PermissionsOf = lazy(() => import("../permission/permissions-of").then(({ PermissionsOf }) => ({ default: PermissionsOf })));

const ReportDialog = lazy(() => import("../report/report-dialog").then(({ ReportDialog }) => ({ default: ReportDialog })));
const SuspendUserDialog = lazy(() => import("../admin/sanctions").then(({ SuspendUserDialog }) => ({ default: SuspendUserDialog })));
const RestrictDialog = lazy(() => import("../admin/sanctions").then(({ RestrictDialog }) => ({ default: RestrictDialog })));

export interface PersonActions {
  /** Names them in the composer; `null` if there is none, or their handle is not known yet. */
  readonly mention: (() => void) | null;
  /** These ask first; `null` for who may not. */
  readonly rename: (() => void) | null;
  readonly mute: (() => void) | null;
  readonly kick: (() => void) | null;
  readonly ban: (() => void) | null;
  /** Shows what they may do and why; `null` for who may not know. */
  readonly permissions: (() => void) | null;
  /** Ends a mute; `null` where there is none, too. */
  readonly unmute: (() => void) | null;
  /** What one may do about them as a friend, and writing to them. */
  readonly friend: readonly ContextEntry[];
  /** Tells the moderators of the backend; `null` for oneself. */
  readonly report: (() => void) | null;
  /** What moderators of the backend may: takes the account from them, or lets them only read here. */
  readonly suspend: (() => void) | null;
  readonly restrict: (() => void) | null;
  copyId(): void;
  readonly dialogs: ReactNode;
}

/** What one may do about somebody, in a server or apart from any: the same in their card and in the menu of their row. */
export function usePersonActions(known: KnownServer | null, user: string, member: Member | null, onDone?: () => void): PersonActions {
  const chat = useChat();
  const { me } = useChatView();
  const server = serverOf(known);
  const name = useName(server, user);
  const handle = useHandle(user);
  const friend = useFriendActions(user, name);
  const held = usePermissions(known);
  const [asking, ask] = useState<"rename" | "permissions" | "mute" | "kick" | "ban" | "report" | "suspend" | "restrict" | null>(null);
  const own = user === me?.id;
  const powers = powersOf(me);
  const outranks = !own && known !== null && member !== null && mayActOnMember(known, member);
  const moderates = outranks && held.includes("manage_members");
  const renames = member !== null && (own ? held.includes("change_nickname") : outranks && held.includes("manage_nicknames"));
  const explains = member !== null && (own || held.includes("manage_roles"));
  const close = () => ask(null);
  return {
    mention: handle !== null && canInsert() ? () => insert(`@${handle} `) : null,
    rename: renames ? () => ask("rename") : null,
    permissions: explains ? () => ask("permissions") : null,
    mute: moderates && !isMuted(member) ? () => ask("mute") : null,
    kick: moderates ? () => ask("kick") : null,
    ban: moderates ? () => ask("ban") : null,
    unmute: moderates && server !== null && isMuted(member) ? () => {
      chat.client.members.unmute({ server, user }).then(() => {
        chat.people.put({ ...member, muted_until: null });
        toast(t("unmute.done", { name }));
      }, (cause: unknown) => {
        if (!(cause instanceof BeepError)) throw cause;
        toast(explain(cause));
      });
    } : null,
    report: own ? null : () => ask("report"),
    suspend: powers.users && !own ? () => ask("suspend") : null,
    restrict: powers.servers && !own && server !== null && homeOf(server) === me?.domain ? () => ask("restrict") : null,
    copyId: () => void copy(user).then((done) => toast(t(done ? "copied" : "copy.failed"))),
    friend: friend.entries,
    dialogs: (
      <>
        {friend.dialogs}
        {known && member && asking === "rename" && <NicknameDialog known={known} member={member} onClose={close} />}
        <Suspense>
          {known && asking === "permissions" && <PermissionsOf known={known} user={user} onClose={close} />}
          {asking === "report" && <ReportDialog target={{ kind: "user", id: user }} title={t("report.user.of", { name })} onClose={close} />}
          {asking === "suspend" && <SuspendUserDialog user={user} name={name} onClose={close} />}
          {known && asking === "restrict" && <RestrictDialog known={known} user={user} restrictedUntil={member?.restricted_until ?? null} name={name} onClose={close} />}
        </Suspense>
        {known && member && asking === "mute" && <MuteDialog known={known} member={member} name={name} onClose={close} />}
        {known && member && asking === "kick" && <KickDialog known={known} member={member} name={name} onClose={close} onDone={onDone} />}
        {known && member && asking === "ban" && <BanDialog known={known} user={user} name={name} onClose={close} onDone={onDone} />}
      </>
    ),
  };
}

/** Whether a member may only read for now. */
export function isMuted(member: Member | null): member is Member & { muted_until: string } {
  return member !== null && member.muted_until !== null && Date.parse(member.muted_until) > Date.now();
}

/** The same as the entries of a menu. */
export function entriesOf({ mention, rename, permissions, mute, unmute, kick, ban, friend, report, restrict, suspend, copyId }: PersonActions): ContextEntry[] {
  const entries: (ContextEntry | false)[] = [
    mention !== null && { id: "mention", label: t("person.mention"), icon: "mention", act: mention },
    rename !== null && { id: "rename", label: t("nickname.change"), icon: "edit", act: rename },
    permissions !== null && { id: "permissions", label: t("permissions.title"), icon: "shield", act: permissions },
    { id: "id", label: t("profile.copy"), icon: "copy", act: copyId },
    ...friend.map((entry, at) => ({ ...entry, parted: at === 0 })),
    report !== null && { id: "report", label: t("report.user"), icon: "flag", act: report },
    mute !== null && { id: "mute", label: t("mute"), icon: "mute", grave: true, parted: true, act: mute },
    unmute !== null && { id: "unmute", label: t("unmute"), icon: "bell", parted: true, act: unmute },
    kick !== null && { id: "kick", label: t("kick"), icon: "kick", grave: true, act: kick },
    ban !== null && { id: "ban", label: t("ban"), icon: "ban", grave: true, act: ban },
    restrict !== null && { id: "restrict", label: t("restrict.here"), icon: "gavel", grave: true, parted: true, act: restrict },
    suspend !== null && { id: "suspend", label: t("suspend.user"), icon: "gavel", grave: true, parted: restrict === null, act: suspend },
  ];
  return entries.filter((entry) => entry !== false);
}
