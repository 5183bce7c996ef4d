/** What one can do about a message: the same by the toolbar, the menu, the keyboard and the sheet of a phone. */
import { t } from "../i18n";
import { paths } from "../router";
import type { Message } from "../sdk";
import type { ChatObjects } from "../store/objects";
import { copy } from "../ui/clipboard";
import type { ContextEntry } from "../ui/context-menu";
import { toast } from "../ui/toast";

export interface ActionEntry extends ContextEntry {
  /** The key that does it while the message has the focus, as `KeyboardEvent.key` in lower case. */
  readonly key?: string;
}

/** What the conversation does when it is asked to. */
export interface Doing {
  reply(message: Message): void;
  edit(message: Message): void;
  pin(message: Message, pinned: boolean): void;
  /** Asks with which emoji. */
  react(message: Message): void;
  /** Reacts with an emoji, or takes that back. */
  reactWith(message: Message, emoji: string, reacts: boolean): void;
  /** Shows who reacted. */
  reactions(message: Message): void;
  markUnread(message: Message): void;
  /** Asks what is wrong with it, and tells the moderators. */
  report(message: Message): void;
  /** `sure`: without a question. */
  delete(message: Message, sure: boolean): void;
}

/** `server` is `null` in a private conversation. */
export function entriesOf(message: Message, me: string, server: string | null, objects: ChatObjects, doing: Doing, sure = false): ActionEntry[] {
  const { channel_id: channel, author } = message;
  const own = author === me;
  const sending = objects.denied({ action: "send", channel });
  const may = {
    // It is written now and sent when the pause is over.
    reply: sending === null || sending.reason === "slow_mode",
    edit: own && message.sealed === null && objects.denied({ action: "edit_message", channel, author }) === null,
    pin: objects.denied({ action: "pin", channel }) === null,
    react: objects.denied({ action: "react", channel }) === null,
    delete: objects.denied({ action: "delete_message", channel, author }) === null,
  };
  const copied = (text: string) => void copy(text).then((done) => toast(t(done ? "copied" : "copy.failed")));
  const entries: (ActionEntry | false)[] = [
    may.reply && { id: "reply", label: t("reply"), icon: "reply", key: "r", shown: "R", act: () => doing.reply(message) },
    may.edit && { id: "edit", label: t("message.edit"), icon: "edit", key: "e", shown: "E", act: () => doing.edit(message) },
    may.react && { id: "react", label: t("reaction.add"), icon: "react", key: "+", shown: "+", act: () => doing.react(message) },
    message.sealed === null && { id: "copy", label: t("message.copy"), icon: "copy", key: "c", shown: "C", parted: true, act: () => copied(message.content) },
    { id: "link", label: t("message.link"), icon: "link", key: "l", shown: "L", act: () => copied(new URL(paths.message(server, channel, message.id), location.origin).href) },
    { id: "id", label: t("message.id"), icon: "copy", act: () => copied(message.id) },
    message.reactions.length > 0 && { id: "reactions", label: t("reaction.show"), icon: "smile", parted: true, act: () => doing.reactions(message) },
    may.pin && { id: "pin", label: t(message.pinned ? "message.unpin" : "message.pin"), icon: message.pinned ? "unpin" : "pin", key: "p", shown: "P", parted: true, act: () => doing.pin(message, !message.pinned) },
    !own && { id: "unread", label: t("message.unread"), icon: "unread", key: "u", shown: "U", act: () => doing.markUnread(message) },
    !own && { id: "report", label: t("report.message"), icon: "flag", parted: true, act: () => doing.report(message) },
    may.delete && { id: "delete", label: t("message.delete"), icon: "trash", key: "delete", shown: "Del", parted: own, grave: true, act: () => doing.delete(message, sure) },
  ];
  return entries.filter((entry) => entry !== false);
}
