import { t } from "../i18n";
import { Markdown } from "../markdown/markdown";
import type { Message } from "../sdk";
import { useChat, useChatView } from "../store/hooks";
import type { Timeline } from "../store/objects";
import { Confirm } from "../ui/confirm";
import { useReason } from "../ui/reason";

/** Asks before a message is deleted; of who moderates, why it is. */
export function DeleteDialog({ message, timeline, onDeleted, onClose }: { message: Message; timeline: Pick<Timeline, "delete">; onDeleted: () => void; onClose: () => void }) {
  const { messages } = useChat().client;
  const { me } = useChatView();
  const { field, given } = useReason();
  const moderates = message.author !== me?.id;
  return (
    <Confirm
      title={t("message.delete")}
      text={t("message.delete.text")}
      action={t("message.delete")}
      onConfirm={async () => {
        if (given.reason === undefined) await timeline.delete(message.id);
        else await messages.delete({ channel: message.channel_id, message: message.id, ...given });
        onDeleted();
      }}
      onClose={onClose}
    >
      <div className="quoted-message text" dir="auto">{message.sealed === null ? <Markdown text={message.content} /> : <em>{t("message.sealed")}</em>}</div>
      {moderates && field}
    </Confirm>
  );
}
