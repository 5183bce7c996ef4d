import type { ReactElement, ReactNode } from "react";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { Popover as AriaPopover } from "react-aria-components/Popover";

/** A small card at the button that is given as `children`; a click elsewhere or Escape closes it. */
export function Popover({ label, card, side = "start top", children }: { label: string; card: (close: () => void) => ReactNode; side?: "start top" | "end top" | "bottom end" | "top start"; children: ReactElement }) {
  return (
    <DialogTrigger>
      {children}
      <AriaPopover className="popover card-popover" placement={side} offset={8}>
        <Dialog className="popover-card" aria-label={label}>{({ close }) => <>{card(close)}</>}</Dialog>
      </AriaPopover>
    </DialogTrigger>
  );
}
