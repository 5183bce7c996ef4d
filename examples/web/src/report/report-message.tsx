import { t } from "../i18n";
import { Markdown } from "../markdown/markdown";
import type { Message } from "../sdk";
import { ReportDialog } from "./report-dialog";

/** Tells moderators of a message, which is shown once more. */
export function ReportMessage({ message, onClose }: { message: Message; onClose: () => void }) {
  return (
    <ReportDialog target={{ kind: "message", id: message.id, channel_id: message.channel_id }} title={t("report.message")} onClose={onClose}>
      <div className="quoted-message text" dir="auto">{message.sealed === null ? <Markdown text={message.content} /> : <em>{t("message.sealed")}</em>}</div>
    </ReportDialog>
  );
}
