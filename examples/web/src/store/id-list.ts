/** A list of ids that somebody has made, on this device and the same in every tab. */
import { onOtherTab, readJson, write } from "./device";
import { Signal } from "./signal";

export class IdList {
  readonly #stored: string;
  readonly #signal = new Signal();
  #ids: readonly string[];

  /** `stored` is its key in the storage. */
  constructor(stored: string) {
    this.#stored = stored;
    this.#ids = this.#read();
    onOtherTab(stored, () => {
      this.#ids = this.#read();
      this.#signal.now();
    });
  }

  readonly subscribe = this.#signal.subscribe;
  readonly get = (): readonly string[] => this.#ids;

  put(ids: readonly string[]): void {
    this.#ids = ids;
    write(this.#stored, JSON.stringify(ids));
    this.#signal.now();
  }

  #read(): readonly string[] {
    const stored = readJson(this.#stored);
    return Array.isArray(stored) ? stored.filter((id): id is string => typeof id === "string") : [];
  }
}
