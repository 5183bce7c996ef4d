import { useCallback, useSyncExternalStore } from "react";

/** As wide as a phone at most. */
export const PHONE = "(max-width: 720px)";
/** Too narrow for the members beside the messages. */
export const NARROW = "(max-width: 1000px)";

/** Whether a media query holds, as long as somebody looks. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback((listener: () => void) => {
    const list = matchMedia(query);
    list.addEventListener("change", listener);
    return () => list.removeEventListener("change", listener);
  }, [query]);
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
