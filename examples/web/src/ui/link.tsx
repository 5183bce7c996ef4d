import type { ComponentProps, Ref } from "react";
import { navigate } from "../router";

/** A link inside of the client; with a modifier key it is an ordinary one. */
export function Link({ href, onClick, ...rest }: ComponentProps<"a"> & { href: string; ref?: Ref<HTMLAnchorElement> }) {
  return (
    <a
      href={href}
      onClick={(event) => {
        onClick?.(event);
        if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(href);
      }}
      {...rest}
    />
  );
}
