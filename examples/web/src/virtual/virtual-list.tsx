import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useReducer, useRef, type KeyboardEventHandler, type ReactNode, type Ref } from "react";
import { anchorAt, offsetsOf, rangeAt, rowAt, shiftOf, topOf, type Anchor, type Pin, type Range } from "./layout";

/** What others may ask of the list. */
export interface ListHandle {
  scrollToEnd(): void;
  focusRow(key: string): void;
  /** Brings a row into the middle of the view, and the focus to it if that is wanted. */
  reveal(key: string, focus: boolean): void;
  /** Where the view stands, for a list that is shown again later. */
  position(): Anchor;
}

/** The first and the last row of which anything is in view. */
export interface InView {
  readonly first: string;
  readonly last: string;
}

/**
 * A list of rows of any height, of which only those in view are in the page. Rows that come above, or turn out taller
 * than guessed, move nothing that is being read; at the end it follows the end. While the browser scrolls, by the wheel, a
 * finger or a key, nothing else does.
 */
export function VirtualList({ keys, render, label, start, follows, onNearStart, onNearEnd, onAtEnd, onView, onKeyDown, handle, lead }: {
  keys: readonly string[];
  render: (key: string, index: number) => ReactNode;
  label: string;
  /** Where the view stands at first. */
  start: Anchor;
  /** Whether the last row is the end, not just the end of what was loaded. */
  follows: boolean;
  /** Called, possibly often, while the first rows are near the view. */
  onNearStart: () => void;
  onNearEnd: () => void;
  onAtEnd: (atEnd: boolean) => void;
  onView: (view: InView) => void;
  onKeyDown?: KeyboardEventHandler<HTMLDivElement>;
  handle: Ref<ListHandle>;
  /** Stands above the first row. */
  lead: ReactNode;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const above = useRef<HTMLDivElement>(null);
  const below = useRef<HTMLDivElement>(null);
  const rows = useRef<HTMLDivElement>(null);
  const leading = useRef<HTMLDivElement>(null);
  const heights = useRef(new Map<string, number>());
  const drawn = useRef<Range>({ start: 0, end: 0 });
  /** The place to go to, until it is reached. */
  const goal = useRef<Anchor | null>(start);
  const atEnd = useRef(start === "end");
  const pin = useRef<Pin | null>(null);
  const shift = useRef(0);
  /** The row that gets the focus once it is drawn. */
  const wanted = useRef<string | null>(null);
  const scrolling = useRef<ReturnType<typeof setTimeout> | null>(null);
  /** Where the view was put here: the event that tells of it is no scrolling. */
  const put = useRef(-1);
  const [measured, redraw] = useReducer((count: number) => count + 1, 0);

  const heightOf = useCallback((key: string) => heights.current.get(key) ?? GUESS, []);
  const offsets = useMemo(() => offsetsOf(keys, heightOf), [keys, heightOf, measured]);

  const height = scroller.current?.clientHeight || FIRST_VIEW;
  /** Where the view will stand among rows that have changed, once the pinned one is back in its place. */
  const top = () => (scroller.current?.scrollTop ?? 0) - shiftOf(pin.current, keys, offsets, shift.current + (leading.current?.offsetHeight ?? 0));
  const target = goal.current !== null && (goal.current === "end" || keys.includes(goal.current.key)) ? goal.current : null;
  const follow = target === null && follows && atEnd.current && scrolling.current === null;
  const range = rangeAt(offsets, target ? topOf(target, keys, offsets, height) : follow ? topOf("end", keys, offsets, height) : top(), height, OVERSCAN);
  drawn.current = range;

  const look = useCallback((offsets: Float64Array) => {
    const view = scroller.current;
    if (!view || view.clientHeight === 0 || keys.length === 0) return;
    const lead = leading.current?.offsetHeight ?? 0;
    const top = view.scrollTop - lead - shift.current;
    const first = rowAt(offsets, top);
    const last = rowAt(offsets, top + view.clientHeight - 1);
    pin.current = { key: keys[first] ?? "", at: (offsets[first + 1] ?? 0) + shift.current + lead };
    onView({ first: keys[first] ?? "", last: keys[last] ?? "" });
    if (view.scrollTop < NEAR_EDGE) onNearStart();
    if (view.scrollTop + view.clientHeight > view.scrollHeight - NEAR_EDGE) onNearEnd();
  }, [keys, onView, onNearStart, onNearEnd]);

  const place = useCallback(() => {
    const view = scroller.current;
    if (!view) return;
    let changed = false;
    for (const row of rows.current?.children ?? []) {
      const key = row.getAttribute("data-key");
      const tall = row.getBoundingClientRect().height;
      if (key !== null && tall > 0 && Math.abs((heights.current.get(key) ?? -1) - tall) > 0.5) {
        heights.current.set(key, tall);
        changed = true;
      }
    }
    const now = changed ? offsetsOf(keys, heightOf) : offsets;
    const { start, end } = drawn.current;
    const total = now.at(-1) ?? 0;
    const lead = leading.current?.offsetHeight ?? 0;
    const target = goal.current !== null && (goal.current === "end" || keys.includes(goal.current.key)) ? goal.current : null;
    const follow = target === null && follows && atEnd.current && scrolling.current === null;

    let move: number | null = null;
    if (target === "end" || follow) {
      shift.current = 0;
      move = Infinity;
    } else if (target) {
      shift.current = 0;
      move = topOf(target, keys, now, view.clientHeight) + lead;
    } else {
      shift.current = shiftOf(pin.current, keys, now, shift.current + lead) - lead;
      // There is no room above for rows that stand too high: then the browser has to wait.
      if (shift.current !== 0 && (scrolling.current === null || (now[start] ?? 0) + shift.current < 0)) {
        move = view.scrollTop - shift.current;
        shift.current = 0;
      }
    }
    above.current?.style.setProperty("height", `${Math.max(0, (now[start] ?? 0) + shift.current)}px`);
    below.current?.style.setProperty("height", `${total - (now[end] ?? total)}px`);
    if (move !== null) {
      const goes = Math.max(0, Math.min(move, view.scrollHeight - view.clientHeight));
      if (Math.abs(view.scrollTop - goes) > 1) {
        view.scrollTop = goes;
        put.current = view.scrollTop;
      }
    }
    // It is reached once what is around it was drawn and measured.
    if (target !== null && !changed && view.clientHeight > 0 && keys.length > 0) {
      goal.current = null;
      const there = view.scrollTop >= view.scrollHeight - view.clientHeight - NEAR_END;
      if (there !== atEnd.current) onAtEnd((atEnd.current = there));
    }
    if (changed || (target !== null && goal.current === null)) redraw();
    look(now);
  }, [keys, offsets, heightOf, follows, look, onAtEnd]);

  useLayoutEffect(place);

  useLayoutEffect(() => {
    const row = wanted.current === null || goal.current !== null ? null : rowOf(rows.current, wanted.current);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  });

  // A row that goes, deleted or scrolled away, would take the focus with it.
  const focused = useRef(false);
  useEffect(() => {
    if (focused.current && document.activeElement === document.body) scroller.current?.focus({ preventScroll: true });
  });

  useEffect(() => {
    const view = scroller.current;
    if (!view) return;
    // Rows grow by themselves too: where somebody opens what was folded.
    const observer = new ResizeObserver(() => place());
    observer.observe(view);
    if (rows.current) observer.observe(rows.current);
    return () => observer.disconnect();
  }, [place]);

  const settle = useCallback(() => {
    if (scrolling.current === null) return;
    clearTimeout(scrolling.current);
    scrolling.current = null;
    redraw();
  }, []);
  useEffect(() => () => {
    if (scrolling.current !== null) clearTimeout(scrolling.current);
  }, []);

  const scrolled = useCallback(() => {
    const view = scroller.current;
    if (!view) return;
    if (Math.abs(view.scrollTop - put.current) > 1) {
      if (scrolling.current !== null) clearTimeout(scrolling.current);
      scrolling.current = setTimeout(settle, STILL_MS);
    }
    put.current = -1;
    const lead = leading.current?.offsetHeight ?? 0;
    const top = view.scrollTop - lead - shift.current;
    const end = anchorAt(keys, offsets, top, view.clientHeight) === "end";
    if (goal.current === null && end !== atEnd.current) onAtEnd((atEnd.current = end));
    const next = rangeAt(offsets, top, view.clientHeight, OVERSCAN);
    look(offsets);
    if (next.start !== drawn.current.start || next.end !== drawn.current.end) redraw();
  }, [keys, offsets, look, settle, onAtEnd]);

  // React knows no such event, and listens to some of the others in a way that holds up scrolling.
  useEffect(() => {
    const view = scroller.current;
    // Whoever scrolls goes where they want. The event of scrolling says nothing of who did: rows that go do it too.
    const free = () => {
      goal.current = null;
    };
    view?.addEventListener("scrollend", settle);
    for (const type of BY_HAND) view?.addEventListener(type, free, { passive: true });
    return () => {
      view?.removeEventListener("scrollend", settle);
      for (const type of BY_HAND) view?.removeEventListener(type, free);
    };
  }, [settle]);

  useImperativeHandle(handle, () => ({
    scrollToEnd() {
      goal.current = "end";
      wanted.current = null;
      if (!atEnd.current) onAtEnd((atEnd.current = true));
      redraw();
    },
    focusRow(key) {
      rowOf(rows.current, key)?.focus();
    },
    reveal(key, focus) {
      goal.current = { key, below: (scroller.current?.clientHeight ?? FIRST_VIEW) / 2 };
      wanted.current = focus ? key : null;
      if (atEnd.current) onAtEnd((atEnd.current = false));
      redraw();
    },
    position() {
      const view = scroller.current;
      if (!view || (goal.current === null && atEnd.current)) return "end";
      return goal.current ?? anchorAt(keys, offsets, view.scrollTop - (leading.current?.offsetHeight ?? 0) - shift.current, view.clientHeight);
    },
  }), [keys, offsets, onAtEnd]);

  return (
    <div ref={scroller} className="virtual" tabIndex={0} role="region" aria-label={label} onScroll={scrolled} onKeyDown={onKeyDown} onFocus={() => { focused.current = true; }} onBlur={() => { focused.current = false; }}>
      <div ref={leading}>{lead}</div>
      <div ref={above} />
      <div ref={rows} role="list">
        {keys.slice(range.start, range.end).map((key, index) => (
          <div key={key} data-key={key} role="listitem">
            {render(key, range.start + index)}
          </div>
        ))}
      </div>
      <div ref={below} />
    </div>
  );
}

function rowOf(rows: HTMLElement | null, key: string): HTMLElement | null {
  return rows?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"] [data-row]`) ?? null;
}

const BY_HAND = ["wheel", "touchmove", "keydown", "pointerdown"] as const;
/** What a row is taken to be tall before it was drawn. */
const GUESS = 48;
/** What the view is taken to be tall before it was drawn. */
const FIRST_VIEW = 900;
const OVERSCAN = 400;
const NEAR_EDGE = 500;
const NEAR_END = 24;
/** The browser is done scrolling when nothing moved for so long, where it does not say so. */
const STILL_MS = 180;
