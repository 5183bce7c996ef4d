import { useEffect, useMemo, useRef, useState } from "react";
import { momentOf, t } from "../i18n";
import { Markdown } from "../markdown/markdown";
import type { BeepError, KnownServer, Pin } from "../sdk";
import { useChat, useName, usePins, useSpeaker } from "../store/hooks";
import type { Pins } from "../store/pins";
import type { Timeline } from "../store/timeline";
import { explain, useAction } from "../ui/action";
import { Dialog } from "../ui/dialog";
import { DomainBadge } from "../ui/domain-badge";

/** The pinned messages of a channel, newest pin first; from each one goes to where it was said. */
export function PinsDialog({ known, timeline, mayPin, onJump, onClose }: {
  known: KnownServer;
  timeline: Timeline;
  mayPin: boolean;
  onJump: (message: string) => void;
  onClose: () => void;
}) {
  const chat = useChat();
  const store = useMemo(() => chat.pins(timeline.channel), [chat, timeline]);
  const { pins, status } = usePins(store);
  const list = useRef<HTMLDivElement>(null);
  // What had the focus may be gone with its pin.
  useEffect(() => {
    if (document.activeElement === document.body) list.current?.focus();
  }, [pins]);
  return (
    <Dialog title={t("pins.title")} onClose={onClose}>
      <div ref={list} tabIndex={-1} className="pins">
        {status === "failed" ? (
          <p className="problem" role="alert">{t("pins.failed")} <button type="button" className="text-button" onClick={store.reload}>{t("retry")}</button></p>
        ) : (
          pins.length === 0 && <p className="hint" role="status">{t(status === "loaded" ? "pins.none" : "pins.loading")}</p>
        )}
        <ul>
          {pins.map((pin) => <Row key={pin.message.id} known={known} timeline={timeline} store={store} pin={pin} mayPin={mayPin} onJump={onJump} />)}
        </ul>
      </div>
    </Dialog>
  );
}

function Row({ known, timeline, store, pin: { message, pinned_by, pinned_at }, mayPin, onJump }: {
  known: KnownServer;
  timeline: Timeline;
  store: Pins;
  pin: Pin;
  mayPin: boolean;
  onJump: (message: string) => void;
}) {
  const name = useSpeaker(known.server.id, message);
  const by = useName(known.server.id, pinned_by);
  const { run, busy, error } = useAction();
  const [unreached, setUnreached] = useState<"far" | "failed" | null>(null);
  const jump = async () => {
    const reached = await timeline.reach(message.id);
    if (reached === "here") onJump(message.id);
    else setUnreached(reached);
  };
  return (
    <li>
      <div><strong>{name}</strong> <DomainBadge id={message.author} /> <time dateTime={message.created_at}>{momentOf(message.created_at)}</time></div>
      <div className="text" dir="auto">{message.sealed === null ? <Markdown source={message.content} /> : <em>{t("message.sealed")}</em>}</div>
      <small>{t("pins.by", { name: by, time: momentOf(pinned_at) })}</small>
      <div role="alert" className="problem-place">
        {error ? <p className="problem">{explainPin(error)}</p> : unreached && <p className="problem">{t(unreached === "far" ? "pins.far" : "conversation.failed")}</p>}
      </div>
      <footer>
        {mayPin && <button type="button" className="button" disabled={busy} aria-label={t("pins.unpin.of", { name })} onClick={() => run(() => store.delete(message.id))}>{t("message.unpin")}</button>}
        <button type="button" className="button" disabled={busy} aria-label={t("pins.jump.of", { name })} onClick={() => run(jump)}>{t("pins.jump")}</button>
      </footer>
    </li>
  );
}

/** Why a message could not be pinned or unpinned. */
export function explainPin(error: BeepError): string {
  return error.code === "conflict" ? t("pins.full") : explain(error);
}
