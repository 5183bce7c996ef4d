/**
 * Browsers that translate a page, and extensions, put elements around texts or other texts in their place. React, which
 * knows where it put each node, would throw when it takes one away, and the page would break.
 */
export function tolerateForeignElements(node: Pick<Node, "removeChild" | "insertBefore"> = Node.prototype): void {
  const { removeChild, insertBefore } = node;
  node.removeChild = function <Child extends Node>(this: Node, child: Child): Child {
    // What was put around it goes with it. What was taken out already is gone.
    const within = child.parentNode === this ? child : holderOf(this, child);
    if (within) removeChild.call(this, within);
    return child;
  };
  node.insertBefore = function <Child extends Node>(this: Node, child: Child, before: Node | null): Child {
    const within = before === null || before.parentNode === this ? before : holderOf(this, before);
    insertBefore.call(this, child, within);
    return child;
  };
}

/** The child of a node that holds another node somewhere; `null` if none does. */
function holderOf(parent: Node, inner: Node): Node | null {
  for (let one: Node | null = inner; one; one = one.parentNode) if (one.parentNode === parent) return one;
  return null;
}
