/** How far somebody is with signing up, with a new password or with leaving for good, for as long as the tab is open: a reload or another language loses nothing. */
import { read, readJson, write } from "../store/device";

const STORED = "beep.step";
const KNOWN = "beep.known";

export type Step =
  /** `after`: what was done before, which is said there. */
  | { readonly at: "login"; readonly after?: "reset" | "deleted" }
  | { readonly at: "register" }
  | { readonly at: "forgot"; readonly email: string; readonly sent: number }
  | { readonly at: "activate"; readonly email: string; readonly sent: number; readonly wrong: number };

export function storedStep(): Step | null {
  const step = readJson(STORED, "sessionStorage") as { at?: unknown; after?: unknown; email?: unknown; sent?: unknown; wrong?: unknown } | null;
  if (step?.at === "login" && step.after === "deleted") return { at: "login", after: "deleted" };
  if (typeof step?.email !== "string") return null;
  const { at, email } = step;
  const sent = Number(step.sent) || 0;
  if (at === "forgot") return { at, email, sent };
  return at === "activate" ? { at, email, sent, wrong: Number(step.wrong) || 0 } : null;
}

export function keepStep(step: Step): void {
  const stays = step.at === "activate" || step.at === "forgot" || (step.at === "login" && step.after === "deleted");
  write(STORED, stays ? JSON.stringify(step) : null, "sessionStorage");
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
