import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon";

/** Why nothing is here, and what one can do about it. */
export function EmptyState({ icon, title, level = 1, children }: { icon: IconName; title: ReactNode; level?: 1 | 2 | 3; children?: ReactNode }) {
  const Heading = `h${level}` as const;
  return (
    <div className="empty">
      <span className="empty-mark"><Icon name={icon} /></span>
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}
