/** What a role gives: how each permission comes to somebody who has it and no other. */
import type { Role } from "../sdk";
import type { Because } from "./because";

/**
 * The role itself, its being an administrator's, `everyone`, another permission, or an override gives it; an override takes
 * it; or nothing gives it.
 */
export const HOW = ["own", "administrator", "everyone", "implied", "allowed", "denied", "none"] as const;
export type How = (typeof HOW)[number];

/** `inServer`: whether no override can have a say. The engine names `everyone` first; here what the role itself has counts first. */
export function howOf(role: Pick<Role, "id" | "everyone" | "permissions">, { permission, granted_by, denied_by }: Because, inServer: boolean): How {
  if (granted_by === undefined) return denied_by?.startsWith("override:") ? "denied" : "none";
  if (granted_by.startsWith("override:")) return "allowed";
  if (granted_by.startsWith("implied:")) return "implied";
  const has = role.permissions.some((one) => one === permission);
  if (granted_by === `role:${role.id}`) return has ? "own" : "administrator";
  return has && inServer ? "own" : "everyone";
}

export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** Where a key leads in a grid of so many rows and columns, the first ones of which are headings; `null` if it leads nowhere. */
export function moved({ row, column }: Cell, { key, ctrlKey }: { key: string; ctrlKey: boolean }, size: { rows: number; columns: number }, isRtl: boolean): Cell | null {
  const [lastRow, lastColumn] = [size.rows - 1, size.columns - 1];
  const forwards = isRtl ? "ArrowLeft" : "ArrowRight";
  const to = (() => {
    switch (key) {
      case "ArrowUp":
        return { row: row - 1, column };
      case "ArrowDown":
        return { row: row + 1, column };
      case "ArrowLeft":
      case "ArrowRight":
        return { row, column: column + (key === forwards ? 1 : -1) };
      case "Home":
        return { row: ctrlKey ? 1 : row, column: 1 };
      case "End":
        return { row: ctrlKey ? lastRow : row, column: lastColumn };
      case "PageUp":
        return { row: 1, column };
      case "PageDown":
        return { row: lastRow, column };
      default:
        return null;
    }
  })();
  return to === null || to.row < 1 || to.column < 1 || to.row > lastRow || to.column > lastColumn ? null : to;
}
