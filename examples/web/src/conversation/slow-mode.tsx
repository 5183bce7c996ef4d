import { useEffect, useMemo, useReducer } from "react";

/** How many seconds are left until a time, counted down as they pass; 0 once it is over, or without one. */
export function useSecondsLeft(until: string | null): number {
  const [, tick] = useReducer((count: number) => count + 1, 0);
  const left = until === null ? 0 : Math.max(0, Math.ceil((Date.parse(until) - Date.now()) / 1_000));
  useEffect(() => {
    if (!(left > 0)) return;
    const timer = setTimeout(tick, (Date.parse(until ?? "") - Date.now()) % 1_000 || 1_000);
    return () => clearTimeout(timer);
  }, [until, left]);
  return Number.isFinite(left) ? left : 0;
}

/** The same for a pause of at most so many seconds: whoever's clock is behind the backend's waits no longer than others. */
export function usePause(until: string | null, most: number): number {
  return useSecondsLeft(useMemo(() => (until === null ? null : new Date(Math.min(Date.parse(until), Date.now() + most * 1_000)).toISOString()), [until, most]));
}

/** A ring that empties, with the seconds that are left. */
export function Countdown({ left, of }: { left: number; of: number }) {
  return <span className="countdown" style={{ "--part": Math.min(1, left / Math.max(of, 1)) } as React.CSSProperties} aria-hidden="true">{left}</span>;
}
