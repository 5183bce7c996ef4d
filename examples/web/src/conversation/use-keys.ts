import { useEffect, useRef } from "react";

interface KeyActions {
  composer(): void;
  read(): void;
  readServer(): void;
  nextUnread(): void;
}

/** The keys of an open channel: whoever types writes, Escape reads all, Alt+Shift+↓ goes on to what is unread. */
export function useConversationKeys(actions: KeyActions): void {
  const now = useRef(actions);
  now.current = actions;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
      // Dialogs, menus and cards have the keys to themselves.
      if (document.querySelector("[role=dialog], [role=alertdialog], [role=menu], .shell:not([data-drawer=none])")) return;
      const { composer, read, readServer, nextUnread } = now.current;
      if (event.key === "ArrowDown" && event.altKey && event.shiftKey) {
        event.preventDefault();
        return nextUnread();
      }
      if (event.key === "Escape" && !event.altKey && !event.ctrlKey && !event.metaKey) return event.shiftKey ? readServer() : read();
      if (isTyping(event) && !writes(event.target)) composer();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

/** A letter, or what pastes: it goes where the focus is after this key. */
export function isTyping({ key, ctrlKey, metaKey, altKey }: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">): boolean {
  if (ctrlKey || metaKey) return !altKey && key.toLowerCase() === "v";
  return !altKey && key !== " " && [...key].length === 1;
}

/** Whether what has the focus takes letters itself. */
function writes(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select, [role=listbox], [role=combobox]"));
}
