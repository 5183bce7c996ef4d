import { useRef, useState, type MouseEvent, type PointerEvent, type ReactNode } from "react";
import { Menu as AriaMenu, MenuItem } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Separator } from "react-aria-components/Separator";
import { Dialog } from "./dialog";
import { Icon } from "./icon";
import type { MenuEntry } from "./menu";

/** Where a menu opens: at a point of the window, or as a sheet from below. */
export type MenuPlace = { readonly x: number; readonly y: number } | "sheet";

export interface ContextEntry extends MenuEntry {
  /** The key that does the same without the menu, as it is shown. */
  readonly shown?: string;
}

interface Around {
  /** What the menu is about. */
  label: string;
  entries: readonly ContextEntry[];
  onClose: () => void;
}

/** What one can do about something. When it closes, the focus goes back to where it was. */
export function ContextMenu({ place, ...around }: Around & { place: MenuPlace }) {
  return place === "sheet" ? <Sheet {...around} /> : <AtPoint {...around} place={place} />;
}

function AtPoint({ label, place, entries, onClose }: Around & { place: Exclude<MenuPlace, "sheet"> }) {
  const point = useRef<HTMLSpanElement>(null);
  return (
    <>
      <span ref={point} className="menu-point" style={{ left: place.x, top: place.y }} />
      <Popover className="popover menu-popover" aria-label={label} triggerRef={point} placement="bottom start" offset={2} isOpen onOpenChange={(open) => !open && onClose()}>
        <AriaMenu
          className="menu-list"
          aria-label={label}
          autoFocus="first"
          onAction={(id) => {
            onClose();
            // After the focus has gone back: what is done may want it.
            setTimeout(() => entries.find((entry) => entry.id === id)?.act());
          }}
        >
          {entries.flatMap((entry, index) => [
            ...(entry.parted && index > 0 ? [<Separator key={`${entry.id}-line`} className="menu-line" />] : []),
            <MenuItem key={entry.id} id={entry.id} className={entry.grave ? "menu-item grave" : "menu-item"} textValue={entry.label}>
              <span>{entry.icon && <Icon name={entry.icon} small />} {entry.label}</span>
              {entry.shown && <kbd aria-hidden="true">{entry.shown}</kbd>}
            </MenuItem>,
          ])}
        </AriaMenu>
      </Popover>
    </>
  );
}

/** The same for fingers. What opened it may be under the finger still, so the first release does nothing. */
function Sheet({ label, entries, onClose }: Around) {
  const [opened] = useState(() => Date.now());
  return (
    <Dialog title={label} onClose={onClose}>
      <ul className="sheet-list">
        {entries.map((entry) => (
          <li key={entry.id}>
            <button
              type="button"
              className={entry.grave ? "sheet-item grave" : "sheet-item"}
              onClick={() => {
                if (Date.now() - opened < RELEASE_MS) return;
                onClose();
                setTimeout(entry.act);
              }}
            >
              {entry.icon && <Icon name={entry.icon} />} <span>{entry.label}</span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/**
 * The menu of a row with one link or button in it: by the right button of the mouse, the key for menus, or a finger that
 * stays. `around` belongs on the row.
 */
export function useContextMenu(label: string, entries: readonly ContextEntry[]): { around: object; menu: ReactNode } {
  const [place, setPlace] = useState<MenuPlace | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const release = () => clearTimeout(timer.current);
  const around = {
    onContextMenu(event: MouseEvent<HTMLElement>) {
      if (!isOn(event)) return;
      event.preventDefault();
      if (matchMedia("(hover: none)").matches) return setPlace("sheet");
      const row = event.currentTarget;
      if (!row.contains(document.activeElement)) row.querySelector<HTMLElement>("a, button")?.focus({ preventScroll: true });
      const { left, bottom } = row.getBoundingClientRect();
      setPlace(event.clientX === 0 && event.clientY === 0 ? { x: left, y: bottom } : { x: event.clientX, y: event.clientY });
    },
    // Not every phone says that a finger stays. Buttons keep their events from what is around them.
    onPointerDownCapture(event: PointerEvent<HTMLElement>) {
      if (event.pointerType === "touch" && event.isPrimary && isOn(event)) timer.current = setTimeout(() => setPlace("sheet"), HOLD_MS);
    },
    onPointerUpCapture: release,
    onPointerMoveCapture(event: PointerEvent<HTMLElement>) {
      if (Math.hypot(event.movementX, event.movementY) > STILL_PX) release();
    },
    onPointerCancelCapture: release,
    /** What a finger that stayed presses in the end is not meant. */
    onClickCapture(event: MouseEvent<HTMLElement>) {
      if (place !== "sheet" || !isOn(event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
  return { around, menu: place !== null && <ContextMenu label={label} place={place} entries={entries} onClose={() => setPlace(null)} /> };
}

/** Whether it happened on the row itself, and not in a dialog that only belongs to it. */
function isOn({ currentTarget, target }: { currentTarget: Node; target: EventTarget }): boolean {
  return currentTarget.contains(target as Node);
}

const HOLD_MS = 500;
/** A finger is never quite still. */
const STILL_PX = 4;
const RELEASE_MS = 350;
