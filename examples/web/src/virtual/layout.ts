/** The arithmetic of a list of which only the part in view is in the page. Heights are pixels; rows have keys. */

/** Where each row begins, and at the end where the last one ends. */
export function offsetsOf(keys: readonly string[], heightOf: (key: string) => number): Float64Array {
  const offsets = new Float64Array(keys.length + 1);
  keys.forEach((key, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + heightOf(key);
  });
  return offsets;
}

/** The row that a point lies in; the first or last one for a point outside. */
export function rowAt(offsets: Float64Array, y: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Rows from `start` up to but without `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The rows to draw: those in view, and as much again as `overscan` pixels on both sides. */
export function rangeAt(offsets: Float64Array, top: number, height: number, overscan: number): Range {
  const count = offsets.length - 1;
  if (count <= 0) return { start: 0, end: 0 };
  return { start: rowAt(offsets, top - overscan), end: Math.min(count, rowAt(offsets, top + height + overscan) + 1) };
}

/**
 * A place in the list: its end, or the end of a row and how far that is below the view's top. Not the row's beginning: the
 * day's line and the name that a row begins with go when others come before it.
 */
export type Anchor = "end" | { readonly key: string; readonly below: number };

/** Where a view stands: at the end if that is in view, else by its first row. */
export function anchorAt(keys: readonly string[], offsets: Float64Array, top: number, height: number): Anchor {
  const total = offsets.at(-1) ?? 0;
  if (keys.length === 0 || top + height >= total - NEAR) return "end";
  const row = rowAt(offsets, top);
  return { key: keys[row] ?? "", below: (offsets[row + 1] ?? 0) - top };
}

/** Where a view must stand to be at a place; at the end if the row is gone. */
export function topOf(anchor: Anchor, keys: readonly string[], offsets: Float64Array, height: number): number {
  const end = Math.max(0, (offsets.at(-1) ?? 0) - height);
  if (anchor === "end") return end;
  const row = keys.lastIndexOf(anchor.key);
  return row === -1 ? end : Math.min(end, (offsets[row + 1] ?? 0) - anchor.below);
}

/** Nearer to the end than this counts as being there. */
const NEAR = 24;

/**
 * How far the rows stand below where their heights say. While the browser scrolls by itself, nobody else may: what is
 * above the view grows and shrinks, and the rows stay, each time a little further from where they should be. When the
 * browser is done, the list is put right in one step that nobody sees.
 */
export interface Pin {
  readonly key: string;
  /** Where the end of the row stands in the list, in pixels. */
  readonly at: number;
}

/** The shift that keeps a pinned row where it is; the same as before if the row is gone. */
export function shiftOf(pin: Pin | null, keys: readonly string[], offsets: Float64Array, before: number): number {
  const row = pin === null ? -1 : keys.lastIndexOf(pin.key);
  return pin === null || row === -1 ? before : pin.at - (offsets[row + 1] ?? 0);
}
