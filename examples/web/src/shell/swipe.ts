/** A finger that is drawn across the page opens and shuts what lies beside it. */
import { useEffect, useRef } from "react";
import { direction } from "../i18n";

/** Calls with the direction in which the reader goes: `back` towards the beginning of a line, where the channels are. */
export function useSwipe(swiped: (way: "back" | "forth") => void): void {
  const now = useRef(swiped);
  now.current = swiped;
  useEffect(() => {
    let from: { x: number; y: number } | null = null;
    const start = (event: TouchEvent) => {
      const touch = event.touches.length === 1 ? event.touches[0] : undefined;
      from = touch && !isOwn(event.target) ? { x: touch.clientX, y: touch.clientY } : null;
    };
    const end = (event: TouchEvent) => {
      const touch = event.changedTouches[0];
      if (!from || !touch) return;
      const [across, down] = [touch.clientX - from.x, touch.clientY - from.y];
      from = null;
      // Whoever selects text draws across the page as well.
      if (getSelection()?.isCollapsed !== false && Math.abs(across) > FAR && Math.abs(across) > 2 * Math.abs(down)) now.current(across > 0 === (direction === "ltr") ? "back" : "forth");
    };
    addEventListener("touchstart", start, { passive: true });
    addEventListener("touchend", end, { passive: true });
    return () => {
      removeEventListener("touchstart", start);
      removeEventListener("touchend", end);
    };
  }, []);
}

/** Whether what is touched uses the movement itself: what scrolls sideways, text, and what lies over the page. */
function isOwn(target: EventTarget | null): boolean {
  for (let one = target instanceof Element ? target : null; one; one = one.parentElement) {
    if (one.matches("input, textarea, [role=dialog], [role=slider], .popover")) return true;
    if (one.scrollWidth > one.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(one).overflowX)) return true;
  }
  return false;
}

/** How far a finger goes, in pixels. */
const FAR = 56;
