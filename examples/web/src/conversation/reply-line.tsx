import { t } from "../i18n";
import type { KnownServer, Message } from "../sdk";
import { TintedName } from "../server/role-dot";
import { serverOf, useBlocked, useChat, useColor, useSpeaker } from "../store/hooks";
import { preview, type ReplyPreview } from "../store/objects";
import { Avatar } from "../ui/avatar";
import { mentionName } from "./names";

interface Around {
  known: KnownServer | null;
  reachable: boolean;
  onJump: (message: string) => void;
}

/** What a message answers, in a line above it; it leads there. `reachable`: by the tab key. */
export function ReplyLine({ reply, ...around }: Around & { reply: ReplyPreview }) {
  if (reply.type !== "message") {
    return <p className="reply-line" data-gone={reply.type === "deleted" || undefined}><em>{t(reply.type === "deleted" ? "reply.deleted" : "loading")}</em></p>;
  }
  return <Known {...around} message={reply.message} />;
}

function Known({ known, message, reachable, onJump }: Around & { message: Message }) {
  const chat = useChat();
  const name = useSpeaker(serverOf(known), message);
  const color = useColor(known, message.author);
  const blocked = useBlocked(message.author);
  const text = blocked ? t("message.blocked") : message.sealed === null ? preview(message.content, MOST, (mention) => mentionName(chat, known, mention)) : t("message.sealed");
  return (
    <p className="reply-line">
      <button type="button" tabIndex={reachable ? 0 : -1} onClick={() => onJump(message.id)} aria-label={t("reply.of", { name, text })}>
        <span className="reply-avatar"><Avatar id={message.author ?? name} name={name} size="small" /></span>
        <strong><TintedName color={color}>{name}</TintedName></strong> <bdi className="line">{text}</bdi>
      </button>
    </p>
  );
}

/** Code points of it that are shown; what does not fit is cut off by the style. */
const MOST = 140;
