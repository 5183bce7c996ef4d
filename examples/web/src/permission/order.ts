/** Places for things that are put into an order by whole numbers. */

export interface Placed {
  readonly id: string;
  readonly position: number;
}

/**
 * The new positions after one item is put before another (or at the end), given in the order in which they are listed,
 * positions falling. As few as possible change: the moved one if there is room, else it and those above that are in its way.
 */
export function movedDown(items: readonly Placed[], moved: string, before: string | null): Placed[] {
  const item = items.find(({ id }) => id === moved);
  const rest = items.filter(({ id }) => id !== moved);
  if (!item) return [];
  const at = before === null ? rest.length : rest.findIndex(({ id }) => id === before);
  const order = [...rest.slice(0, at), item, ...rest.slice(at)];
  const changes: Placed[] = [];
  let last = order[at + 1]?.position ?? 0;
  for (let index = at; index >= 0; index -= 1) {
    const one = order[index]!;
    const keeps = one.id !== moved && one.position > last;
    if (keeps) break;
    last += 1;
    if (one.position !== last) changes.push({ id: one.id, position: last });
  }
  return changes;
}

/** The same for a list whose positions rise. */
export function movedUp(items: readonly Placed[], moved: string, before: string | null): Placed[] {
  const item = items.find(({ id }) => id === moved);
  const rest = items.filter(({ id }) => id !== moved);
  if (!item) return [];
  const at = before === null ? rest.length : rest.findIndex(({ id }) => id === before);
  const order = [...rest.slice(0, at), item, ...rest.slice(at)];
  const changes: Placed[] = [];
  let last = order[at - 1]?.position ?? -1;
  for (const one of order.slice(at)) {
    if (one.id !== moved && one.position > last) break;
    last += 1;
    if (one.position !== last) changes.push({ id: one.id, position: last });
  }
  return changes;
}
