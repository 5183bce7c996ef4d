/** How far somebody is with signing up or with a new password, for as long as the tab is open: a reload or another language loses nothing. */
import { read, readJson, write } from "../store/device";

const STORED = "beep.step";
const KNOWN = "beep.known";

export type Step =
  /** `reset`: after a new password was chosen. */
  | { readonly at: "login"; readonly reset?: boolean }
  | { readonly at: "register" }
  | { readonly at: "forgot"; readonly email: string; readonly sent: number }
  | { readonly at: "activate"; readonly email: string; readonly sent: number; readonly wrong: number };

export function storedStep(): Step | null {
  const step = readJson(STORED, "sessionStorage") as { at?: unknown; email?: unknown; sent?: unknown; wrong?: unknown } | null;
  if (typeof step?.email !== "string") return null;
  const { at, email } = step;
  const sent = Number(step.sent) || 0;
  if (at === "forgot") return { at, email, sent };
  return at === "activate" ? { at, email, sent, wrong: Number(step.wrong) || 0 } : null;
}

export function keepStep(step: Step): void {
  write(STORED, step.at === "activate" || step.at === "forgot" ? JSON.stringify(step) : null, "sessionStorage");
}

/** Whether somebody was signed in here before: then the first form is the one to log in. */
export function wasHere(): boolean {
  return read(KNOWN) !== null;
}

/** Somebody is signed in now. */
export function arrived(): void {
  write(KNOWN, "yes");
  write(STORED, null, "sessionStorage");
}
