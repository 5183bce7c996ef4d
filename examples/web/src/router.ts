/** Where in the client one is: plain paths and the browser's own history. */
import { useSyncExternalStore } from "react";

export type Route =
  | { at: "home" }
  | { at: "discover" }
  | { at: "invite"; code: string }
  | { at: "server"; server: string; channel: string | null }
  | { at: "settings"; server: string }
  | { at: "nowhere" };

export function routeOf(path: string): Route {
  const [first, second, third, ...rest] = path.split("/").filter((part) => part !== "").map(decoded);
  if (first === undefined) return { at: "home" };
  if (rest.length === 0) {
    if (first === "discover" && second === undefined) return { at: "discover" };
    if (first === "invite" && second !== undefined && third === undefined) return { at: "invite", code: second };
    if (first === "s" && second !== undefined && third === "settings") return { at: "settings", server: second };
    if (first === "s" && second !== undefined) return { at: "server", server: second, channel: third ?? null };
  }
  return { at: "nowhere" };
}

export const paths = {
  home: "/",
  discover: "/discover",
  invite: (code: string) => `/invite/${part(code)}`,
  server: (server: string) => `/s/${part(server)}`,
  channel: (server: string, channel: string) => `/s/${part(server)}/${part(channel)}`,
  settings: (server: string) => `/s/${part(server)}/settings`,
};

/** An `@` may stand in a path and reads better than its escape. */
function part(id: string): string {
  return encodeURIComponent(id).replaceAll("%40", "@");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const listeners = new Set<() => void>();

export function navigate(path: string, { replace = false } = {}): void {
  if (path === location.pathname) return;
  history[replace ? "replaceState" : "pushState"](null, "", path);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("popstate", listener);
  };
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}
