/** Where channels and categories go when one of them is moved in the list of both. */

/** A channel or category of the list, in which the channels of a category follow it. */
export interface Item {
  readonly id: string;
  readonly kind: string;
  readonly parent_id: string | null;
  readonly position: number;
}

/** Where one is to be. */
export interface Place {
  readonly id: string;
  readonly parent_id: string | null;
  readonly position: number;
}

/**
 * The places that change when one is put before another, or at the end. A channel goes into the category below which it is put, and
 * a category takes its channels along. As few as possible change.
 */
export function places(items: readonly Item[], moved: string, before: string | null): Place[] {
  const item = items.find(({ id }) => id === moved);
  if (!item || before === moved) return [];
  const goes = (one: Item) => one.id === moved || (item.kind === "category" && one.parent_id === moved);
  const rest = items.filter((one) => !goes(one));
  const at = before === null ? -1 : rest.findIndex(({ id }) => id === before);
  const end = at < 0 ? rest.length : at;
  const order = [...rest.slice(0, end), ...items.filter(goes), ...rest.slice(end)];
  const changes: Place[] = [];
  const last = { alone: -1, category: -1, inside: -1 };
  let category: string | null = null;
  for (const { id, kind, parent_id, position } of order) {
    const parent = kind === "category" ? null : category;
    if (kind === "category") {
      category = id;
      last.inside = -1;
    }
    const among = kind === "category" ? "category" : parent === null ? "alone" : "inside";
    const to = position > last[among] ? position : last[among] + 1;
    last[among] = to;
    if (to !== position || parent !== parent_id) changes.push({ id, parent_id: parent, position: to });
  }
  return changes;
}
