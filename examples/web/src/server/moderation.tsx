import { useState } from "react";
import { t } from "../i18n";
import type { KnownServer, Member } from "../sdk";
import { useChat } from "../store/hooks";
import { Confirm } from "../ui/confirm";
import { Field } from "../ui/field";
import { Select } from "../ui/select";
import { toast } from "../ui/toast";

interface Around {
  known: KnownServer;
  name: string;
  onClose: () => void;
  onDone?: (() => void) | undefined;
}

/** Removes a member, who may come back. */
export function KickDialog({ known, member, name, onClose, onDone }: Around & { member: Member }) {
  const { members } = useChat().client;
  const [reason, setReason] = useState("");
  const server = known.server.id;
  return (
    <Confirm
      title={t("kick.title", { name })}
      text={t("kick.text", { name })}
      action={t("kick")}
      onConfirm={async () => {
        await members.kick({ server, user: member.user, ...(reason.trim() && { reason: reason.trim() }) });
        toast(t("kick.done", { name }));
        onDone?.();
      }}
      onClose={onClose}
    >
      <Field label={t("reason")} hint={t("reason.hint")} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
    </Confirm>
  );
}

/** How far back what they said is deleted, in hours. */
const SPANS = [0, 1, 24, 168] as const;

/** Bans a user, who cannot come back until the ban is lifted. */
export function BanDialog({ known, user, name, onClose, onDone }: Around & { user: string }) {
  const { bans } = useChat().client;
  const [reason, setReason] = useState("");
  const [hours, setHours] = useState<number>(0);
  return (
    <Confirm
      title={t("ban.title", { name })}
      text={t("ban.text", { name })}
      action={t("ban")}
      onConfirm={async () => {
        await bans.put({
          server: known.server.id,
          user,
          ...(reason.trim() && { reason: reason.trim() }),
          ...(hours > 0 && { delete_messages_since: new Date(Date.now() - hours * 3_600_000).toISOString() }),
        });
        toast(t("ban.done", { name }));
        onDone?.();
      }}
      onClose={onClose}
    >
      <Field label={t("reason")} hint={t("reason.hint")} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
      <Select label={t("ban.delete")} value={hours} onChange={setHours} options={SPANS.map((span) => ({ value: span, label: span === 0 ? t("ban.delete.none") : t("ban.delete.hours", { hours: span }) }))} />
    </Confirm>
  );
}
