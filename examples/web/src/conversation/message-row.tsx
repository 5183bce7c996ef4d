import { memo, useState } from "react";
import { dayOf, momentOf, t, timeOf } from "../i18n";
import { Markdown } from "../markdown/markdown";
import type { KnownServer, Message } from "../sdk";
import { useChat, useName, useSpeaker } from "../store/hooks";
import type { Outgoing, Timeline } from "../store/timeline";
import { isTrouble } from "../store/remotes";
import { Avatar } from "../ui/avatar";
import { explain, useAction } from "../ui/action";
import { Confirm } from "../ui/confirm";
import { DomainBadge } from "../ui/domain-badge";
import { Icon } from "../ui/icon";
import { Editor } from "./editor";
import type { Place } from "./group";
import { explainPin } from "./pins-dialog";

interface Row {
  known: KnownServer;
  timeline: Timeline;
  place: Place;
}

export const MessageRow = memo(function MessageRow({ known, timeline, message, place, mine, mayEdit, mayPin, mayDelete, current, onCurrent, editing, onEdit, onEdited }: Row & {
  message: Message;
  mine: boolean;
  mayEdit: boolean;
  mayPin: boolean;
  mayDelete: boolean;
  /** Whether the arrow keys stand on it: then its buttons are in the order of the tab key. */
  current: boolean;
  onCurrent: (id: string) => void;
  editing: boolean;
  onEdit: (id: string) => void;
  onEdited: () => void;
}) {
  const name = useSpeaker(known.server.id, message);
  const pins = useChat().pins(message.channel_id);
  const [deleting, setDeleting] = useState(false);
  const { run, error, setError } = useAction();
  const reach = current ? 0 : -1;
  const pinning = t(message.pinned ? "message.unpin" : "message.pin");
  return (
    <>
      {place.startsDay && <DayLine time={message.created_at} />}
      <article className={place.startsGroup ? "message first" : "message"} data-row tabIndex={-1} data-mine={mine || undefined} onFocus={() => onCurrent(message.id)}>
        <Head place={place} author={message.author} name={name} time={message.created_at} />
        {editing ? (
          <Editor content={message.content} onSave={(content) => timeline.edit(message, content)} onDone={onEdited} />
        ) : (
          <div className="text" dir="auto">
            {message.sealed === null ? <Markdown source={message.content} /> : <em>{t("message.sealed")}</em>}
            {message.edited_at && <small className="edited" title={momentOf(message.edited_at)}>{t("message.edited")}</small>}
          </div>
        )}
        {message.pinned && <small className="pinned"><Icon name="pin" /> {t("message.pinned")}</small>}
        {error && (
          <p className="failure" role="alert">
            {explainPin(error)}{" "}
            <button type="button" className="text-button" onClick={() => setError(null)}>{t("close")}</button>
          </p>
        )}
        {!editing && (mayEdit || mayPin || mayDelete) && (
          <div className="tools" role="group" aria-label={t("message.actions")}>
            {mayEdit && <button type="button" tabIndex={reach} className="icon-button small" aria-label={t("message.edit")} title={t("message.edit")} onClick={() => onEdit(message.id)}><Icon name="edit" /></button>}
            {mayPin && <button type="button" tabIndex={reach} className="icon-button small" aria-label={pinning} title={pinning} onClick={() => run(() => (message.pinned ? pins.delete(message.id) : pins.put(message.id)))}><Icon name={message.pinned ? "unpin" : "pin"} /></button>}
            {mayDelete && <button type="button" tabIndex={reach} className="icon-button small" aria-label={t("message.delete")} title={t("message.delete")} onClick={() => setDeleting(true)}><Icon name="trash" /></button>}
          </div>
        )}
        {deleting && <Confirm title={t("message.delete")} text={t("message.delete.text")} action={t("message.delete")} onConfirm={() => timeline.delete(message)} onClose={() => setDeleting(false)} />}
      </article>
    </>
  );
});

/** A message on its way, or one that did not arrive. */
export function OutgoingRow({ known, timeline, outgoing, place, me }: Row & { outgoing: Outgoing; me: string }) {
  const name = useName(known.server.id, me);
  const { failure, nonce } = outgoing;
  const waits = failure !== null && isTrouble(failure);
  return (
    <>
      {place.startsDay && <DayLine time={outgoing.created_at} />}
      <article className={place.startsGroup ? "message first" : "message"} data-row tabIndex={-1} data-mine data-state={!failure ? "sending" : waits ? "waiting" : "failed"}>
        <Head place={place} author={me} name={name} time={outgoing.created_at} />
        <div className="text" dir="auto"><Markdown source={outgoing.content} /></div>
        {failure ? (
          <p className="failure" role="alert">
            {t(waits ? "message.waits" : "message.failed", { reason: explain(failure) })}{" "}
            <button type="button" className="text-button" onClick={() => timeline.retry(nonce)}>{t("retry")}</button>{" "}
            <button type="button" className="text-button" onClick={() => timeline.discard(nonce)}>{t("message.discard")}</button>
          </p>
        ) : (
          <span className="hidden">{t("message.sending")}</span>
        )}
      </article>
    </>
  );
}

function Head({ place, author, name, time }: { place: Place; author: string | null; name: string; time: string }) {
  if (!place.startsGroup) {
    return (
      <>
        <span className="hidden">{name} <DomainBadge id={author} /></span>
        <time className="beside" dateTime={time} title={momentOf(time)}>{timeOf(time)}</time>
      </>
    );
  }
  return (
    <>
      <Avatar id={author ?? name} name={name} />
      <header>
        <strong>{name}</strong> <DomainBadge id={author} /> <time dateTime={time} title={momentOf(time)}>{timeOf(time)}</time>
      </header>
    </>
  );
}

function DayLine({ time }: { time: string }) {
  return <div className="day"><span>{dayOf(time)}</span></div>;
}
