/** What fingers do on a message: hold it for its menu, pull it aside to answer. */
import { useRef, type PointerEvent, type TouchEvent } from "react";

const HOLD_MS = 450;
/** A finger is never quite still. */
const STILL_PX = 10;
/** So far aside a message must be pulled. */
const SWIPE_PX = 56;

export function useTouch({ onHold, maySwipe, onSwipe }: { onHold: () => void; maySwipe: () => boolean; onSwipe: () => void }) {
  const began = useRef<{ x: number; y: number; timer: ReturnType<typeof setTimeout>; swipes: boolean } | null>(null);
  /** Whether the movement was a message's own: then it opens no drawer. */
  const own = useRef(false);
  const end = (element: HTMLElement | null) => {
    if (began.current) clearTimeout(began.current.timer);
    began.current = null;
    element?.style.removeProperty("--pulled");
    element?.removeAttribute("data-pulled");
  };
  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      if (event.pointerType !== "touch" || !event.isPrimary || (event.target as Element).closest("a, button, textarea, input, pre")) return;
      own.current = false;
      const element = event.currentTarget;
      const timer = setTimeout(() => {
        end(element);
        onHold();
      }, HOLD_MS);
      began.current = { x: event.clientX, y: event.clientY, timer, swipes: false };
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const start = began.current;
      if (!start) return;
      // Towards the beginning of the line, as one reads.
      const back = document.documentElement.dir === "rtl" ? 1 : -1;
      const aside = (event.clientX - start.x) * back;
      const along = Math.abs(event.clientY - start.y);
      if (along > STILL_PX && !start.swipes) return end(event.currentTarget);
      if (Math.abs(aside) > STILL_PX) {
        clearTimeout(start.timer);
        start.swipes ||= aside > 0 && maySwipe();
      }
      if (!start.swipes) return;
      own.current = true;
      event.currentTarget.style.setProperty("--pulled", `${Math.min(aside, SWIPE_PX * 1.3) * back}px`);
      event.currentTarget.toggleAttribute("data-pulled", aside > SWIPE_PX);
    },
    onPointerUp(event: PointerEvent<HTMLElement>) {
      const pulled = began.current?.swipes === true && event.currentTarget.hasAttribute("data-pulled");
      end(event.currentTarget);
      if (pulled) onSwipe();
    },
    onTouchEnd(event: TouchEvent<HTMLElement>) {
      if (own.current) event.stopPropagation();
      own.current = false;
    },
    onPointerCancel(event: PointerEvent<HTMLElement>) {
      end(event.currentTarget);
    },
  };
}
