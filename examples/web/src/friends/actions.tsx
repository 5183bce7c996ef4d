import { useState, type ReactNode } from "react";
import { t } from "../i18n";
import { useWriteTo } from "../private/direct";
import { BeepError, homeOf } from "../sdk";
import { useChatView, useHandle, useObjects, useRelation } from "../store/hooks";
import { Confirm } from "../ui/confirm";
import type { ContextEntry } from "../ui/context-menu";
import { toast } from "../ui/toast";
import { explainAsk, explainFriend } from "./explain";

export interface FriendActions {
  /** What fits how the two stand; what blocks or unblocks comes last. */
  readonly entries: readonly ContextEntry[];
  readonly dialogs: ReactNode;
}

/** What one may do about somebody as a friend, and writing to them: the same in their card, in menus and on the page of friends. */
export function useFriendActions(user: string, name: string): FriendActions {
  const { friends } = useObjects();
  const { me } = useChatView();
  const handle = useHandle(user);
  const relation = useRelation(user);
  const write = useWriteTo(user, name);
  const [asking, ask] = useState<"remove" | "block" | null>(null);
  if (me === null || me.id === user) return { entries: [], dialogs: null };
  const own = `${me.username}@${me.domain}`;
  // What is done shows at once, and its row may be gone before there is an answer: a toast tells what went wrong.
  const run = (action: () => Promise<unknown>, done: string | null, explain = (error: BeepError) => explainFriend(error, homeOf(user))) => () => {
    action().then(
      () => done !== null && toast(done),
      (cause: unknown) => {
        if (!(cause instanceof BeepError)) throw cause;
        toast(explain(cause));
      },
    );
  };
  const request = relation?.request ?? null;
  const list = relation?.list ?? null;
  const entries: (ContextEntry | false)[] = [
    list !== "blocked" && write !== null && { id: "write", label: t("private.write"), icon: "message", act: write },
    list === null && handle !== null && { id: "add", label: t("friends.add"), icon: "invite", act: run(() => friends.ask(handle), t("friends.asked", { name }), (error) => explainAsk(error, handle, own)) },
    list === "incoming" && request !== null && { id: "accept", label: t("friends.accept"), icon: "check", act: run(() => friends.accept(request), t("friends.accepted", { name })) },
    list === "incoming" && request !== null && { id: "decline", label: t("friends.decline"), icon: "close", act: run(() => friends.decline(request), null) },
    list === "outgoing" && request !== null && { id: "cancel", label: t("friends.cancel"), icon: "close", act: run(() => friends.cancel(request), null) },
    list === "friends" && { id: "remove", label: t("friends.remove"), icon: "kick", act: () => ask("remove") },
    list === "blocked"
      ? { id: "unblock", label: t("friends.unblock"), icon: "ban", act: run(() => friends.unblock(user), null) }
      : { id: "block", label: t("friends.block"), icon: "ban", grave: true, act: () => ask("block") },
  ];
  return {
    entries: entries.filter((entry) => entry !== false),
    dialogs: (
      <>
        {asking === "remove" && <Confirm title={t("friends.remove.title", { name })} text={t("friends.remove.text", { name })} action={t("friends.remove")} onConfirm={async () => run(() => friends.remove(user), null)()} onClose={() => ask(null)} />}
        {asking === "block" && (
          <Confirm
            title={t("friends.block.title", { name })}
            text={t("friends.block.text", { name })}
            action={t("friends.block")}
            onConfirm={async () => run(() => friends.block(user), t("friends.blocked.done", { name }))()}
            onClose={() => ask(null)}
          />
        )}
      </>
    ),
  };
}
