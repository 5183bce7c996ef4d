import { useLayoutEffect, useRef } from "react";

/** A role's colour beside its name: on the name itself it could not be relied on to be readable. */
export function RoleDot({ color }: { color: number | null }) {
  const dot = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (color === null) dot.current?.style.removeProperty("background-color");
    else dot.current?.style.setProperty("background-color", `#${color.toString(16).padStart(6, "0")}`);
  }, [color]);
  return <span ref={dot} className="dot" aria-hidden="true" />;
}
