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
  leaveLater(number);
}

const timers = new Map<number, ReturnType<typeof setTimeout>>();

function leaveLater(number: number): void {
  const { undo } = toasts.find((toast) => toast.number === number) ?? {};
  stay(number);
  timers.set(number, setTimeout(() => dismiss(number), undo ? UNDO_MS : SHOWN_MS));
}

/** Whoever reads it, or is about to press, has the time for it. */
function stay(number: number): void {
  clearTimeout(timers.get(number));
  timers.delete(number);
}

function dismiss(number: number): void {
  stay(number);
  toasts = toasts.filter((toast) => toast.number !== number);
  signal.now();
}

const all = (): readonly Toast[] => toasts;

/** They can be pressed while a dialog or a card is open, which stays so. */
export function Toasts() {
  const shown = useSyncExternalStore(signal.subscribe, all);
  return (
    <div className="toasts" role="status" data-react-aria-top-layer="true">
      {shown.map(({ number, text, undo }) => (
        <div key={number} className="toast" onPointerEnter={() => stay(number)} onPointerLeave={() => leaveLater(number)} onFocus={() => stay(number)} onBlur={() => leaveLater(number)}>
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
