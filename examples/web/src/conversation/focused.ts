import { useSyncExternalStore } from "react";

/** Whether somebody looks at the page. */
export function useFocused(): boolean {
  return useSyncExternalStore(subscribe, () => document.hasFocus() && document.visibilityState === "visible");
}

function subscribe(listener: () => void): () => void {
  addEventListener("focus", listener);
  addEventListener("blur", listener);
  document.addEventListener("visibilitychange", listener);
  return () => {
    removeEventListener("focus", listener);
    removeEventListener("blur", listener);
    document.removeEventListener("visibilitychange", listener);
  };
}
