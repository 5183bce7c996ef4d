import { lazy, Suspense, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { t } from "../i18n";
import { BeepError, type Presence } from "../sdk";
import { useChat } from "../store/hooks";
import { explain } from "../ui/action";
import { Avatar } from "../ui/avatar";
import type { ContextEntry } from "../ui/context-menu";
import { Menu } from "../ui/menu";
import { Name } from "../ui/name";
import { toast } from "../ui/toast";
import { usePresence } from "./hooks";
import { choseIdle } from "./idle";
import { PresenceMark } from "./mark";
import { seenAs } from "./put";

const StatusDialog = lazy(() => import("./status-dialog").then(({ StatusDialog }) => ({ default: StatusDialog })));

/** Oneself, and below it the ways to be seen otherwise. */
export function StatusMenu({ user, name, handle }: { user: string; name: string; handle: string }) {
  const chat = useChat();
  const presence = usePresence(user);
  const [writing, setWriting] = useState(false);
  const choose = (status: Presence["status"]) => () => {
    choseIdle(user, status === "idle");
    seenAs(chat, user, status).catch((cause: unknown) => {
      if (!(cause instanceof BeepError)) throw cause;
      toast(explain(cause));
    });
  };
  const entries: ContextEntry[] = [
    ...CHOICES.map((status): ContextEntry => ({ id: status, label: t(`presence.${status}`), icon: presence.status === status ? "check" : ICONS[status], act: choose(status) })),
    { id: "text", label: t("presence.write"), icon: "smile", parted: true, act: () => setWriting(true) },
  ];
  const said = [presence.emoji, presence.text].filter((part) => part !== null).join(" ");
  return (
    <>
      <Menu label={t("presence.title")} side="top start" entries={entries}>
        <AriaButton className="self-button">
          <span className="with-presence"><Avatar id={user} name={name} size="small" /><PresenceMark status={presence.status === "offline" ? "online" : presence.status} /></span>
          <span className="line"><strong><Name className="line">{name}</Name></strong><small><Name className="line">{said === "" ? handle : said}</Name></small></span>
          <span className="hidden">, {t("presence.title")}</span>
        </AriaButton>
      </Menu>
      <Suspense>{writing && <StatusDialog presence={presence} onClose={() => setWriting(false)} />}</Suspense>
    </>
  );
}

const CHOICES = ["online", "idle", "dnd", "invisible"] as const;
const ICONS = { online: "person", idle: "clock", dnd: "mute", invisible: "unseen" } as const;
