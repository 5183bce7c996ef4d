/** How far somebody is with signing up, for as long as the tab is open: a reload or another language loses nothing. */
import { read, readJson, write } from "../store/device";

const STORED = "beep.step";
const KNOWN = "beep.known";

export type Step = { readonly at: "login" } | { readonly at: "register" } | { readonly at: "activate"; readonly email: string; readonly sent: number; readonly wrong: number };

export function storedStep(): Step | null {
  const step = readJson(STORED, "sessionStorage") as Partial<Extract<Step, { at: "activate" }>> | null;
  if (step?.at !== "activate" || typeof step.email !== "string") return null;
  return { at: "activate", email: step.email, sent: Number(step.sent) || 0, wrong: Number(step.wrong) || 0 };
}

export function keepStep(step: Step): void {
  write(STORED, step.at === "activate" ? JSON.stringify(step) : null, "sessionStorage");
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
