/** Notifications of the system: shown by the service worker where there is one, as phones show no others. */
import { navigate } from "../router";

export interface Notice {
  readonly title: string;
  readonly body: string;
  /** Takes the place of an earlier one with the same. */
  readonly tag: string;
  /** Where a press on it leads. */
  readonly path: string;
}

/** Whether the browser lets the page show them; `missing` where it has none. */
export function permission(): NotificationPermission | "missing" {
  return typeof Notification === "undefined" ? "missing" : Notification.permission;
}

/** Asks the person, by the browser; it wants that to come of a press. */
export async function askPermission(): Promise<void> {
  if (permission() === "default") await Notification.requestPermission();
}

export async function notify({ title, body, tag, path }: Notice): Promise<void> {
  if (permission() !== "granted") return;
  const shown = { body, tag, icon: "/icon-192.png", silent: true, data: path };
  const worker = await globalThis.navigator?.serviceWorker?.getRegistration();
  if (worker?.active) return worker.showNotification(title, shown);
  const notification = new Notification(title, shown);
  notification.onclick = () => {
    window.focus();
    navigate(path);
    notification.close();
  };
}
