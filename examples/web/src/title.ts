/** The title of the page: what is open, and how much waits for one. */
import { useEffect } from "react";
import { plain } from "./ui/bidi";

let parts: readonly string[] = [];
let waiting = 0;

/** Names the page while a component is there; names are put on one line. */
export function useTitle(...names: readonly string[]): void {
  const joined = names.join("\u0000");
  useEffect(() => {
    parts = joined.split("\u0000").filter((name) => name !== "").map(plain);
    write();
  }, [joined]);
}

/** How many things wait for the person; whoever counts them says so here. */
export function setWaiting(count: number): void {
  waiting = count;
  write();
}

function write(): void {
  document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${parts.length === 0 ? "Beep" : `${parts.join(" · ")} – Beep`}`;
}
