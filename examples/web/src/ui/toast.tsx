/** Short words about what was done, at the foot of the page; some can be undone. */
import { useSyncExternalStore } from "react";
import { t } from "../i18n";
import { Signal } from "../store/signal";
import { IconButton } from "./icon-button";

interface Toast {
  readonly number: number;
  readonly text: string;
  readonly undo: (() => void) | null;
}

const signal = new Signal();
let toasts: readonly Toast[] = [];
let last = 0;

export function toast(text: string, undo: (() => void) | null = null): void {
  const number = (last += 1);
  toasts = [...toasts.slice(1 - MOST), { number, text, undo }];
  signal.now();
  setTimeout(() => dismiss(number), undo ? UNDO_MS : SHOWN_MS);
}

function dismiss(number: number): void {
  toasts = toasts.filter((toast) => toast.number !== number);
  signal.now();
}

const all = (): readonly Toast[] => toasts;

export function Toasts() {
  const shown = useSyncExternalStore(signal.subscribe, all);
  return (
    <div className="toasts" role="status">
      {shown.map(({ number, text, undo }) => (
        <div key={number} className="toast">
          <span>{text}</span>
          {undo && <button type="button" className="text-button" onClick={() => { dismiss(number); undo(); }}>{t("undo")}</button>}
          <IconButton icon="close" small label={t("close")} onPress={() => dismiss(number)} />
        </div>
      ))}
    </div>
  );
}

const MOST = 3;
const SHOWN_MS = 4_000;
const UNDO_MS = 8_000;
