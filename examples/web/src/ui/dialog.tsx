import { useEffect, useRef, type ReactNode } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { t } from "../i18n";
import { useCover } from "./cover";
import { IconButton } from "./icon-button";

/**
 * A modal dialog; on a phone a sheet from below. It keeps the focus inside and gives it back when it closes. What is
 * marked `data-focus` has it first.
 */
export function Dialog({ title, onClose, children, wide, alert }: { title: ReactNode; onClose: () => void; children: ReactNode; wide?: boolean; alert?: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  useCover(onClose);
  useEffect(() => {
    box.current?.querySelector<HTMLElement>("[data-focus]")?.focus();
  }, []);
  return (
    <ModalOverlay className="scrim modal" isOpen isDismissable={!alert} onOpenChange={(open) => !open && onClose()}>
      <Modal className={wide ? "sheet wide" : "sheet"}>
        <AriaDialog className="dialog" role={alert ? "alertdialog" : "dialog"}>
          <div ref={box} className="dialog-box">
            <header>
              <Heading slot="title" level={2}>{title}</Heading>
              <IconButton icon="close" label={t("close")} onPress={onClose} />
            </header>
            {children}
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
