import { useState } from "react";
import { t } from "../i18n";
import { OUTCOMES, type Outcome } from "../report/words";
import type { Report } from "../sdk";
import { useChat } from "../store/hooks";
import { fieldProblem, Problem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Area, Choices } from "../ui/field";
import { toast } from "../ui/toast";

/** Says what was done about a report, which closes it. */
export function ResolveDialog({ report, onResolved, onClose }: { report: Report; onResolved: (report: Report) => void; onClose: () => void }) {
  const { admin } = useChat().client;
  const [action, setAction] = useState<Outcome>(report.target.kind === "message" ? "deleted" : "suspended");
  const [note, setNote] = useState("");
  const { run, busy, error } = useAction();
  const text = note.trim();
  const resolve = async () => onResolved(await admin.resolveReport({ report: report.id, action, ...(text !== "" && { note: text }) }));
  return (
    <Dialog title={t("report.resolve")} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run(resolve, () => { onClose(); toast(t("report.resolved")); }); }}>
        <Choices legend={t("report.outcome")} name="outcome" value={action} onChange={setAction} options={OUTCOMES.filter((one) => one !== "deleted" || report.target.kind === "message").map((value) => ({ value, label: t(`report.outcome.${value}`) }))} />
        <Area label={t("report.note")} hint={t("report.note.hint")} rows={3} maxLength={512} value={note} problem={fieldProblem(error, "note")} onChange={(event) => setNote(event.target.value)} />
        <Problem error={error} shown={["note"]} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" busy={busy}>{t("report.resolve")}</Button>
        </footer>
      </form>
    </Dialog>
  );
}
