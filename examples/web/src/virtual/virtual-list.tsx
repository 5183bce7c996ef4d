import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useReducer, useRef, type KeyboardEventHandler, type ReactNode, type Ref } from "react";
import { anchorAt, offsetsOf, rangeAt, topOf, type Anchor, type Range } from "./layout";

/** What others may ask of the list. */
export interface ListHandle {
  scrollToEnd(): void;
  focusRow(key: string): void;
  /** Brings a row into the middle of the view, and the focus to it. */
  reveal(key: string): void;
  /** The last row of which anything is in view. */
  lastInView(): string | null;
}

/**
 * A list of rows of any height, of which only those in view are in the page. Rows that come above, or turn out taller
 * than guessed, move nothing that is being read; at the end it follows the end.
 */
export function VirtualList({ keys, render, label, onNearStart, onAtEnd, onKeyDown, handle, lead }: {
  keys: readonly string[];
  render: (key: string, index: number) => ReactNode;
  label: string;
  /** Called, possibly often, while the first rows are near the view. */
  onNearStart: () => void;
  onAtEnd: (atEnd: boolean) => void;
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
  const anchor = useRef<Anchor>("end");
  const drawn = useRef<Range>({ start: 0, end: 0 });
  /** The row to reveal, until it is drawn. */
  const wanted = useRef<string | null>(null);
  const [measured, redraw] = useReducer((count: number) => count + 1, 0);

  const heightOf = useCallback((key: string) => heights.current.get(key) ?? GUESS, []);
  const offsets = useMemo(() => offsetsOf(keys, heightOf), [keys, heightOf, measured]);
  const view = scroller.current;

  const height = view?.clientHeight || FIRST_VIEW;
  if (wanted.current !== null && keys.includes(wanted.current)) anchor.current = { key: wanted.current, below: height / 2 };
  const range = rangeAt(offsets, topOf(anchor.current, keys, offsets, height), height, OVERSCAN);
  drawn.current = range;

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
    above.current?.style.setProperty("height", `${now[start] ?? 0}px`);
    below.current?.style.setProperty("height", `${total - (now[end] ?? total)}px`);
    const lead = leading.current?.offsetHeight ?? 0;
    const top = anchor.current === "end" ? view.scrollHeight - view.clientHeight : topOf(anchor.current, keys, now, view.clientHeight) + lead;
    if (Math.abs(view.scrollTop - top) > 1) view.scrollTop = top;
    if (changed) redraw();
    if (view.clientHeight > 0 && view.scrollTop < NEAR_START) onNearStart();
  }, [keys, offsets, heightOf, onNearStart]);

  useLayoutEffect(place);

  useLayoutEffect(() => {
    const view = scroller.current;
    const row = wanted.current === null ? null : rowOf(rows.current, wanted.current);
    if (!view || !row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
    // Where the view cannot go further down, it goes on following the end.
    if (view.scrollTop >= view.scrollHeight - view.clientHeight - 1) anchor.current = "end";
  });

  // A row that goes, deleted or scrolled away, would take the focus with it.
  const focused = useRef(false);
  useEffect(() => {
    if (focused.current && document.activeElement === document.body) scroller.current?.focus({ preventScroll: true });
  });

  useEffect(() => {
    const view = scroller.current;
    if (!view) return;
    const observer = new ResizeObserver(() => place());
    observer.observe(view);
    return () => observer.disconnect();
  }, [place]);

  const scrolled = useCallback(() => {
    const view = scroller.current;
    if (!view) return;
    const top = view.scrollTop - (leading.current?.offsetHeight ?? 0);
    anchor.current = anchorAt(keys, offsets, top, view.clientHeight);
    onAtEnd(anchor.current === "end");
    const next = rangeAt(offsets, top, view.clientHeight, OVERSCAN);
    if (next.start !== drawn.current.start || next.end !== drawn.current.end) redraw();
    else if (view.scrollTop < NEAR_START) onNearStart();
  }, [keys, offsets, onAtEnd, onNearStart]);

  useImperativeHandle(handle, () => ({
    scrollToEnd() {
      anchor.current = "end";
      onAtEnd(true);
      redraw();
    },
    focusRow(key) {
      rowOf(rows.current, key)?.focus();
    },
    reveal(key) {
      wanted.current = key;
      redraw();
    },
    lastInView() {
      const bottom = scroller.current?.getBoundingClientRect().bottom ?? 0;
      const seen = [...(rows.current?.children ?? [])].findLast((row) => row.getBoundingClientRect().top < bottom);
      return seen?.getAttribute("data-key") ?? null;
    },
  }), [onAtEnd]);

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

/** What a row is taken to be tall before it was drawn. */
const GUESS = 48;
/** What the view is taken to be tall before it was drawn. */
const FIRST_VIEW = 900;
const OVERSCAN = 400;
const NEAR_START = 500;
