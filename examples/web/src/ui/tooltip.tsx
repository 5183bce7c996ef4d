import type { ReactElement, ReactNode } from "react";
import { Focusable } from "react-aria-components/Focusable";
import { Tooltip, TooltipTrigger } from "react-aria-components/Tooltip";

/** Says at once what the button inside of it does; Escape takes it away. */
export function Tip({ text, side = "top", children }: { text: ReactNode; side?: "top" | "bottom" | "end"; children: ReactElement }) {
  return (
    <TooltipTrigger delay={100} closeDelay={0}>
      {children}
      <Tooltip className="tooltip" placement={side} offset={6}>{text}</Tooltip>
    </TooltipTrigger>
  );
}

/** The same around what is no button of ours, a link say. */
export function TipAround({ children, ...rest }: { text: ReactNode; side?: "top" | "bottom" | "end"; children: ReactElement<Record<string, unknown>, string> }) {
  return <Tip {...rest}><Focusable>{children}</Focusable></Tip>;
}
