// Lists and values that are watched: what came out of WebAssembly as steps is carried out here on a copy.

/** Calls every listener; one that throws is reported, and keeps nobody else from hearing. */
export class Signal {
  #listeners = new Set();

  add(listener) {
    // The same function can be added twice, and each is removed alone.
    const entry = { listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  tell(...of) {
    for (const { listener } of [...this.#listeners]) {
      try {
        listener(...of);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

/** Carries steps out on a copy of the rows. */
export function follow(rows, steps) {
  let next = null;
  for (const step of steps) {
    if (step.type === "reset") {
      next = step.items;
      continue;
    }
    next ??= [...rows];
    if (step.type === "insert") next.splice(step.at, 0, ...step.items);
    else if (step.type === "update") next[step.at] = step.item;
    else if (step.type === "remove") next.splice(step.at, step.count);
  }
  return next ?? rows;
}

/** A list. `open` gets the function that takes steps as text, and gives what ends the watching. */
export class ObservedRows {
  #rows = Object.freeze([]);
  #signal = new Signal();
  #watch;

  constructor(open) {
    this.#watch = open((text) => {
      this.#rows = follow(this.#rows, JSON.parse(text));
      this.#signal.tell();
    });
  }

  get rows() {
    return this.#rows;
  }

  subscribe = (listener) => this.#signal.add(listener);

  end() {
    this.#watch?.free();
    this.#watch = undefined;
  }
}

/** A value. `open` gets the function that takes values as text, and gives what ends the watching. */
export class WatchedValue {
  #value;
  #signal = new Signal();
  #watch;

  constructor(open) {
    this.#watch = open((text) => {
      this.#value = JSON.parse(text);
      this.#signal.tell();
    });
  }

  get value() {
    return this.#value;
  }

  subscribe = (listener) => this.#signal.add(listener);

  end() {
    this.#watch?.free();
    this.#watch = undefined;
  }
}
