/** The keys that work everywhere, and the list of them that people see. */
import { useEffect, useRef } from "react";
import type { Key } from "../i18n";

export interface KeyActions {
  switcher(): void;
  help(): void;
  channel(step: 1 | -1): void;
  server(step: 1 | -1): void;
  region(step: 1 | -1): void;
}

/** Groups of keys, as the list shows them; and what one writes instead of a key. */
export const KEYS: readonly { title: Key; keys: readonly { press: readonly string[]; does: Key }[] }[] = [
  {
    title: "keys.moving",
    keys: [
      { press: ["Ctrl", "K"], does: "keys.switcher" },
      { press: ["Alt", "↑ ↓"], does: "keys.channel" },
      { press: ["Ctrl", "Alt", "↑ ↓"], does: "keys.server" },
      { press: ["Alt", "Shift", "↓"], does: "keys.unread" },
      { press: ["F6"], does: "keys.region" },
      { press: ["Esc"], does: "keys.close" },
      { press: ["Ctrl", "/"], does: "keys.help" },
    ],
  },
  {
    title: "keys.messages",
    keys: [
      { press: ["Enter"], does: "keys.send" },
      { press: ["Shift", "Enter"], does: "keys.line" },
      { press: ["↑"], does: "keys.edit" },
      { press: ["Shift", "Tab"], does: "keys.walk" },
      { press: ["+"], does: "reaction.add" },
      { press: ["R"], does: "reply" },
      { press: ["E"], does: "message.edit" },
      { press: ["C"], does: "message.copy" },
      { press: ["L"], does: "message.link" },
      { press: ["P"], does: "message.pin" },
      { press: ["U"], does: "message.unread" },
      { press: ["Del"], does: "message.delete" },
      { press: ["Esc"], does: "keys.read" },
      { press: ["Shift", "Esc"], does: "keys.read.server" },
    ],
  },
  {
    title: "keys.writing",
    keys: [
      { press: ["Ctrl", "B"], does: "keys.bold" },
      { press: ["Ctrl", "I"], does: "keys.italic" },
      { press: ["Ctrl", "Shift", "X"], does: "keys.struck" },
      { press: ["Ctrl", "E"], does: "keys.code" },
      { press: ["@ # :"], does: "keys.names" },
      { press: ["||…||"], does: "keys.spoiler" },
      { press: ["> …"], does: "keys.quote" },
      { press: ["# …"], does: "keys.heading" },
      { press: ["- …", "1. …"], does: "keys.list" },
      { press: ["```…```"], does: "keys.block" },
    ],
  },
];

export function useKeys(actions: KeyActions): void {
  const now = useRef(actions);
  now.current = actions;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.isComposing || event.keyCode === 229) return;
      const act = actionOf(event, now.current);
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

function actionOf(event: KeyboardEvent, actions: KeyActions): (() => void) | null {
  const command = event.ctrlKey || event.metaKey;
  const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : null;
  if (command && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") return () => actions.switcher();
  if (command && !event.altKey && event.key === "/") return () => actions.help();
  // A dialog that is open has the keys to itself.
  if (document.querySelector("[role=dialog], [role=alertdialog]")) return null;
  if (event.key === "F6") return () => actions.region(event.shiftKey ? -1 : 1);
  if (event.altKey && !event.shiftKey && step !== null) return command ? () => actions.server(step) : () => actions.channel(step);
  return null;
}
