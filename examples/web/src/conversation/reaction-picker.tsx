import { lazy, Suspense, useRef } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Popover } from "react-aria-components/Popover";
import { t } from "../i18n";
import type { MenuPlace } from "../ui/context-menu";
import { Dialog } from "../ui/dialog";
import { PHONE } from "../ui/media";
import { Skeleton } from "../ui/skeleton";

const EmojiPicker = lazy(() => import("../emoji/picker").then(({ EmojiPicker }) => ({ default: EmojiPicker })));

/** Emoji to react with, at a point of the window or as a sheet. When it closes, the focus goes back to where it was. */
export function ReactionPicker({ place, onChoose, onClose }: { place: MenuPlace; onChoose: (emoji: string) => void; onClose: () => void }) {
  const point = useRef<HTMLSpanElement>(null);
  const picker = <Suspense fallback={<Skeleton rows={4} />}><EmojiPicker onChoose={(emoji) => { onClose(); setTimeout(() => onChoose(emoji)); }} /></Suspense>;
  if (place === "sheet") return <Dialog title={t("reaction.add")} onClose={onClose}>{picker}</Dialog>;
  return (
    <>
      <span ref={point} className="menu-point" style={{ left: place.x, top: place.y }} />
      <Popover className="popover card-popover" aria-label={t("reaction.add")} triggerRef={point} placement="bottom end" offset={2} isOpen onOpenChange={(open) => !open && onClose()}>
        <AriaDialog className="popover-card" aria-label={t("reaction.add")}>{picker}</AriaDialog>
      </Popover>
    </>
  );
}

/** Where one reacts to a message: at the end of its row, where its buttons are; on a phone from below. */
export function placeAt(message: string): MenuPlace {
  const row = document.querySelector(`[data-message="${CSS.escape(message)}"]`);
  if (!row || matchMedia(PHONE).matches) return "sheet";
  const { left, right, top } = row.getBoundingClientRect();
  const x = document.documentElement.dir === "rtl" ? left + FROM_END : right - FROM_END;
  return { x, y: Math.max(top, 0) + FROM_TOP };
}

const FROM_END = 20;
const FROM_TOP = 18;
