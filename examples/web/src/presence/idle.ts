/**
 * Away for a while: who gives no input on this device is seen as idle, and as there again with the next. Whoever chose to be
 * idle stays so; what another device did by itself is undone by input here, as one cannot be away and at this device.
 */
import { read, write } from "../store/device";
import type { Presence } from "../sdk";

interface Around {
  readonly user: string;
  /** How one is seen now. */
  status(): Presence["status"];
  put(status: "online" | "idle"): Promise<unknown>;
}

export class Idle {
  #last = Date.now();
  /** Whether this pause was told: once, however often another device says otherwise. */
  #told = false;
  #putting = false;
  #free: (() => void) | null = null;

  constructor(
    private readonly around: Around,
    private readonly page: Pick<EventTarget, "addEventListener" | "removeEventListener"> = globalThis,
  ) {}

  start(): void {
    const input = () => this.#input();
    const timer = setInterval(() => this.#look(), LOOK_MS);
    for (const name of INPUTS) this.page.addEventListener?.(name, input, { capture: true, passive: true });
    this.#free = () => {
      clearInterval(timer);
      for (const name of INPUTS) this.page.removeEventListener?.(name, input, { capture: true });
    };
  }

  stop(): void {
    this.#free?.();
    this.#free = null;
  }

  #input(): void {
    const now = Date.now();
    if (now - this.#last < APART_MS && !this.#told) return;
    this.#last = now;
    this.#told = false;
    write(INPUT, String(now));
    if (this.around.status() === "idle" && read(CHOSEN) !== this.around.user) this.#put("online");
  }

  #look(): void {
    // Whoever writes in another tab is not away.
    const last = Math.max(this.#last, Number(read(INPUT)) || 0);
    if (this.#told || Date.now() - last < IDLE_MS || this.around.status() !== "online") return;
    this.#told = true;
    this.#put("idle");
  }

  #put(status: "online" | "idle"): void {
    if (this.#putting) return;
    this.#putting = true;
    this.around.put(status).catch(() => {
      // Without the backend nobody sees it; the next look or input tries again.
      this.#told = false;
    }).finally(() => {
      this.#putting = false;
    });
  }
}

/** Notes whether somebody chose to be idle here, which no input ends. */
export function choseIdle(user: string, chosen: boolean): void {
  write(CHOSEN, chosen ? user : null);
}

const INPUT = "beep.input";
const CHOSEN = "beep.idle";
const INPUTS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;
export const IDLE_MS = 10 * 60_000;
const LOOK_MS = 30_000;
/** A mouse that moves tells so very often. */
const APART_MS = 1_000;
