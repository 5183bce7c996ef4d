/** Where in the client one is: plain paths and the browser's own history. */
import { useSyncExternalStore } from "react";

export type Route =
  /** The start: leads to where one was last. */
  | { at: "start" }
  | { at: "home" }
  | { at: "friends"; tab: FriendsTab }
  | { at: "discover" }
  | { at: "invite"; code: string }
  | { at: "server"; server: string; channel: string | null; message: string | null }
  /** A private conversation. */
  | { at: "private"; channel: string; message: string | null }
  | { at: "settings"; server: string; page: string | null }
  | { at: "account"; page: string | null }
  /** What moderators and administrators of the backend do. */
  | { at: "moderation"; page: string | null }
  | { at: "gallery" }
  | { at: "nowhere" };

const FRIENDS_TABS = ["all", "online", "pending", "blocked", "add"] as const;
export type FriendsTab = (typeof FRIENDS_TABS)[number];

export function routeOf(path: string): Route {
  const parts = path.split("/").filter((part) => part !== "").map(decoded);
  const [first, second, third, fourth] = parts;
  switch (first) {
    case undefined:
      return { at: "start" };
    case "home":
    case "discover":
      return parts.length === 1 ? { at: first } : { at: "nowhere" };
    case "friends": {
      const tab = FRIENDS_TABS.find((tab) => tab === (second ?? "all"));
      return tab !== undefined && parts.length <= 2 ? { at: "friends", tab } : { at: "nowhere" };
    }
    case "gallery":
      return import.meta.env.DEV ? { at: "gallery" } : { at: "nowhere" };
    case "invite":
      return parts.length === 2 ? { at: "invite", code: second ?? "" } : { at: "nowhere" };
    case "settings":
      return parts.length <= 2 ? { at: "account", page: second ?? null } : { at: "nowhere" };
    case "moderation":
      return parts.length <= 2 ? { at: "moderation", page: second ?? null } : { at: "nowhere" };
    case "c":
      return second === undefined || parts.length > 3 ? { at: "nowhere" } : { at: "private", channel: second, message: third ?? null };
    case "s":
      if (second === undefined || parts.length > 4) return { at: "nowhere" };
      if (third === "settings") return { at: "settings", server: second, page: fourth ?? null };
      return { at: "server", server: second, channel: third ?? null, message: fourth ?? null };
    default:
      return { at: "nowhere" };
  }
}

export const paths = {
  start: "/",
  home: "/home",
  friends: (tab: FriendsTab = "all") => (tab === "all" ? "/friends" : `/friends/${tab}`),
  discover: "/discover",
  invite: (code: string) => `/invite/${part(code)}`,
  server: (server: string) => `/s/${part(server)}`,
  /** A channel of a server; without one a private conversation. */
  channel: (server: string | null, channel: string) => `${server === null ? "/c" : `/s/${part(server)}`}/${part(channel)}`,
  message: (server: string | null, channel: string, message: string) => `${paths.channel(server, channel)}/${part(message)}`,
  settings: (server: string, page?: string) => `/s/${part(server)}/settings${page ? `/${page}` : ""}`,
  account: (page?: string) => `/settings${page ? `/${page}` : ""}`,
  moderation: (page?: string) => `/moderation${page ? `/${page}` : ""}`,
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
/** Says whether one may leave: not while something is unsaved. */
let mayLeave: (() => boolean) | null = null;
/** What lies over the page, the top one last, and is taken away by going back; the history has an entry for each. */
let covers: (() => void)[] = [];
/** How many entries are to be left whose covers are gone, and how many of them the browser is leaving. */
let left = 0;
let leaving = 0;
/** Where to go once it has left them. */
let next: (() => void) | null = null;
let path = globalThis.location?.pathname ?? "/";

export function navigate(to: string, { replace = false } = {}): void {
  if (left > 0) {
    next = () => navigate(to, { replace });
    return;
  }
  if (to === location.pathname || (mayLeave && !mayLeave())) return;
  // The entry of what lay over the page becomes that of the new page.
  history[replace || covers.length > 0 ? "replaceState" : "pushState"](null, "", to);
  covers = [];
  moved();
}

/** Has the browser's way back take away what lies over the page; gives the function for when it goes otherwise. */
export function coverWith(uncover: () => void): () => void {
  history.pushState(null, "", location.href);
  covers.push(uncover);
  return () => {
    if (!covers.includes(uncover)) return;
    covers = covers.filter((one) => one !== uncover);
    left += 1;
    // What goes at once is left at once: of two steps back the browser may take one.
    if (left === 1) queueMicrotask(leave);
  };
}

function leave(): void {
  leaving = left;
  history.go(-leaving);
}

/** Asks before each way away from here; gives the function that ends it. */
export function guard(ask: () => boolean): () => void {
  mayLeave = ask;
  return () => {
    if (mayLeave === ask) mayLeave = null;
  };
}

function moved(): void {
  path = location.pathname;
  for (const listener of listeners) listener();
}

/** The browser has gone already; where that may not be, it is brought back. */
function popped(): void {
  if (leaving > 0) {
    left -= leaving;
    leaving = 0;
    if (left > 0) return leave();
    const go = next;
    next = null;
    return go?.();
  }
  const uncover = covers.pop();
  if (uncover) return uncover();
  if (mayLeave && !mayLeave()) history.pushState(null, "", path);
  else moved();
}

/** Calls back when one has gone elsewhere; gives the function that ends it. */
export function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) addEventListener("popstate", popped);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) removeEventListener("popstate", popped);
  };
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}
