import { useState, type KeyboardEvent, type ReactNode } from "react";
import { t } from "../i18n";

/** Hidden until somebody wants to see it; a screen reader does not read it before either. */
export function Spoiler({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState(false);
  if (shown) return <span className="spoiler" data-shown>{children}</span>;
  const show = () => setShown(true);
  return (
    <span
      className="spoiler"
      role="button"
      tabIndex={0}
      aria-label={t("spoiler.show")}
      onClick={show}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        show();
      }}
    >
      <span aria-hidden="true" inert>{children}</span>
    </span>
  );
}
