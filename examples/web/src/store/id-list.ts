/** A list of ids that somebody has made, on this device and the same in every tab. */
import { Signal } from "./signal";

export class IdList {
  readonly #stored: string;
  readonly #signal = new Signal();
  #ids: readonly string[];

  /** `stored` is its key in the storage. */
  constructor(stored: string) {
    this.#stored = stored;
    this.#ids = this.#read();
    globalThis.addEventListener?.("storage", ({ key }) => {
      if (key !== stored) return;
      this.#ids = this.#read();
      this.#signal.now();
    });
  }

  readonly subscribe = this.#signal.subscribe;
  readonly get = (): readonly string[] => this.#ids;

  put(ids: readonly string[]): void {
    this.#ids = ids;
    try {
      localStorage.setItem(this.#stored, JSON.stringify(ids));
    } catch {
      // Then it holds until the page is left.
    }
    this.#signal.now();
  }

  #read(): readonly string[] {
    try {
      const stored: unknown = JSON.parse(globalThis.localStorage?.getItem(this.#stored) ?? "[]");
      return Array.isArray(stored) ? stored.filter((id): id is string => typeof id === "string") : [];
    } catch {
      return [];
    }
  }
}
