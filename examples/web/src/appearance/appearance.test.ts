import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { STORED, USUAL, apply, read, type Appearance } from "./appearance";

it.each([null, 3, "dark", {}, { theme: "pink", density: 7, textSize: "huge" }, { textSize: 99 }])("takes %j for the usual appearance", (value) => {
  expect(read(value)).toEqual(USUAL);
});
it("keeps what is valid", () => {
  const all: Appearance = { theme: "oled", density: "compact", motion: "reduced", textSize: 18 };
  expect(read(all)).toEqual(all);
});

/** A root element as far as appearance goes. */
function rootElement() {
  const styles = new Map<string, string>();
  const dataset: Record<string, string> = {};
  return { dataset, styles, style: { setProperty: (name: string, value: string) => void styles.set(name, value) } };
}

it.each([
  { theme: "contrast", more: false, shown: "contrast" },
  { theme: "system", more: true, shown: "contrast" },
  { theme: "system", more: false, shown: "system" },
  { theme: "dark", more: true, shown: "dark" },
] as const)("is set before the first paint as it is set afterwards: $theme, where the system wants more contrast: $more", ({ theme, more, shown }) => {
  const chosen: Appearance = { theme, density: "compact", motion: "reduced", textSize: 20 };
  const [early, late] = [rootElement(), rootElement()];
  const localStorage = { getItem: (key: string) => (key === STORED ? JSON.stringify(chosen) : null) };
  runInNewContext(readFileSync("public/appearance.js", "utf8"), { document: { documentElement: early }, localStorage, matchMedia: () => ({ matches: more }) });
  apply(chosen, late as unknown as HTMLElement, more);
  expect(early.dataset["theme"]).toBe(shown);
  expect(early.dataset).toEqual(late.dataset);
  expect(early.styles).toEqual(late.styles);
});
it("looks as usual where the storage holds nonsense", () => {
  const root = rootElement();
  const localStorage = { getItem: () => "{nonsense" };
  expect(() => runInNewContext(readFileSync("public/appearance.js", "utf8"), { document: { documentElement: root }, localStorage })).not.toThrow();
});
