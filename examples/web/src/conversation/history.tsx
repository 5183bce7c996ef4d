import { memo, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode, type Ref } from "react";
import { t, timeOf } from "../i18n";
import { useChannelName } from "../private/hooks";
import { useChat, useObserved, useWatched } from "../store/hooks";
import type { TimelineRow } from "../store/objects";
import type { OpenTimeline } from "../store/timelines";
import { useChannelRow } from "../store/unread";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { toast } from "../ui/toast";
import { VirtualList, type InView, type ListHandle } from "../virtual/virtual-list";
import { useRows } from "./around";
import { speakerKey } from "./author";
import { dayName, useToday } from "./days";
import { useFocused } from "./focused";
import { dayKey, placeOf, type Said } from "./group";
import { historyLabel } from "./labels";
import { MessageRow } from "./message-row";
import { firstNew, lineAt, nextLine } from "./new-line";
import { OutgoingRow } from "./outgoing-row";

export interface HistoryHandle {
  toNewest(): void;
  /** Counts all as read, and goes to the end. */
  readAll(): void;
  jump(message: string, focus?: boolean): void;
  /** Brings a message into view, and leaves the focus where it is. */
  show(message: string): void;
}

/** What was said in a channel, and what is being said. */
export const History = memo(function History({ open, handle, editing, replying, lead }: { open: OpenTimeline; handle: Ref<HistoryHandle>; editing: string | null; replying: string | null; lead: ReactNode }) {
  const { channel, me } = useRows();
  const name = useChannelName(channel);
  const chat = useChat();
  const { timeline } = open;
  const rows = useObserved(timeline);
  useKeptFocus(rows);
  const status = useWatched(timeline.status);
  const unread = useChannelRow(channel.server_id, channel.id);
  const focused = useFocused();
  const today = useToday();
  const list = useRef<ListHandle>(null);
  const [atEnd, setAtEnd] = useState(open.position === "end");
  const [current, setCurrent] = useState<string | null>(null);
  const [view, setView] = useState<InView>({ first: "", last: "" });
  const [flash, setFlash] = useState<string | null>(null);
  const isNewest = status.is_loaded && !status.has_newer;
  const reads = focused && atEnd && isNewest;

  const keys = useMemo(() => rows.map(({ key }) => key), [rows]);
  const messages = useMemo(() => rows.flatMap((row) => (row.type === "message" ? [row.message] : [])), [rows]);

  // Where one was stays with the timeline, for when one comes back. Before the list is taken down.
  useLayoutEffect(() => () => {
    if (list.current) open.position = list.current.position();
  }, [open]);
  useEffect(() => {
    timeline.follow(atEnd);
  }, [timeline, atEnd]);

  const line = useNewLine(unread, reads);
  // Not the first of those that are here: what is above may be new as well.
  const reaches = line !== null && (!status.has_older || (messages[0]?.id ?? "") <= (line.after ?? ""));
  const first = reaches ? firstNew(line, messages, me) : null;
  const firstKey = first === null ? null : (rows.find((row) => row.type === "message" && row.message.id === first.id)?.key ?? null);
  const held = useRef(false);
  useMovedBack(unread?.last_read_id ?? null, () => (held.current = true));
  useRead(reads && !held.current && (unread?.unread ?? 0) > 0, () => chat.objects.conversations.markRead(channel.id));

  const reveal = useCallback((message: string, focus: boolean) => {
    const row = timeline.rows.find((row) => row.type === "message" && row.message.id === message);
    if (!row) return false;
    list.current?.reveal(row.key, focus);
    setFlash(row.key);
    return true;
  }, [timeline]);
  useEffect(() => {
    if (flash === null) return;
    const timer = setTimeout(() => setFlash(null), FLASH_MS);
    return () => clearTimeout(timer);
  }, [flash]);

  const [goal, setGoal] = useGoal(timeline, rows, status, reveal);
  const toNewest = useCallback(() => {
    setGoal(null);
    held.current = false;
    if (timeline.status.value.has_newer) timeline.jumpToNewest();
    list.current?.scrollToEnd();
  }, [timeline, setGoal]);
  const jump = useCallback((message: string, focus = true) => {
    if (!reveal(message, focus)) setGoal({ message, focus, below: false });
  }, [reveal, setGoal]);
  const bar = useBar(line);
  useImperativeHandle(handle, () => ({
    toNewest,
    readAll: () => {
      bar.hide();
      chat.objects.conversations.markRead(channel.id);
      toNewest();
    },
    jump,
    show: (message) => {
      const row = timeline.rows.find((row) => row.type === "message" && row.message.id === message);
      if (row) list.current?.reveal(row.key, false);
    },
  }), [timeline, chat, channel.id, bar, toNewest, jump]);

  const markRead = useCallback(() => {
    held.current = false;
    chat.objects.conversations.markRead(channel.id);
  }, [chat, channel.id]);

  const render = (key: string, index: number) => {
    const row = rows[index];
    if (!row) return null;
    const isNew = key === firstKey;
    const place = placeOf(saidOf(row, me), rows[index - 1] && saidOf(rows[index - 1]!, me), isNew);
    if (row.type === "outgoing") return <OutgoingRow rowKey={key} outgoing={row} place={place} today={today} current={key === current} onStand={setCurrent} />;
    const mark = key === flash ? "flash" : row.message.id === editing ? "editing" : row.message.id === replying ? "replying" : null;
    return <MessageRow rowKey={key} message={row.message} reply={row.reply} place={place} isNew={isNew} today={today} current={key === current} onStand={setCurrent} mark={mark} />;
  };

  /** Arrow keys go from message to message; from the list itself, up to the last one in view. */
  const walk = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target instanceof HTMLTextAreaElement) return;
    // The browser would stop where it guessed the end to be.
    if (event.key === "End") {
      event.preventDefault();
      return toNewest();
    }
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    const onList = event.target === event.currentTarget;
    if (step === 0 || (onList && step > 0)) return;
    const key = onList ? view.last : keys[keys.indexOf(current ?? "") + step];
    if (key === undefined || key === "") return;
    event.preventDefault();
    setCurrent(key);
    list.current?.focusRow(key);
  };
  const [firstAt, viewAt, lastAt] = [firstKey, view.first, view.last].map((key) => (key === null ? -1 : keys.indexOf(key))) as [number, number, number];
  const lineSeen = firstAt >= 0 && viewAt <= firstAt && firstAt <= lastAt;
  useEffect(() => {
    if (lineSeen) bar.hide();
  }, [lineSeen, bar]);
  const isBarShown = line !== null && bar.shown && !lineSeen;
  const top = rows[Math.max(0, viewAt)];

  return (
    <div className="history">
      {isBarShown && (
        <div className="new-bar">
          <span role="status">
            {first && !line.more ? t("new.since", { count: line.count, time: timeOf(first.created_at) }) : t(line.more ? "new.many" : "new.count", { count: line.count })}
          </span>
          <button type="button" className="text-button" onClick={() => {
            bar.hide();
            if (first) jump(first.id);
            else if (line.after !== null) setGoal({ message: line.after, focus: true, below: true });
            // Nothing was ever read: the first that is here is as new as any.
            else if (messages[0]) jump(messages[0].id);
          }}>{t("new.jump")}</button>
          <button type="button" className="text-button" onClick={() => {
            bar.hide();
            markRead();
          }}>{t("new.read")}</button>
        </div>
      )}
      <DayPill day={top ? timeOfRow(top) : null} hidden={isBarShown} view={view} />
      <VirtualList
        keys={keys}
        render={render}
        label={historyLabel(channel, name)}
        handle={list}
        start={open.position}
        follows={!status.has_newer}
        onNearStart={useCallback(() => {
          const { has_older, loading, failure } = timeline.status.value;
          if (has_older && loading === null && failure === null) timeline.loadOlder();
        }, [timeline])}
        onNearEnd={useCallback(() => {
          const { has_newer, loading, failure } = timeline.status.value;
          if (has_newer && loading === null && failure === null) timeline.loadNewer();
        }, [timeline])}
        onAtEnd={setAtEnd}
        onView={useCallback((next: InView) => setView((before) => (before.first === next.first && before.last === next.last ? before : next)), [])}
        onKeyDown={walk}
        lead={lead}
      />
      {(!atEnd || status.has_newer) && rows.length > 0 && (
        <Button className="newest" onClick={() => {
          toNewest();
          // The button goes; what it led to takes the focus.
          document.querySelector<HTMLElement>(".composer textarea")?.focus({ preventScroll: true });
        }}>
          {unread && unread.unread > 0 ? <>{t("new.below", { count: unread.unread })} <span className="hidden">{t("conversation.newest")}</span></> : t("conversation.newest")} <Icon name="down" small />
        </Button>
      )}
      {goal !== null && <p className="hidden" role="status">{t("loading")}</p>}
    </div>
  );
});

/** The focus that a row took along as it went comes to the list; and so does that of a dialog about the row. */
function useKeptFocus(rows: readonly TimelineRow[]): void {
  const within = useRef(false);
  useEffect(() => {
    const moved = ({ target }: FocusEvent) => {
      if (!(target instanceof Element) || target.closest("[role=dialog], [role=alertdialog], [role=menu]")) return;
      within.current = target.closest(".history") !== null;
    };
    document.addEventListener("focusin", moved);
    return () => document.removeEventListener("focusin", moved);
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (within.current) takeLostFocus();
    });
    return () => clearTimeout(timer);
  }, [rows]);
}

/** Gives the focus to the history if nothing has it. */
export function takeLostFocus(): void {
  if (document.activeElement === document.body) document.querySelector<HTMLElement>(".history [tabindex='0'], .history [role=region]")?.focus({ preventScroll: true });
}

function useNewLine(unread: ReturnType<typeof useChannelRow>, reads: boolean) {
  const [line, setLine] = useState(() => lineAt(unread));
  const before = useRef(unread);
  useEffect(() => {
    const last = before.current;
    before.current = unread;
    setLine((line) => nextLine(line, last, unread, reads));
  }, [unread, reads]);
  return line;
}

/** Tells that a message was marked as unread, here or on another device: it stays so while one goes on looking at it. */
function useMovedBack(lastRead: string | null, held: () => void): void {
  const before = useRef(lastRead);
  if ((lastRead ?? "") < (before.current ?? "")) held();
  before.current = lastRead;
}

/** What is in view counts as read after a moment. */
function useRead(reads: boolean, markRead: () => void): void {
  const now = useRef(markRead);
  now.current = markRead;
  useEffect(() => {
    if (!reads) return;
    const timer = setTimeout(() => now.current(), READ_MS);
    return () => clearTimeout(timer);
  }, [reads]);
}

/** The bar says what is new until one has seen where it begins, or does not want to. */
function useBar(line: ReturnType<typeof lineAt>) {
  const [hidden, setHidden] = useState<string | null>(null);
  const name = line === null ? null : (line.after ?? "");
  return useMemo(() => ({ shown: name !== null && hidden !== name, hide: () => setHidden(name) }), [name, hidden]);
}

interface Goal {
  readonly message: string;
  readonly focus: boolean;
  /** Whether what is below it is meant. */
  readonly below: boolean;
}

/** Goes to a message that is not here, as soon as it is. */
function useGoal(timeline: OpenTimeline["timeline"], rows: readonly TimelineRow[], status: OpenTimeline["timeline"]["status"]["value"], reveal: (message: string, focus: boolean) => boolean) {
  const [goal, setGoal] = useState<Goal | null>(null);
  const asked = useRef<Goal | null>(null);
  useEffect(() => {
    if (goal === null) return;
    if (asked.current !== goal) {
      asked.current = goal;
      timeline.jumpTo(goal.message);
      return;
    }
    if (status.loading !== null || !status.is_loaded) {
      if (status.failure !== null && status.loading === null) {
        toast(t("conversation.failed"));
        setGoal(null);
      }
      return;
    }
    const next = goal.below ? rows.find((row) => row.type === "message" && row.message.id > goal.message) : undefined;
    const message = next?.type === "message" ? next.message.id : goal.message;
    if (!reveal(message, goal.focus)) toast(t("jump.gone"));
    setGoal(null);
  }, [timeline, goal, rows, status, reveal]);
  return [goal, setGoal] as const;
}

/** The day of what is at the top, while one scrolls and a moment longer. */
function DayPill({ day, hidden, view }: { day: string | null; hidden: boolean; view: InView }) {
  const [shown, setShown] = useState(false);
  const began = useRef(view.first);
  useEffect(() => {
    // The first place is no scrolling.
    if (began.current === "" || began.current === view.first) {
      began.current = view.first;
      return;
    }
    began.current = view.first;
    setShown(true);
    const timer = setTimeout(() => setShown(false), PILL_MS);
    return () => clearTimeout(timer);
  }, [view.first]);
  return day !== null && !hidden && <div className="day-pill" data-shown={shown || undefined} aria-hidden="true" key={dayKey(day)}>{dayName(day)}</div>;
}

function timeOfRow(row: TimelineRow): string {
  return row.type === "message" ? row.message.created_at : row.queued_at;
}

function saidOf(row: TimelineRow, me: string): Said {
  if (row.type === "outgoing") return { author: me, created_at: row.queued_at, reply_to: row.reply_to };
  return { author: speakerKey(row.message), created_at: row.message.created_at, reply_to: row.message.reply_to };
}

/** So long somebody must look before it is read. */
const READ_MS = 500;
const FLASH_MS = 1_200;
const PILL_MS = 1_200;
