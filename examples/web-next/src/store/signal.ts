/** Tells listeners that something changed: at once, or at most once in a frame's time however much happens. */
export class Signal {
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  now(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const listener of [...this.#listeners]) listener();
  }

  soon = (): void => {
    this.#timer ??= setTimeout(() => this.now(), FRAME_MS);
  };
}

const FRAME_MS = 16;
