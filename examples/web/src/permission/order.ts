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
  const { order, at } = put(items, moved, before);
  return climb(order.slice(0, at + 1).reverse(), order[at + 1]?.position ?? 0);
}

/** The order once the item is put there, and its place in it; nothing where there is no such item. */
function put(items: readonly Placed[], moved: string, before: string | null): { order: readonly Placed[]; at: number } {
  const item = items.find(({ id }) => id === moved);
  if (!item) return { order: [], at: 0 };
  const rest = items.filter(({ id }) => id !== moved);
  const at = before === null ? rest.length : rest.findIndex(({ id }) => id === before);
  return { order: [...rest.slice(0, at), item, ...rest.slice(at)], at };
}

/** Places the first, which was moved, above `last`, and as many of the next ones as are in the way. */
function climb(items: readonly Placed[], last: number): Placed[] {
  const changes: Placed[] = [];
  for (const [index, { id, position }] of items.entries()) {
    if (index > 0 && position > last) break;
    last += 1;
    if (position !== last) changes.push({ id, position: last });
  }
  return changes;
}
