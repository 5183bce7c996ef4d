import type { ReactElement, ReactNode } from "react";
import { Menu as AriaMenu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Separator } from "react-aria-components/Separator";
import { Icon, type IconName } from "./icon";

export interface MenuEntry {
  readonly id: string;
  readonly label: string;
  readonly icon?: IconName;
  readonly grave?: boolean;
  /** Whether a line parts it from what is above. */
  readonly parted?: boolean;
  readonly act: () => void;
}

/** A menu at the button that is given as `children`. */
export function Menu({ label, entries, side = "bottom start", children }: {
  label: string;
  entries: readonly MenuEntry[];
  side?: "bottom start" | "bottom end" | "top start" | "end top";
  children: ReactElement;
}) {
  return (
    <MenuTrigger>
      {children}
      <Popover className="popover menu-popover" placement={side} offset={4}>
        <AriaMenu className="menu-list" aria-label={label} onAction={(id) => entries.find((entry) => entry.id === id)?.act()}>
          {entries.flatMap((entry) => [
            ...(entry.parted ? [<Separator key={`${entry.id}-line`} className="menu-line" />] : []),
            <MenuItem key={entry.id} id={entry.id} className={entry.grave ? "menu-item grave" : "menu-item"} textValue={entry.label}>
              <Label>{entry.label}</Label>
              {entry.icon && <Icon name={entry.icon} small />}
            </MenuItem>,
          ])}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}

function Label({ children }: { children: ReactNode }) {
  return <span>{children}</span>;
}
