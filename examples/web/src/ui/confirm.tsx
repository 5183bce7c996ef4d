import { t } from "../i18n";
import { Dialog } from "./dialog";
import { Problem, useAction } from "./action";

/** Asks before something that cannot be undone. */
export function Confirm({ title, text, action, onConfirm, onClose }: {
  title: string;
  text: string;
  action: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}) {
  const { run, busy, error } = useAction();
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <Problem error={error} />
      <footer>
        <button type="button" className="button" onClick={onClose} data-focus>
          {t("cancel")}
        </button>
        <button type="button" className="button danger" disabled={busy} onClick={() => run(onConfirm, onClose)}>
          {action}
        </button>
      </footer>
    </Dialog>
  );
}
