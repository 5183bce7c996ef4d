import { useContext, type ReactElement, type ReactNode } from "react";
import { Dialog, DialogTrigger, OverlayTriggerStateContext } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { Popover as AriaPopover } from "react-aria-components/Popover";
import { useCover } from "./cover";
import { PHONE, useMedia } from "./media";

/** A small card at the button that is given as `children`, on a phone a sheet from below; a click elsewhere or Escape closes it. */
export function Popover({ label, card, side = "start top", children }: { label: string; card: (close: () => void) => ReactNode; side?: "start top" | "end top" | "bottom start" | "bottom end" | "top start"; children: ReactElement }) {
  const phone = useMedia(PHONE);
  const dialog = <Dialog className="popover-card" aria-label={label}>{({ close }) => <>{card(close)}</>}</Dialog>;
  return (
    <DialogTrigger>
      {children}
      {phone ? (
        <ModalOverlay className="scrim modal" isDismissable><Modal className="sheet"><Covering>{dialog}</Covering></Modal></ModalOverlay>
      ) : (
        <AriaPopover className="popover card-popover" placement={side} offset={8}>{dialog}</AriaPopover>
      )}
    </DialogTrigger>
  );
}

function Covering({ children }: { children: ReactNode }) {
  const state = useContext(OverlayTriggerStateContext);
  useCover(() => state?.close());
  return children;
}
