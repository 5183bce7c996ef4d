/** A list that the backend gives in pages. */
import { useCallback, useEffect, useRef, useState, type Dispatch, type SetStateAction } from "react";
import { BeepError } from "../sdk";

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export interface Pages<Item> {
  /** `null` before the first of them are here. */
  readonly items: readonly Item[] | null;
  readonly hasMore: boolean;
  readonly busy: boolean;
  readonly error: BeepError | null;
  more(): void;
  /** Reads it from its beginning. */
  again(): void;
  /** Changes what is shown, as after something was done. */
  change: Dispatch<SetStateAction<readonly Item[]>>;
}

interface Read<Item> {
  readonly items: readonly Item[] | null;
  readonly next: string | null;
  readonly busy: boolean;
  readonly error: BeepError | null;
}

/** Reads a list, and another one as soon as `ask` is another. `waitMs`: how long it is to stay the same first, as while one types. */
export function usePages<Item>(ask: (cursor: string | null, signal: AbortSignal) => Promise<Page<Item>>, waitMs = 0): Pages<Item> {
  const [read, setRead] = useState<Read<Item>>({ items: null, next: null, busy: true, error: null });
  const asking = useRef<AbortController>(null);
  const load = useCallback((cursor: string | null) => {
    asking.current?.abort();
    const { signal } = (asking.current = new AbortController());
    setRead((read) => ({ ...read, busy: true, error: null }));
    ask(cursor, signal).then(
      ({ items, next }) => !signal.aborted && setRead((read) => ({ items: cursor === null ? items : [...(read.items ?? []), ...items], next, busy: false, error: null })),
      (error: unknown) => {
        if (signal.aborted) return;
        if (!(error instanceof BeepError)) throw error;
        setRead((read) => ({ ...read, busy: false, error }));
      },
    );
  }, [ask]);
  useEffect(() => {
    const timer = setTimeout(() => load(null), waitMs);
    return () => {
      clearTimeout(timer);
      asking.current?.abort();
    };
  }, [load, waitMs]);
  const { items, next, busy, error } = read;
  return {
    items,
    hasMore: next !== null,
    busy,
    error,
    more: () => !busy && load(next),
    again: () => load(null),
    change: useCallback((change) => setRead((read) => ({ ...read, items: typeof change === "function" ? change(read.items ?? []) : change })), []),
  };
}
