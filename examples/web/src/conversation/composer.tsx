import { lazy, Suspense, useEffect, useId, useImperativeHandle, useRef, useState, type KeyboardEvent, type ReactNode, type Ref } from "react";
import { locale, t } from "../i18n";
import { Why } from "../permission/why";
import { useChannelName } from "../private/hooks";
import { BeepError, homeOf, type Channel, type KnownServer, type Message } from "../sdk";
import { explainDenied } from "../store/failure";
import { serverOf, speakerOf, useChat, useDenied, useObjects } from "../store/hooks";
import { preview } from "../store/objects";
import { explain } from "../ui/action";
import { Button } from "../ui/button";
import { IconButton } from "../ui/icon-button";
import { Icon } from "../ui/icon";
import { Name } from "../ui/name";
import { Popover } from "../ui/popover";
import { Skeleton } from "../ui/skeleton";
import { toast } from "../ui/toast";
import { askedAt, type Asked } from "./completion";
import { CompletionList, useCandidates, writtenFor, type Candidate } from "./completion-list";
import { marked, markOf } from "./format";
import { FormatBar } from "./format-bar";
import { Growing, type FieldHandle } from "./growing";
import { takesInserts } from "./insert";
import { composerLabel } from "./labels";
import { lengthOf, MOST, partsOf, WARN_FROM } from "./length";
import { toSent, toWritten } from "./mention-text";
import { mentionName, useNames } from "./names";
import { Countdown, usePause } from "./slow-mode";
import { before, putInDraft, useDraft } from "./use-draft";

const EmojiPicker = lazy(() => import("../emoji/picker").then(({ EmojiPicker }) => ({ default: EmojiPicker })));

export interface ComposerHandle {
  focus(): void;
  reply(message: string): void;
  /** Puts text in front of what is there. */
  put(text: string, replyTo: string | null): void;
}

interface Around {
  known: KnownServer | null;
  channel: Channel;
  /** The messages that are here, to say whom one answers. */
  messages: readonly Message[];
  /** Who spoke here, the last one first. */
  recent: readonly string[];
  handle: Ref<ComposerHandle>;
  onEditLast: () => void;
}

/** Where one says something; where one may not, it says why. What is written stays, whatever happens around it. */
export function Composer({ known, channel, messages, recent, handle, onEditLast, onSent }: Around & { onSent: () => void }) {
  const { drafts, sendQueue } = useObjects();
  const denied = useDenied({ action: "send", channel: channel.id });
  const writing = useDraft({ channel: channel.id, edits: null });
  const names = useNames(known, channel);
  const field = useRef<FieldHandle>(null);
  const slow = denied?.reason === "slow_mode" ? denied.until : null;
  const left = usePause(slow, channel.slow_mode_s);
  const closed = denied !== null && denied.reason !== "slow_mode";
  const [tooLong, setTooLong] = useState(false);
  const label = composerLabel(channel, useChannelName(channel));
  const { text, replyTo } = writing;
  const sent = toSent(text, names);
  const over = lengthOf(sent) > MOST;

  useImperativeHandle(handle, () => ({
    focus: () => field.current?.focus(),
    reply(message) {
      writing.write(text, message);
      field.current?.focus();
    },
    put(first, to) {
      writing.write(before(first, text), replyTo ?? to);
      field.current?.focus();
    },
  }), [writing, text, replyTo]);

  const send = () => {
    if (text.trim() === "" || closed || left > 0) return;
    if (over) return setTooLong(true);
    try {
      // The SDK sends its draft and forgets it in one step.
      drafts.set({ channel: channel.id, edits: null }, sent, replyTo);
      drafts.send(channel.id);
    } catch (error) {
      writing.write(text, replyTo);
      return refuse(error);
    }
    writing.done();
    onSent();
  };
  const sendParts = () => {
    try {
      partsOf(sent).forEach((part, index) => sendQueue.send(channel.id, part, index === 0 ? replyTo : null));
    } catch (error) {
      return refuse(error);
    }
    writing.done();
    setTooLong(false);
    field.current?.focus();
    onSent();
  };

  const parts = tooLong && over ? partsOf(sent).length : 0;
  const reason = closed ? explainDenied(denied) : null;
  const lacking = closed && "permissions" in denied ? (denied.permissions[0] ?? null) : null;
  return (
    <Box
      known={known}
      channel={channel}
      recent={recent}
      field={field}
      label={label}
      placeholder={reason ?? label}
      text={text}
      length={lengthOf(sent)}
      readOnly={closed}
      onChange={(next) => writing.write(next)}
      onEnter={send}
      onEscape={replyTo === null ? null : () => writing.write(text, null)}
      onArrowUp={onEditLast}
      above={reason !== null && text !== "" ? (
        <p className="composer-bar" role="status"><Icon name="lock" small /> <span>{reason}</span></p>
      ) : replyTo !== null && <ReplyBar known={known} message={messages.find(({ id }) => id === replyTo) ?? null} onDrop={() => { writing.write(text, null); field.current?.focus(); }} />}
      button={
        lacking !== null && known !== null ? (
          <Why known={known} permission={lacking} channel={channel.id} />
        ) : left > 0 ? (
          <span className="send-wait" role="img" aria-label={t("composer.wait", { seconds: left })}><Countdown left={left} of={channel.slow_mode_s} /></span>
        ) : (
          <button type="submit" className="icon-button send" aria-label={t("composer.send")} aria-disabled={closed || text.trim() === "" || undefined}><Icon name="send" /></button>
        )
      }
      below={
        parts > 1 ? (
          <div className="composer-offer" role="alert">
            <span>{t("composer.long", { count: lengthOf(sent) - MOST })}</span>
            <Button look="primary" onClick={sendParts}>{t("composer.long.send", { count: parts })}</Button>
          </div>
        ) : channel.slow_mode_s > 0 && !closed ? (
          left > 0 ? <span aria-hidden="true">{t("composer.wait", { seconds: left })}</span> : <span>{t("composer.slow", { count: channel.slow_mode_s })}</span>
        ) : null
      }
    />
  );
}

/** Changes a message, in the composer's place. Enter saves, Escape gives up. */
export function EditComposer({ known, channel, recent, handle, message, id, onDone, onDelete }: Omit<Around, "onEditLast" | "messages"> & {
  /** The message as it is now; `null` if it is not here. */
  message: Message | null;
  id: string;
  onDone: () => void;
  onDelete: (message: Message) => void;
}) {
  const chat = useChat();
  const { drafts } = useObjects();
  const names = useNames(known, channel);
  const first = useRef(message);
  const writing = useDraft({ channel: channel.id, edits: id }, message ? toWritten(message.content, names) : "");
  const field = useRef<FieldHandle>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [gone, setGone] = useState(false);
  const { text } = writing;
  const sent = toSent(text, names);
  first.current ??= message;
  useEffect(() => field.current?.focus(), []);
  useEffect(() => chat.onEvent((event) => {
    if (event.type === "message.deleted" && event.data.id === id) setGone(true);
  }), [chat, id]);
  useImperativeHandle(handle, () => ({
    focus: () => field.current?.focus(),
    reply: () => field.current?.focus(),
    put: (text, to) => putInDraft(drafts, channel.id, text, to),
  }), [drafts, channel.id]);

  const leave = () => {
    const changed = text !== (message ? toWritten(message.content, names) : "");
    const undo = writing.discard();
    if (changed && text.trim() !== "") toast(t("editor.dropped"), undo);
    onDone();
  };
  const save = () => {
    if (busy) return;
    if (gone) {
      putInDraft(drafts, channel.id, text, null);
      writing.done();
      return onDone();
    }
    if (text.trim() === "") return message ? onDelete(message) : undefined;
    if (message && sent === message.content) return leave();
    if (lengthOf(sent) > MOST) return setError(t("composer.long", { count: lengthOf(sent) - MOST }));
    setBusy(true);
    setError(null);
    const { timeline } = chat.timeline(channel.id);
    timeline.edit(id, sent).then(
      () => {
        const now = drafts.get({ channel: channel.id, edits: id });
        if (now === null || now.text === text) {
          writing.done();
          return onDone();
        }
        // What was written meanwhile is another change.
        first.current = null;
        setBusy(false);
      },
      (cause: unknown) => {
        if (!(cause instanceof BeepError)) throw cause;
        setBusy(false);
        setError(explain(cause, homeOf(channel.id)));
      },
    );
  };
  const isChanged = !gone && first.current !== null && message !== null && message.edited_at !== first.current.edited_at;
  return (
    <Box
      known={known}
      channel={channel}
      recent={recent}
      field={field}
      label={t("message.edit")}
      placeholder={t("message.edit")}
      text={text}
      length={lengthOf(sent)}
      onChange={(next) => writing.write(next)}
      onEnter={save}
      onEscape={leave}
      above={
        <div className="composer-bar">
          <Icon name="edit" small />
          <span>{gone ? t("editor.gone") : isChanged ? t("editor.changed") : t("editor.title")}</span>
          <IconButton icon="close" small label={t("cancel")} onPress={leave} />
        </div>
      }
      button={<button type="submit" className="icon-button send" aria-label={gone ? t("composer.send") : t("save")} aria-disabled={busy || undefined}><Icon name={gone ? "send" : "check"} /></button>}
      below={error ? <span className="wrong" role="alert">{error}</span> : <span>{t("editor.hint")}</span>}
    />
  );
}

/** Says what could not be queued; nothing was taken. */
function refuse(error: unknown): void {
  if (!(error instanceof BeepError)) throw error;
  toast(error.code === "queue_full" ? t("composer.full") : explain(error));
}

/** The field with its tools: completion, marks, emoji, and how much is left. */
function Box({ known, channel, recent, field, label, placeholder, text, length, readOnly = false, onChange, onEnter, onEscape, onArrowUp, above, button, below }: Pick<Around, "known" | "channel" | "recent"> & {
  field: React.RefObject<FieldHandle | null>;
  label: string;
  placeholder: string;
  text: string;
  /** As the backend counts. */
  length: number;
  readOnly?: boolean;
  onChange: (text: string) => void;
  onEnter: () => void;
  /** What Escape does; `null` if that is nobody's here. */
  onEscape: (() => void) | null;
  onArrowUp?: () => void;
  above: ReactNode;
  button: ReactNode;
  below: ReactNode;
}) {
  const id = useId();
  const [cursor, setCursor] = useState(0);
  const [end, setEnd] = useState(0);
  const [at, setAt] = useState(0);
  const [shut, setShut] = useState<number | null>(null);
  const asked = askedAt(text, Math.min(cursor, text.length));
  // Escape shuts the list for this name alone.
  const open: Asked | null = readOnly || asked === null || asked.start === shut ? null : asked;
  const candidates = useCandidates(known, channel, open, recent);
  const current = Math.min(at, candidates.length - 1);
  const listed = open !== null && candidates.length > 0;
  const list = `${id}-list`;

  useEffect(() => {
    if (readOnly) return;
    return takesInserts((inserted) => {
      const element = field.current?.element;
      if (!element) return;
      const { selectionStart: start, selectionEnd: end, value } = element;
      // What is put behind a word stands apart from it.
      const apart = start > 0 && !/\s/.test(value[start - 1] ?? " ") ? " " : "";
      field.current?.replace(start, end, `${apart}${inserted}`);
    });
  }, [field, readOnly]);

  const take = (candidate: Candidate) => {
    if (!open) return;
    field.current?.replace(open.start, open.start + open.query.length + 1, writtenFor(candidate));
    setAt(0);
  };
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const command = event.ctrlKey || event.metaKey;
    const mark = command && !event.altKey && !readOnly ? markOf(event) : null;
    if (mark !== null) {
      event.preventDefault();
      const { selectionStart: start, selectionEnd: end } = event.currentTarget;
      const { from, to, insert, select } = marked(text, { start, end }, mark);
      return field.current?.replace(from, to, insert, select);
    }
    if (command || event.altKey) return;
    if (listed) {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (step !== 0) {
        event.preventDefault();
        return setAt((current + step + candidates.length) % candidates.length);
      }
      const chosen = candidates[current];
      if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && chosen) {
        event.preventDefault();
        return take(chosen);
      }
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        return setShut(open.start);
      }
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      onEnter();
    } else if (event.key === "Escape" && onEscape) {
      event.preventDefault();
      event.stopPropagation();
      onEscape();
    } else if (event.key === "ArrowUp" && text === "" && onArrowUp) {
      event.preventDefault();
      onArrowUp();
    }
  };

  return (
    <form className="composer" onSubmit={(event) => { event.preventDefault(); onEnter(); field.current?.element?.focus(); }}>
      {!readOnly && end > cursor && end <= text.length && (
        <FormatBar text={text} selection={{ start: cursor, end }} onReplace={({ from, to, insert, select }) => field.current?.replace(from, to, insert, select)} />
      )}
      {listed && <CompletionList id={list} candidates={candidates} at={current} onPoint={setAt} onChoose={take} />}
      <div className="composer-frame" data-denied={readOnly || undefined}>
        {above}
        <div className="composer-box">
          {readOnly && text === "" && <span className="composer-lock"><Icon name="lock" small /></span>}
          <Growing
            handle={field}
            label={label}
            placeholder={placeholder}
            value={text}
            readOnly={readOnly}
            aria-disabled={readOnly || undefined}
            describedBy={`${id}-below`}
            aria-autocomplete="list"
            aria-haspopup="listbox"
            aria-controls={listed ? list : undefined}
            aria-activedescendant={listed ? `${list}-${current}` : undefined}
            onCursor={(next, end) => {
              setCursor(next);
              setEnd(end);
            }}
            onChange={(next, where) => {
              setCursor(where);
              setEnd(where);
              setAt(0);
              setShut(null);
              onChange(next);
            }}
            onKey={onKey}
          />
          {!readOnly && <EmojiButton onChoose={(emoji) => {
            const element = field.current?.element;
            const end = element?.selectionEnd ?? text.length;
            field.current?.replace(element?.selectionStart ?? end, end, emoji);
          }} />}
          {button}
        </div>
      </div>
      <div id={`${id}-below`} className="composer-below hint">
        {below}
        {length >= WARN_FROM && <span className="counter" data-over={length > MOST || undefined} aria-label={length > MOST ? t("composer.long", { count: length - MOST }) : t("composer.left", { count: MOST - length })}>{(MOST - length).toLocaleString(locale)}</span>}
      </div>
    </form>
  );
}

function EmojiButton({ onChoose }: { onChoose: (emoji: string) => void }) {
  return (
    <Popover
      label={t("emoji.title")}
      side="top start"
      card={(close) => <Suspense fallback={<Skeleton rows={4} />}><EmojiPicker onChoose={(emoji) => { close(); setTimeout(() => onChoose(emoji)); }} /></Suspense>}
    >
      <IconButton icon="smile" label={t("emoji.title")} className="emoji-button" />
    </Popover>
  );
}

function ReplyBar({ known, message, onDrop }: { known: KnownServer | null; message: Message | null; onDrop: () => void }) {
  const chat = useChat();
  return (
    <div className="composer-bar">
      <Icon name="reply" small />
      <span className="line">
        {message ? <>{t("reply.to")} <strong><Name>{speakerOf(chat, serverOf(known), message)}</Name></strong>{" "}<span className="quiet">{message.sealed === null ? preview(message.content, 80, (mention) => mentionName(chat, known, mention)) : ""}</span></> : t("reply.to.unknown")}
      </span>
      <IconButton icon="close" small label={t("reply.drop")} onPress={onDrop} />
    </div>
  );
}

