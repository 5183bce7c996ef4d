import { useRef, useState } from "react";
import { Menu as AriaMenu, MenuItem } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Separator } from "react-aria-components/Separator";
import { t } from "../i18n";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import type { ActionEntry } from "./message-actions";

/** Where a menu opens: at a point of the window, or as a sheet from below. */
export type MenuPlace = { readonly x: number; readonly y: number } | "sheet";

/** What one can do about a message. When it closes, the focus goes back to where it was. */
export function MessageMenu({ place, entries, onClose }: { place: MenuPlace; entries: readonly ActionEntry[]; onClose: () => void }) {
  return place === "sheet" ? <Sheet entries={entries} onClose={onClose} /> : <AtPoint place={place} entries={entries} onClose={onClose} />;
}

function AtPoint({ place, entries, onClose }: { place: Exclude<MenuPlace, "sheet">; entries: readonly ActionEntry[]; onClose: () => void }) {
  const point = useRef<HTMLSpanElement>(null);
  return (
    <>
      <span ref={point} className="menu-point" style={{ left: place.x, top: place.y }} />
      <Popover className="popover menu-popover" aria-label={t("message.actions")} triggerRef={point} placement="bottom start" offset={2} isOpen onOpenChange={(open) => !open && onClose()}>
        <AriaMenu
          className="menu-list"
          aria-label={t("message.actions")}
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
function Sheet({ entries, onClose }: { entries: readonly ActionEntry[]; onClose: () => void }) {
  const [opened] = useState(() => Date.now());
  return (
    <Dialog title={t("message.actions")} onClose={onClose}>
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

const RELEASE_MS = 350;
