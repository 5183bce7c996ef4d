/** What the service worker answers from what it keeps, and what it leaves to the network. */

/** The files of a build, by their paths. */
export interface Files {
  /** Changes with any of the files. */
  readonly version: string;
  /** What every page needs: kept before the version is used. */
  readonly early: readonly string[];
  /** What some pages need, as other languages: kept once it was used. */
  readonly spare: readonly string[];
}

/** The page, which stands for every path of the client. */
export const PAGE = "/";

/** Where the files lie whose names hold a hash of what is in them. */
const HASHED = "/assets/";

export interface Asked {
  readonly method: string;
  readonly mode: string;
  readonly url: string;
}

/** Whether a request is answered with the page, with a file, or not at all: then the browser asks the backend. */
export function answerOf({ method, mode, url }: Asked, origin: string, files: Files): "page" | "file" | null {
  const { origin: asked, pathname, search } = new URL(url);
  if (method !== "GET" || asked !== origin || isBackends(pathname)) return null;
  if (mode === "navigate") return isFile(pathname) ? null : "page";
  return search === "" && (isHashed(pathname) || files.early.includes(pathname)) ? "file" : null;
}

export function isHashed(path: string): boolean {
  return path.startsWith(HASHED);
}

/** The paths that the backend keeps for itself, as `beep-server/src/web.rs` has them. */
function isBackends(path: string): boolean {
  return ["v1", "docs", "livez", "readyz", "healthz", "metrics", ".well-known"].includes(path.split("/")[1] ?? "");
}

/** Whether files lie there, and no page of the client. */
function isFile(path: string): boolean {
  return isHashed(path) || /^\/[^/]*\.[^/]*$/.test(path);
}

/** The spare files whose earlier versions were kept: whoever needed those needs these. */
export function carriedOver(spare: readonly string[], kept: readonly string[]): string[] {
  const stems = new Set(kept.map(stemOf));
  return spare.filter((path) => stems.has(stemOf(path)));
}

/** The path without its hash. */
function stemOf(path: string): string {
  return path.replace(/-[\w-]{8}(?=\.\w+$)/, "");
}
