/** How far somebody is with signing up, for as long as the tab is open: a reload or another language loses nothing. */
const STORED = "beep.step";
const KNOWN = "beep.known";

export type Step = { readonly at: "login" } | { readonly at: "register" } | { readonly at: "activate"; readonly email: string; readonly sent: number; readonly wrong: number };

export function storedStep(): Step | null {
  try {
    const step = JSON.parse(sessionStorage.getItem(STORED) ?? "null") as Partial<Extract<Step, { at: "activate" }>> | null;
    if (step?.at !== "activate" || typeof step.email !== "string") return null;
    return { at: "activate", email: step.email, sent: Number(step.sent) || 0, wrong: Number(step.wrong) || 0 };
  } catch {
    return null;
  }
}

export function keepStep(step: Step): void {
  try {
    if (step.at === "activate") sessionStorage.setItem(STORED, JSON.stringify(step));
    else sessionStorage.removeItem(STORED);
  } catch {
    // Then a reload begins anew.
  }
}

/** Whether somebody was signed in here before: then the first form is the one to log in. */
export function wasHere(): boolean {
  try {
    return localStorage.getItem(KNOWN) !== null;
  } catch {
    return false;
  }
}

/** Somebody is signed in now. */
export function arrived(): void {
  try {
    localStorage.setItem(KNOWN, "yes");
    sessionStorage.removeItem(STORED);
  } catch {
    // Then the first form is the one to sign up.
  }
}
