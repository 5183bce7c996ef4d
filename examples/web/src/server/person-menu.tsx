import { useState, type ReactNode } from "react";
import { canInsert, insert } from "../conversation/insert";
import { t } from "../i18n";
import { mayActOnMember } from "../permission/rank";
import type { KnownServer, Member } from "../sdk";
import { useChatView, useHandle, useName, usePermissions } from "../store/hooks";
import { copy } from "../ui/clipboard";
import type { ContextEntry } from "../ui/context-menu";
import { toast } from "../ui/toast";
import { BanDialog, KickDialog } from "./moderation";

export interface PersonActions {
  /** Names them in the composer; `null` if there is none, or their handle is not known yet. */
  readonly mention: (() => void) | null;
  /** Ask before removing and banning; `null` for who may not. */
  readonly kick: (() => void) | null;
  readonly ban: (() => void) | null;
  copyId(): void;
  readonly dialogs: ReactNode;
}

/** What one may do about somebody: the same in their card and in the menu of their row. */
export function usePersonActions(known: KnownServer, user: string, member: Member | null, onDone?: () => void): PersonActions {
  const { me } = useChatView();
  const name = useName(known.server.id, user);
  const handle = useHandle(user);
  const held = usePermissions(known);
  const [asking, setAsking] = useState<"kick" | "ban" | null>(null);
  const removable = user !== me?.id && held.includes("manage_members") && member !== null && mayActOnMember(known, member);
  const close = () => setAsking(null);
  return {
    mention: handle !== null && canInsert() ? () => insert(`@${handle} `) : null,
    kick: removable ? () => setAsking("kick") : null,
    ban: removable ? () => setAsking("ban") : null,
    copyId: () => void copy(user).then((done) => toast(t(done ? "copied" : "copy.failed"))),
    dialogs: (
      <>
        {asking === "kick" && member && <KickDialog known={known} member={member} name={name} onClose={close} onDone={onDone} />}
        {asking === "ban" && <BanDialog known={known} user={user} name={name} onClose={close} onDone={onDone} />}
      </>
    ),
  };
}

/** The same as the entries of a menu. */
export function entriesOf({ mention, kick, ban, copyId }: PersonActions): ContextEntry[] {
  const entries: (ContextEntry | false)[] = [
    mention !== null && { id: "mention", label: t("person.mention"), icon: "mention", act: mention },
    { id: "id", label: t("profile.copy"), icon: "copy", act: copyId },
    kick !== null && { id: "kick", label: t("kick"), icon: "kick", grave: true, parted: true, act: kick },
    ban !== null && { id: "ban", label: t("ban"), icon: "ban", grave: true, act: ban },
  ];
  return entries.filter((entry) => entry !== false);
}
