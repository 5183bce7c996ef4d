import { lazy, Suspense, useState, type ReactNode } from "react";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import { useChat, useChatView } from "../store/hooks";
import { Confirm } from "../ui/confirm";
import type { ContextEntry } from "../ui/context-menu";
import { usePrivateName } from "./hooks";
import type { Private } from "./name";

const AddPeople = lazy(() => import("./add-people").then(({ AddPeople }) => ({ default: AddPeople })));
const RenameGroup = lazy(() => import("./rename-group").then(({ RenameGroup }) => ({ default: RenameGroup })));

export interface GroupMenu {
  readonly entries: readonly ContextEntry[];
  /** What opens by an entry, and by the same of a button. */
  readonly dialogs: ReactNode;
  open(dialog: "add" | "rename" | "leave"): void;
}

/** What one can do about a group: the same in the list, above the messages, and beside its people. */
export function useGroupMenu(channel: Private & { readonly id: string }): GroupMenu {
  const { client } = useChat();
  const { me } = useChatView();
  const group = usePrivateName(channel);
  const [shown, open] = useState<"add" | "rename" | "leave" | null>(null);
  const close = () => open(null);
  const { participants } = channel;
  const owns = participants[0] === me?.id;
  const entries: readonly ContextEntry[] = [
    { id: "add", label: t("group.add"), icon: "invite", parted: true, act: () => open("add") },
    { id: "rename", label: t("group.rename"), icon: "edit", act: () => open("rename") },
    { id: "leave", label: t("group.leave"), icon: "leave", grave: true, parted: true, act: () => open("leave") },
  ];
  const dialogs = (
    <>
      <Suspense>
        {shown === "add" && <AddPeople channel={channel} onClose={close} />}
        {shown === "rename" && <RenameGroup channel={channel} onClose={close} />}
      </Suspense>
      {shown === "leave" && (
        <Confirm
          title={t("group.leave")}
          text={participants.length < 2 ? t("group.leave.last") : [t("group.leave.text", { group }), owns && t("group.leave.owner")].filter(Boolean).join(" ")}
          action={t("group.leave")}
          onConfirm={async () => {
            await client.conversations.leave({ channel: channel.id });
            navigate(paths.friends());
          }}
          onClose={close}
        />
      )}
    </>
  );
  return { entries, dialogs, open };
}
