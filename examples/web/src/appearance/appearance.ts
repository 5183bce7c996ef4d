/** How the page looks on this device: stored here, applied to the document. `public/appearance.js` does so before the first paint. */
import { onOtherTab, readJson, write } from "../store/device";
import { Signal } from "../store/signal";

export const THEMES = ["system", "light", "dark", "oled", "contrast"] as const;
export const DENSITIES = ["cosy", "compact"] as const;
export const MOTIONS = ["system", "reduced"] as const;
/** The sizes of text that one can choose, in pixels at the browser's usual size. */
export const TEXT_SIZES = { least: 12, usual: 15, most: 20 } as const;

export interface Appearance {
  readonly theme: (typeof THEMES)[number];
  readonly density: (typeof DENSITIES)[number];
  readonly motion: (typeof MOTIONS)[number];
  readonly textSize: number;
}

export const USUAL: Appearance = { theme: "system", density: "cosy", motion: "system", textSize: TEXT_SIZES.usual };
export const STORED = "beep.appearance";

const signal = new Signal();
let current = read(readJson(STORED));

export const subscribe = signal.subscribe;
export const appearance = (): Appearance => current;

// What was changed in another tab holds in this one too.
onOtherTab(STORED, () => {
  current = read(readJson(STORED));
  apply(current, document.documentElement);
  signal.now();
});

/** Takes a change, and keeps it where the device lets one. */
export function change(part: Partial<Appearance>): void {
  current = read({ ...current, ...part });
  write(STORED, JSON.stringify(current));
  apply(current, document.documentElement);
  signal.now();
}

// Whoever tells the system that they need more contrast gets it, unless they chose a theme here.
const contrast = globalThis.matchMedia?.("(prefers-contrast: more)");
contrast?.addEventListener("change", () => apply(current, document.documentElement));

export function apply({ theme, density, motion, textSize }: Appearance, root: HTMLElement, more = contrast?.matches ?? false): void {
  root.dataset["theme"] = theme === "system" && more ? "contrast" : theme;
  root.dataset["density"] = density;
  root.dataset["motion"] = motion;
  root.style.setProperty("--text-scale", String(textSize / TEXT_SIZES.usual));
}

/** Makes an appearance of whatever is stored. */
export function read(value: unknown): Appearance {
  const given = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const one = <Value extends string>(of: readonly Value[], name: string): Value => of.find((known) => known === given[name]) ?? of[0]!;
  const size = Number(given["textSize"]);
  return {
    theme: one(THEMES, "theme"),
    density: one(DENSITIES, "density"),
    motion: one(MOTIONS, "motion"),
    textSize: size >= TEXT_SIZES.least && size <= TEXT_SIZES.most ? Math.round(size) : TEXT_SIZES.usual,
  };
}
