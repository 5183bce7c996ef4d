import type { ReactNode } from "react";
import { Button } from "react-aria-components/Button";
import { GridList, GridListItem } from "react-aria-components/GridList";
import { useDragAndDrop } from "react-aria-components/useDragAndDrop";
import { t } from "../i18n";
import { Icon } from "./icon";

/** A list whose order one changes by dragging, with the mouse, a finger, or the keyboard: Enter on the handle, arrows, Enter. */
export function OrderList<Item extends { readonly id: string }>({ label, items, nameOf, movable, chosen, onChoose, onMove, children }: {
  label: string;
  items: readonly Item[];
  nameOf: (item: Item) => string;
  movable: (item: Item) => boolean;
  chosen?: string | null;
  onChoose?: (id: string) => void;
  /** Puts an item before another, or at the end. */
  onMove: (item: string, before: string | null) => void;
  children: (item: Item) => ReactNode;
}) {
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ "text/plain": String(key) })),
    onReorder: ({ keys, target }) => {
      const [moved] = [...keys].map(String);
      if (moved === undefined || target.type !== "item") return;
      const rest = items.filter(({ id }) => id !== moved);
      const at = rest.findIndex(({ id }) => id === String(target.key)) + (target.dropPosition === "after" ? 1 : 0);
      const item = items.find(({ id }) => id === moved);
      if (item && movable(item)) onMove(moved, rest[at]?.id ?? null);
    },
  });
  return (
    <GridList
      className="order-list"
      aria-label={label}
      items={items}
      dragAndDropHooks={dragAndDropHooks}
      {...(onChoose && { selectionMode: "single" as const, selectionBehavior: "replace" as const, disallowEmptySelection: true, selectedKeys: chosen ? [chosen] : [], onSelectionChange: (keys: "all" | Set<string | number>) => {
        const [key] = keys === "all" ? [] : [...keys];
        if (key !== undefined) onChoose(String(key));
      } })}
    >
      {(item) => (
        <GridListItem id={item.id} textValue={nameOf(item)} className="order-item">
          {movable(item) ? <Button slot="drag" className="grip" aria-label={t("order.move", { name: nameOf(item) })}><Icon name="grip" small /></Button> : <span className="grip" />}
          {children(item)}
        </GridListItem>
      )}
    </GridList>
  );
}
