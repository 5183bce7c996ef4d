/** How somebody wants to be told, on this device and for all channels. */
import { onOtherTab, readJson, write } from "./device";
import { Signal } from "./signal";

export interface Notices {
  /** Whether mentions are told by notifications while one looks elsewhere; `null` until somebody chose. */
  readonly mentions: boolean | null;
  /** Whether they sound. */
  readonly sound: boolean;
  /** Whether the title and the icons count what is unread. */
  readonly count: boolean;
}

export const USUAL: Notices = { mentions: null, sound: false, count: true };
const STORED = "beep.notices";

const signal = new Signal();
let current: Notices | null = null;

export const subscribe = signal.subscribe;
export const notices = (): Notices => (current ??= read(readJson(STORED)));

/** Takes a change, and keeps it where the device lets one. */
export function change(part: Partial<Notices>): void {
  current = { ...notices(), ...part };
  write(STORED, JSON.stringify(current));
  signal.now();
}

/** Looks again at what is stored, which another tab may have changed. */
export function reread(): void {
  current = null;
  signal.now();
}

/** Makes choices of whatever is stored. */
export function read(value: unknown): Notices {
  const given = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const { mentions, sound, count } = given;
  return {
    mentions: typeof mentions === "boolean" ? mentions : USUAL.mentions,
    sound: typeof sound === "boolean" ? sound : USUAL.sound,
    count: typeof count === "boolean" ? count : USUAL.count,
  };
}

onOtherTab(STORED, reread);
