/** What moderators of a backend do to users and servers, with the reason that the log will tell. */
import { useState, type ReactNode } from "react";
import { t } from "../i18n";
import { placeName } from "../permission/because";
import { BeepError, type KnownServer } from "../sdk";
import { ends, isAhead } from "../store/end";
import { useChannels, useChat } from "../store/hooks";
import { fieldProblem, Problem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { MOST_REASON, useReason } from "../ui/reason";
import { Select } from "../ui/select";
import { toast } from "../ui/toast";
import { useUntil } from "./until";

interface Around {
  name: string;
  onClose: () => void;
  onDone?: (() => void) | undefined;
}

/** Takes a user's account from them for a while. */
export function SuspendUserDialog({ user, name, onClose, onDone }: Around & { user: string }) {
  const { admin } = useChat().client;
  return (
    <Sanction title={t("suspend.user.title", { name })} text={t("suspend.user.text", { name })} action={t("suspend")} onClose={onClose} onConfirm={async (given) => {
      await admin.suspendUser({ user, ...given });
      toast(t("suspend.done", { name }));
      onDone?.();
    }} />
  );
}

/** Leaves a server as it is for a while: its members read and leave. */
export function SuspendServerDialog({ server, name, onClose, onDone }: Around & { server: string }) {
  const { admin } = useChat().client;
  return (
    <Sanction title={t("suspend.server.title", { name })} text={t("suspend.server.text", { name })} action={t("suspend")} onClose={onClose} onConfirm={async (given) => {
      await admin.suspendServer({ server, ...given });
      toast(t("suspend.done", { name }));
      onDone?.();
    }} />
  );
}

/** Lets a user only read in a server, or in one of its channels, whatever they may there; and ends that. */
export function RestrictDialog({ known, user, restrictedUntil, name, onClose }: Around & { known: KnownServer; user: string; restrictedUntil: string | null }) {
  const { admin } = useChat().client;
  const server = known.server.id;
  const channels = useChannels(server);
  const [place, setPlace] = useState("");
  const { run, busy, error } = useAction();
  const [lifted, setLifted] = useState<readonly string[]>([]);
  const places = [
    ...(isAhead(restrictedUntil) ? [{ id: "", name: t("restrict.everywhere"), until: restrictedUntil }] : []),
    ...channels.flatMap((channel) => {
      const until = channel.restricted[user] ?? null;
      return isAhead(until) ? [{ id: channel.id, name: placeName(channel), until }] : [];
    }),
  ].filter(({ id }) => !lifted.includes(id));
  const lift = (channel: string) => run(
    () => (channel === "" ? admin.unrestrictInServer({ server, user }) : admin.unrestrictInChannel({ channel, user })),
    () => {
      setLifted([...lifted, channel]);
      toast(t("restrict.lifted", { name }));
    },
  );
  return (
    <Sanction title={t("restrict.title", { name })} text={t("restrict.text", { name })} action={t("restrict")} onClose={onClose} onConfirm={async (given) => {
      if (place === "") await admin.restrictInServer({ server, user, ...given });
      else await admin.restrictInChannel({ channel: place, user, ...given });
      toast(t("restrict.done", { name }));
    }}>
      {places.length > 0 && (
        <ul className="table" aria-label={t("restrict.now")}>
          {places.map(({ id, name: where, until }) => (
            <li key={id} className="table-row">
              <div className="line"><strong><bdi>{where}</bdi></strong> <small className="quiet">{t("restrict.until", ends(until))}</small></div>
              <Button busy={busy} aria-label={t("restrict.lift.of", { place: where })} onClick={() => lift(id)}>{t("lift")}</Button>
            </li>
          ))}
        </ul>
      )}
      <Problem error={error} />
      <Select label={t("restrict.where")} value={place} onChange={setPlace} options={[{ value: "", label: t("restrict.everywhere") }, ...channels.map((channel) => ({ value: channel.id, label: placeName(channel) }))]} />
    </Sanction>
  );
}

/** Asks for how long and why; the reason must be given. */
function Sanction({ title, text, action, children, onConfirm, onClose }: {
  title: string;
  text: string;
  action: string;
  children?: ReactNode;
  onConfirm: (given: { reason: string; until?: string }) => Promise<void>;
  onClose: () => void;
}) {
  const { field, end } = useUntil();
  const [reason, setReason] = useState("");
  const { run, busy, error } = useAction();
  const ready = reason.trim() !== "";
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); if (ready) run(() => onConfirm({ reason: reason.trim(), ...end() }), onClose); }}>
        <p className="message-text">{text}</p>
        {children}
        {field}
        <Field label={t("reason")} hint={t("reason.needed")} data-focus maxLength={MOST_REASON} value={reason} problem={fieldProblem(error, "reason")} onChange={(event) => setReason(event.target.value)} />
        <Problem error={error} shown={["reason"]} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="danger" busy={busy} disabled={!ready}>{action}</Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Asks before a suspension is ended, and for the reason of that. */
export function LiftDialog({ name, onLift, onClose }: { name: string; onLift: (given: { reason?: string }) => Promise<void>; onClose: () => void }) {
  const { field, given } = useReason();
  return (
    <Confirm title={t("lift.title", { name })} text={t("lift.text", { name })} action={t("lift")} onClose={onClose} onConfirm={async () => {
      await onLift(given).catch((cause: unknown) => {
        // It ended by itself or by somebody else, which is what is wanted.
        if (!(cause instanceof BeepError) || cause.code !== "not_found") throw cause;
      });
      toast(t("lift.done", { name }));
    }}>
      {field}
    </Confirm>
  );
}
