import { createContext, useContext, type ReactNode } from "react";

/** The level of the heading of a form: the page's own, or below that of what stands beside it. */
export const FormLevel = createContext<"h1" | "h2">("h1");

export function FormTitle({ children }: { children: ReactNode }) {
  const Level = useContext(FormLevel);
  return <Level className="form-title">{children}</Level>;
}
