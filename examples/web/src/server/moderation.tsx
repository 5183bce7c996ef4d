import { useState } from "react";
import { t } from "../i18n";
import type { KnownServer, Member } from "../sdk";
import { useChat, useName } from "../store/hooks";
import { Problem, fieldProblem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { useReason } from "../ui/reason";
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
  const { field, given } = useReason();
  const server = known.server.id;
  return (
    <Confirm
      title={t("kick.title", { name })}
      text={t("kick.text", { name })}
      action={t("kick")}
      onConfirm={async () => {
        await members.kick({ server, user: member.user, ...given });
        toast(t("kick.done", { name }));
        onDone?.();
      }}
      onClose={onClose}
    >
      {field}
    </Confirm>
  );
}

/** How far back what they said is deleted, in hours. */
const SPANS = [0, 1, 24, 168] as const;

/** Bans a user, who cannot come back until the ban is lifted. */
export function BanDialog({ known, user, name, onClose, onDone }: Around & { user: string }) {
  const { bans } = useChat().client;
  const { field, given } = useReason();
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
          ...given,
          ...(hours > 0 && { delete_messages_since: new Date(Date.now() - hours * 3_600_000).toISOString() }),
        });
        toast(t("ban.done", { name }));
        onDone?.();
      }}
      onClose={onClose}
    >
      {field}
      <Select label={t("ban.delete")} value={hours} onChange={setHours} options={SPANS.map((span) => ({ value: span, label: span === 0 ? t("ban.delete.none") : t("ban.delete.hours", { hours: span }) }))} />
    </Confirm>
  );
}

/** How long a mute lasts, in minutes. */
const MUTES = [1, 5, 10, 60, 1_440, 10_080] as const;

/** Lets a member only read for a while. */
export function MuteDialog({ known, member, name, onClose, onDone }: Around & { member: Member }) {
  const chat = useChat();
  const { field, given } = useReason();
  const [minutes, setMinutes] = useState<number>(10);
  return (
    <Confirm
      title={t("mute.title", { name })}
      text={t("mute.text", { name })}
      action={t("mute")}
      onConfirm={async () => {
        const until = new Date(Date.now() + minutes * 60_000).toISOString();
        chat.people.put(await chat.client.members.mute({ server: known.server.id, user: member.user, until, ...given }));
        toast(t("mute.done", { name }));
        onDone?.();
      }}
      onClose={onClose}
    >
      <Select label={t("mute.for")} value={minutes} onChange={setMinutes} options={MUTES.map((span) => ({ value: span, label: span >= 1_440 ? t("days", { count: span / 1_440 }) : span >= 60 ? t("hours", { count: span / 60 }) : t("minutes", { count: span }) }))} />
      {field}
    </Confirm>
  );
}

/** What a member is called in this server alone; of another than oneself the audit log will tell it. */
export function NicknameDialog({ known, member, onClose }: { known: KnownServer; member: Member; onClose: () => void }) {
  const chat = useChat();
  const reason = useReason();
  const isOwn = member.user === known.member.user;
  const [nickname, setNickname] = useState(member.nickname ?? "");
  const { run, busy, error } = useAction();
  const usual = useName("", member.user);
  const save = async () => chat.people.put(await chat.client.members.update({ server: known.server.id, user: member.user, nickname: nickname.trim() || null, ...(!isOwn && reason.given) }));
  return (
    <Dialog title={t("nickname.title", { server: known.server.name })} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run(save, onClose); }}>
        <Field label={t("nickname")} hint={t("nickname.hint")} data-focus maxLength={64} placeholder={usual} value={nickname} problem={fieldProblem(error, "nickname")} onChange={(event) => setNickname(event.target.value)} />
        {!isOwn && reason.field}
        <Problem error={error} shown={["nickname"]} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" busy={busy}>{t("save")}</Button>
        </footer>
      </form>
    </Dialog>
  );
}
