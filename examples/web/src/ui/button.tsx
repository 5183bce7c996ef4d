import type { ComponentProps, Ref } from "react";
import { Icon, type IconName } from "./icon";

type Look = "plain" | "primary" | "danger" | "quiet";

/**
 * A button with words. While it is busy it keeps the focus and does nothing, which `disabled` would take away.
 */
export function Button({ look = "plain", icon, busy = false, className, children, onClick, type = "button", ...rest }: ComponentProps<"button"> & { look?: Look; icon?: IconName; busy?: boolean; ref?: Ref<HTMLButtonElement> }) {
  return (
    <button
      type={type}
      className={["button", look, className].filter(Boolean).join(" ")}
      aria-disabled={busy || undefined}
      data-busy={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    >
      {icon && <Icon name={icon} small />}
      {children}
    </button>
  );
}
