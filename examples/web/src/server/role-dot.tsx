import type { CSSProperties, ReactNode } from "react";
import { Name } from "../ui/name";

/** A role's colour beside its name. */
export function RoleDot({ color }: { color: number | null }) {
  return <span className="dot" style={color === null ? {} : { backgroundColor: hexOf(color) }} aria-hidden="true" />;
}

/** A name in the colour of a role, as light or dark as the theme needs it to be read. */
export function TintedName({ color, className = "", children }: { color: number | null | undefined; className?: string; children: string }): ReactNode {
  if (color === null || color === undefined) return <Name className={className}>{children}</Name>;
  return <span className="tint" style={{ "--tint": hexOf(color) } as CSSProperties}><Name className={className}>{children}</Name></span>;
}

export const hexOf = (color: number): string => `#${color.toString(16).padStart(6, "0")}`;
