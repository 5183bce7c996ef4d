/** The trees of texts, as the SDK reads them: each is read once while its message is in view. */
import { markup, type Block, type Inline, type Markup } from "../store/objects";

const trees = new Map<string, Markup>();
const MOST = 400;

export function treeOf(text: string): Markup {
  let tree = trees.get(text);
  if (tree) return tree;
  tree = markup(text);
  if (trees.size >= MOST) trees.delete(trees.keys().next().value as string);
  trees.set(text, tree);
  return tree;
}

/** Whether a text names a user, one of these roles, or everybody. */
export function mentions(tree: Markup, user: string, roles: readonly string[]): boolean {
  return tree.blocks.some((block) => inBlock(block, user, roles));
}

function inBlock(block: Block, user: string, roles: readonly string[]): boolean {
  switch (block.type) {
    case "code":
      return false;
    case "quote":
      return block.blocks.some((inner) => inBlock(inner, user, roles));
    case "list":
      return block.items.some(({ blocks }) => blocks.some((inner) => inBlock(inner, user, roles)));
    default:
      return block.inlines.some((inline) => inInline(inline, user, roles));
  }
}

function inInline(inline: Inline, user: string, roles: readonly string[]): boolean {
  switch (inline.type) {
    case "everyone":
      return true;
    case "user":
      return inline.id === user;
    case "role":
      return roles.includes(inline.id);
    case "strong":
    case "emphasis":
    case "strike":
    case "spoiler":
      return inline.inlines.some((inner) => inInline(inner, user, roles));
    case "link":
      return inline.label.some((inner) => inInline(inner, user, roles));
    default:
      return false;
  }
}
