import { useState, type ReactNode } from "react";
import { t } from "../i18n";
import { useChat } from "../store/hooks";
import { fieldProblem, Problem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Area, Choices } from "../ui/field";
import { toast } from "../ui/toast";
import { REASONS, type ReportReason } from "./words";

export type Reported =
  | { readonly kind: "message"; readonly id: string; readonly channel_id: string }
  | { readonly kind: "user" | "server"; readonly id: string };

/** Tells the moderators of one's own backend of something that one sees. `children`: what it is, as one sees it. */
export function ReportDialog({ target, title, children, onClose }: { target: Reported; title: string; children?: ReactNode; onClose: () => void }) {
  const { reports } = useChat().client;
  const [reason, setReason] = useState<ReportReason>("spam");
  const [comment, setComment] = useState("");
  const { run, busy, error } = useAction();
  const text = comment.trim();
  const ready = reason !== "other" || text !== "";
  const send = async () => void (await reports.create({ target, reason, ...(text !== "" && { comment: text }) }));
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); if (ready) run(send, () => { onClose(); toast(t("report.done")); }); }}>
        {children}
        <Choices legend={t("report.why")} name="reason" value={reason} onChange={setReason} options={REASONS.map((value) => ({ value, label: t(`report.reason.${value}`) }))} />
        <Area label={t("report.comment")} hint={t(target.kind === "message" ? "report.comment.message" : reason === "other" ? "report.comment.needed" : "report.comment.hint")} rows={3} maxLength={2_000} value={comment} problem={fieldProblem(error, "comment")} onChange={(event) => setComment(event.target.value)} />
        {error?.code === "conflict" ? <div role="alert" className="problem-place"><p className="problem">{t("report.many")}</p></div> : <Problem error={error} shown={["comment"]} />}
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="danger" busy={busy} disabled={!ready}>{t("report.send")}</Button>
        </footer>
      </form>
    </Dialog>
  );
}
