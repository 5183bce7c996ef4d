import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { Icon, type IconName } from "./icon";
import { Tip } from "./tooltip";

/** A button that is only a picture. What it does is said at once when it is pointed at or focused. */
export function IconButton({ icon, label, small, tip = label, side = "top", children, className, ...rest }: Omit<AriaButtonProps, "children" | "className"> & {
  icon: IconName;
  label: string;
  small?: boolean;
  tip?: ReactNode;
  side?: "top" | "bottom" | "end";
  /** Stands over the picture: a number, say. */
  children?: ReactNode;
  className?: string;
}) {
  return (
    <Tip text={tip} side={side}>
      <AriaButton className={["icon-button", small && "small", className].filter(Boolean).join(" ")} aria-label={label} {...rest}>
        <Icon name={icon} small={small ?? false} />
        {children}
      </AriaButton>
    </Tip>
  );
}
