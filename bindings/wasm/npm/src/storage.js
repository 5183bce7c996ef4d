// What outlives the page: IndexedDB where the browser has it, and else memory.

const NAME = "beep-chat";
const VALUES = "values";

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("the browser aborted the transaction"));
    transaction.onerror = () => reject(transaction.error);
  });

class IndexedDb {
  #database;

  constructor(database) {
    this.#database = database;
  }

  async read(key) {
    return (await asked(this.#database.transaction(VALUES).objectStore(VALUES).get(key))) ?? null;
  }

  async list(prefix) {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    return asked(this.#database.transaction(VALUES).objectStore(VALUES).getAllKeys(range));
  }

  write(key, value) {
    return this.writeAll([[key, value]]);
  }

  remove(key) {
    return this.writeAll([[key, null]]);
  }

  /** A message that is queued is on the disk when that is answered. A draft changes with every key: it outlives the page at once, and would lose a race with a reload if it waited for the disk. */
  writeAll(writes) {
    const durability = writes.some(([key]) => key.includes("/queue/")) ? "strict" : "relaxed";
    const transaction = this.#database.transaction(VALUES, "readwrite", { durability });
    const values = transaction.objectStore(VALUES);
    for (const [key, value] of writes) {
      if (value === null) values.delete(key);
      else values.put(value, key);
    }
    // All is asked for: without this the browser would wait for answers that a page on its way out does not take.
    transaction.commit();
    return finished(transaction);
  }
}

export class MemoryStorage {
  #values = new Map();

  read(key) {
    return Promise.resolve(this.#values.get(key) ?? null);
  }

  write(key, value) {
    this.#values.set(key, value);
    return Promise.resolve();
  }

  remove(key) {
    this.#values.delete(key);
    return Promise.resolve();
  }

  writeAll(writes) {
    for (const [key, value] of writes) {
      if (value === null) this.#values.delete(key);
      else this.#values.set(key, value);
    }
    return Promise.resolve();
  }

  list(prefix) {
    return Promise.resolve([...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort());
  }
}

/** What a second tab neither takes nor keeps: one tab's cursor beside another's state would skip events. */
const OF_ONE_TAB = /\/(cache|cursor|timeline\/[^/]+)$/;

/**
 * The storage of the browser. Of several tabs the first keeps everything; the others keep what was written, queued and
 * read, and take the rest from the backend.
 */
export class BrowserStorage {
  #opened;
  #release = () => {};

  constructor() {
    this.#opened = this.#open();
  }

  async read(key) {
    return (await this.#opened).values.read(key);
  }

  async write(key, value) {
    const { values, isFirst } = await this.#opened;
    if (isFirst || !OF_ONE_TAB.test(key)) await values.write(key, value);
  }

  async remove(key) {
    const { values, isFirst } = await this.#opened;
    if (isFirst || !OF_ONE_TAB.test(key)) await values.remove(key);
  }

  async writeAll(writes) {
    const { values, isFirst } = await this.#opened;
    const kept = isFirst ? writes : writes.filter(([key]) => !OF_ONE_TAB.test(key));
    if (kept.length > 0) await values.writeAll(kept);
  }

  async list(prefix) {
    const { values, isFirst } = await this.#opened;
    const keys = await values.list(prefix);
    return isFirst ? keys : keys.filter((key) => !OF_ONE_TAB.test(key));
  }

  /** Lets another tab be the first. */
  close() {
    this.#release();
  }

  async #open() {
    const [values, isFirst] = await Promise.all([this.#database(), this.#isFirst()]);
    return { values, isFirst };
  }

  async #database() {
    try {
      const opening = indexedDB.open(NAME, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(VALUES);
      return new IndexedDb(await asked(opening));
    } catch {
      return new MemoryStorage(); // a private window, or a browser without room
    }
  }

  /** Whether no other tab keeps the state. Without locks nobody knows, so it is not kept. */
  #isFirst() {
    return new Promise((resolve) => {
      const { locks } = globalThis.navigator ?? {};
      if (!locks) return resolve(false);
      const held = new Promise((release) => {
        this.#release = release;
      });
      const hold = (lock) => {
        resolve(lock !== null);
        return lock && held;
      };
      locks.request(NAME, { ifAvailable: true }, hold).catch(() => resolve(false));
    });
  }
}
