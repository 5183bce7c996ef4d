import { useLayoutEffect, useRef, type FocusEvent, type KeyboardEvent, type RefObject } from "react";

/**
 * Makes a list one stop of the tab key: arrows, Home and End go from item to item, and the list remembers the last one.
 * Items are what carries `data-rove`.
 */
export function useRoving<Box extends HTMLElement>(): { ref: RefObject<Box | null>; onKeyDown: (event: KeyboardEvent) => void; onFocus: (event: FocusEvent) => void } {
  const ref = useRef<Box>(null);
  const last = useRef<Element | null>(null);
  const items = () => [...(ref.current?.querySelectorAll<HTMLElement>("[data-rove]") ?? [])];
  const settle = () => {
    const all = items();
    const current = all.find((item) => item === last.current) ?? all.find((item) => item.hasAttribute("aria-current")) ?? all[0];
    for (const item of all) item.tabIndex = item === current ? 0 : -1;
  };
  useLayoutEffect(settle);
  return {
    ref,
    onFocus: ({ target }) => {
      const item = target.closest("[data-rove]");
      if (item) last.current = item;
      settle();
    },
    onKeyDown: (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const all = items();
      const at = all.indexOf((event.target as Element).closest<HTMLElement>("[data-rove]")!);
      if (at < 0) return;
      const next = { ArrowDown: all[at + 1], ArrowUp: all[at - 1], Home: all[0], End: all.at(-1) }[event.key];
      if (!next) return;
      event.preventDefault();
      next.focus();
    },
  };
}
