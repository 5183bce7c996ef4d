/** What keeps foreign names from changing how the text around them reads. */

/** Characters that set a direction beyond their own text, and line and paragraph separators. */
const CONTROLS = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/g;
const BREAKS = /[\u2028\u2029\u0085\n\r\t]+/g;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A name on one line, without what could reach beyond it. */
export function plain(name: string): string {
  return name.replace(CONTROLS, "").replace(BREAKS, " ");
}

/** A name for a sentence of plain text: isolated (FSI … PDI) where it could change how the sentence reads. */
export function isolated(name: string, direction: "ltr" | "rtl"): string {
  const text = plain(name);
  return direction === "ltr" && !RIGHT_TO_LEFT.test(text) ? text : `\u2068${text}\u2069`;
}
