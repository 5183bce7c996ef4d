/** Small choices that this device keeps, as far as it lets the page keep anything: some have no storage, some no room. */

/** What is kept under a key; `null` where nothing is. */
export function read(key: string, storage: "localStorage" | "sessionStorage" = "localStorage"): string | null {
  try {
    return globalThis[storage]?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

/** The same as JSON; `null` where nothing is, or what is no JSON. */
export function readJson(key: string, storage?: "localStorage" | "sessionStorage"): unknown {
  try {
    return JSON.parse(read(key, storage) ?? "null");
  } catch {
    return null;
  }
}

/** Keeps a text, or with `null` nothing; says whether that is so now. Where it is not, a choice holds until the page is left. */
export function write(key: string, text: string | null, storage: "localStorage" | "sessionStorage" = "localStorage"): boolean {
  try {
    if (text === null) globalThis[storage].removeItem(key);
    else globalThis[storage].setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

/** Tells whenever another tab keeps something else under a key. */
export function onOtherTab(key: string, changed: () => void): void {
  globalThis.addEventListener?.("storage", (event) => event.key === key && changed());
}
