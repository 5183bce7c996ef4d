import { useEffect, useMemo, useRef, useState } from "react";
import { momentOf, t } from "../i18n";
import { Markdown } from "../markdown/markdown";
import { homeOf, type BeepError, type KnownServer, type Message } from "../sdk";
import { explainFailure } from "../store/failure";
import { serverOf, useName, useObjects, useObserved, useSpeaker } from "../store/hooks";
import type { Pins, Timeline } from "../store/objects";
import { explain, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { DomainBadge } from "../ui/domain-badge";
import { EmptyState } from "../ui/empty-state";
import { Name } from "../ui/name";

interface Around {
  known: KnownServer | null;
  timeline: Timeline;
  mayPin: boolean;
  onJump: (message: string) => void;
}

/** The pinned messages of a channel, newest pin first; from each one goes to where it was said. */
export function PinsDialog({ onClose, ...around }: Around & { onClose: () => void }) {
  const objects = useObjects();
  const { channel } = around.timeline;
  const [pins, setPins] = useState<Pins | null>(null);
  // They are kept up for as long as somebody looks.
  useEffect(() => {
    const open = objects.pins(channel);
    setPins(open);
    return () => open.close();
  }, [objects, channel]);
  return <Dialog title={t("pins.title")} onClose={onClose}>{pins && <List pins={pins} {...around} />}</Dialog>;
}

function List({ pins, ...around }: Around & { pins: Pins }) {
  const rows = useObserved(pins);
  const list = useRef<HTMLDivElement>(null);
  // What had the focus may be gone with its pin.
  useEffect(() => {
    if (document.activeElement === document.body) list.current?.focus();
  }, [rows]);
  return (
    <div ref={list} tabIndex={-1} className="pins">
      {pins.failure !== null && <p className="problem" role="alert">{t("pins.failed")} {explainFailure(pins.failure, around.timeline.channel)}</p>}
      {pins.failure === null && rows.length === 0 && <EmptyState icon="pin" level={3} title={t("pins.none")} />}
      <ul>
        {rows.map((pin) => <Row key={pin.message.id} {...around} message={pin.message} by={pin.pinned_by} at={pin.pinned_at} />)}
      </ul>
    </div>
  );
}

function Row({ known, timeline, mayPin, onJump, message, by, at }: Around & { message: Message; by: string; at: string }) {
  const name = useSpeaker(serverOf(known), message);
  const pinner = useName(serverOf(known), by);
  const { run, busy, error } = useAction();
  const text = useMemo(() => (message.sealed === null ? <Markdown text={message.content} /> : <em>{t("message.sealed")}</em>), [message]);
  return (
    <li>
      <div><strong><Name>{name}</Name></strong> <DomainBadge id={message.author} /> <time dateTime={message.created_at}>{momentOf(message.created_at)}</time></div>
      <div className="text" dir="auto">{text}</div>
      <small>{t("pins.by", { name: pinner, time: momentOf(at) })}</small>
      <div role="alert" className="problem-place">{error && <p className="problem">{explainPin(error, message.channel_id)}</p>}</div>
      <footer>
        {mayPin && <Button busy={busy} aria-label={t("pins.unpin.of", { name })} onClick={() => run(() => timeline.pin(message.id, false))}>{t("message.unpin")}</Button>}
        <Button aria-label={t("pins.jump.of", { name })} onClick={() => onJump(message.id)}>{t("pins.jump")}</Button>
      </footer>
    </li>
  );
}

/** Why a message could not be pinned or unpinned. */
export function explainPin(error: BeepError, channel: string): string {
  return error.code === "conflict" ? t("pins.full") : explain(error, homeOf(channel));
}
