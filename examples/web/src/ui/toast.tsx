/** Short words at the foot of the page: about what was done, which sometimes can be undone, and about what can be done now. */
import { useSyncExternalStore } from "react";
import { t } from "../i18n";
import { Signal } from "../store/signal";
import { IconButton } from "./icon-button";

interface Toast {
  readonly number: number;
  readonly text: string;
  readonly act: { readonly label: string; readonly run: () => void } | null;
  /** Whether it goes only when somebody acts or closes it. */
  readonly stays: boolean;
}

const signal = new Signal();
let toasts: readonly Toast[] = [];
let last = 0;

export function toast(text: string, undo: (() => void) | null = null): void {
  leaveLater(add({ text, act: undo && { label: t("undo"), run: undo }, stays: false }));
}

/** Tells what others did, and leads there. */
export function announce(text: string, label: string, run: () => void): void {
  leaveLater(add({ text, act: { label, run }, stays: false }));
}

const timers = new Map<number, ReturnType<typeof setTimeout>>();

function leaveLater(number: number): void {
  const shown = toasts.find((toast) => toast.number === number);
  stay(number);
  if (shown && !shown.stays) timers.set(number, setTimeout(() => dismiss(number), shown.act ? UNDO_MS : SHOWN_MS));
}

/** Whoever reads it, or is about to press, has the time for it. */
function stay(number: number): void {
  clearTimeout(timers.get(number));
  timers.delete(number);
}

/** Stays until somebody does it or closes it; the same text stands there once. */
export function offer(text: string, label: string, run: () => void): void {
  toasts = toasts.filter((toast) => toast.text !== text);
  add({ text, act: { label, run }, stays: true });
}

/** The same words stand there once, where they offer nothing. */
function add(toast: Omit<Toast, "number">): number {
  const number = (last += 1);
  toasts = toasts.filter(({ text, act }) => act !== null || text !== toast.text);
  const passing = toasts.filter(({ stays }) => !stays);
  const tooOld = toasts.length < MOST ? undefined : passing[0];
  toasts = [...toasts.filter((one) => one !== tooOld), { number, ...toast }];
  signal.now();
  return number;
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
      {shown.map(({ number, text, act }) => (
        <div key={number} className="toast" onPointerEnter={() => stay(number)} onPointerLeave={() => leaveLater(number)} onFocus={() => stay(number)} onBlur={() => leaveLater(number)}>
          <span>{text}</span>
          {act && <button type="button" className="text-button" onClick={() => { dismiss(number); act.run(); }}>{act.label}</button>}
          <IconButton icon="close" small label={t("close")} onPress={() => dismiss(number)} />
        </div>
      ))}
    </div>
  );
}

const MOST = 3;
const SHOWN_MS = 4_000;
const UNDO_MS = 8_000;
