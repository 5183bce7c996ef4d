/**
 * Which other backends can be reached, as calls have shown. While a server of one that cannot is open, it is asked again
 * and again, ever less often, until it answers.
 */
import { BeepError } from "../sdk";
import { Signal } from "./signal";

/** What can be wrong with another backend. */
export const TROUBLES = ["remote_unavailable", "discovery_failure", "federation_denied", "authentication_failure", "validation_error", "remote_error"] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface Reach {
  /** What is wrong; `null` while nothing is known to be. */
  readonly trouble: Trouble | null;
  /** Whether something was wrong until just now. */
  readonly back: boolean;
}

export function isTrouble(error: BeepError): boolean {
  return troubleOf(error) !== null;
}

function troubleOf(error: BeepError): Trouble | null {
  return TROUBLES.find((trouble) => trouble === error.code) ?? null;
}

export class Remotes {
  readonly #signal = new Signal();
  readonly #reach = new Map<string, Reach>();
  readonly #looks = new Map<string, Set<() => void>>();

  /** `ask` asks the owner of a server for it; `back` hears of each backend that is there again. */
  constructor(
    private readonly ask: (server: string) => Promise<unknown>,
    private readonly back: (domain: string) => void,
  ) {}

  subscribe = this.#signal.subscribe;
  reach = (domain: string): Reach => this.#reach.get(domain) ?? FINE;

  /** How a call to a backend ended. */
  heard(domain: string, error: BeepError | null): void {
    const trouble = error && troubleOf(error);
    const before = this.reach(domain);
    if (trouble) {
      if (before.trouble !== trouble) this.#set(domain, { trouble, back: false });
    } else if (before.trouble !== null && (error === null || !saysNothing(error))) {
      this.#set(domain, { trouble: null, back: true });
      this.back(domain);
      setTimeout(() => this.reach(domain).back && this.#set(domain, FINE), BACK_MS);
    }
  }

  /** Something came from a backend: if it could not be reached, it is time to look. */
  stirred(domain: string): void {
    if (this.reach(domain).trouble !== null) for (const look of this.#looks.get(domain) ?? []) look();
  }

  /** Looks after a backend while one of its servers is open; gives the function that ends it. */
  watch(domain: string, server: string): () => void {
    let [pause, looking, over] = [FIRST_MS, false, false];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      clearTimeout(timer);
      if (looking || over) return;
      looking = true;
      // A page that nobody looks at needs to know nothing.
      if (document.visibilityState === "visible") await this.ask(server).catch(unlessOurs);
      looking = false;
      if (over) return;
      const troubled = this.reach(domain).trouble !== null;
      timer = setTimeout(() => void look(), troubled ? pause : CALM_MS);
      pause = troubled ? Math.min(pause * 2, LONGEST_MS) : FIRST_MS;
    };
    const now = () => void look();
    const looks = this.#looks.get(domain) ?? new Set();
    this.#looks.set(domain, looks.add(now));
    document.addEventListener("visibilitychange", now);
    // What opens the server asks for something itself.
    timer = setTimeout(now, this.reach(domain).trouble === null ? FIRST_MS : 0);
    return () => {
      over = true;
      clearTimeout(timer);
      looks.delete(now);
      document.removeEventListener("visibilitychange", now);
    };
  }

  #set(domain: string, reach: Reach): void {
    this.#reach.set(domain, reach);
    this.#signal.now();
  }
}

const FINE: Reach = { trouble: null, back: false };

/** Whether an error leaves open if the other backend was there: one's own may not have been. */
function saysNothing({ code }: BeepError): boolean {
  return OWN.includes(code);
}

const OWN: readonly string[] = ["transport", "decode", "configuration", "not_signed_in", "unauthenticated", "token_expired", "rate_limited", "internal", "unknown"];

function unlessOurs(error: unknown): void {
  if (!(error instanceof BeepError)) throw error;
}

/** How long the page says that a backend is there again. */
const BACK_MS = 4_000;
/** How soon one that cannot be reached is asked again, and how late at the latest. */
const FIRST_MS = 2_000;
const LONGEST_MS = 30_000;
/** How often one that was there is asked. */
const CALM_MS = 60_000;
