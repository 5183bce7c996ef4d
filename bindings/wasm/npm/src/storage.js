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

  /** All values whose keys fit, as they stood in one moment. */
  async snapshot(fits) {
    const values = this.#database.transaction(VALUES).objectStore(VALUES);
    const [keys, all] = await Promise.all([asked(values.getAllKeys()), asked(values.getAll())]);
    return new Map(keys.map((key, at) => [key, all[at]]).filter(([key]) => fits(key)));
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

  snapshot(fits) {
    return Promise.resolve(new Map([...this.#values].filter(([key]) => fits(key))));
  }
}

/** What a second tab does not keep, and takes as it stood in one moment: one tab's cursor beside another's state would skip events. */
const OF_ONE_TAB = /\/(cache|cursor|timeline\/[^/]+)$/;
const isOfOneTab = (key) => OF_ONE_TAB.test(key);

/**
 * The storage of the browser. Of several tabs the first keeps everything; the others keep what was written, queued and
 * read, and begin with the rest as the first kept it, so that they show something without the backend as well.
 */
export class BrowserStorage {
  #opened;
  #release = () => {};

  constructor() {
    this.#opened = this.#open();
  }

  async read(key) {
    const { values, begin } = await this.#opened;
    if (!begin || !isOfOneTab(key)) return values.read(key);
    const value = begin.get(key) ?? null;
    // It is taken once, with the start.
    begin.delete(key);
    return value;
  }

  async write(key, value) {
    const { values, begin } = await this.#opened;
    if (!begin || !isOfOneTab(key)) await values.write(key, value);
  }

  async remove(key) {
    const { values, begin } = await this.#opened;
    if (!begin || !isOfOneTab(key)) await values.remove(key);
  }

  async writeAll(writes) {
    const { values, begin } = await this.#opened;
    const kept = begin ? writes.filter(([key]) => !isOfOneTab(key)) : writes;
    if (kept.length > 0) await values.writeAll(kept);
  }

  async list(prefix) {
    const { values, begin } = await this.#opened;
    const keys = await values.list(prefix);
    return begin ? keys.filter((key) => !isOfOneTab(key) || begin.has(key)) : keys;
  }

  /** Lets another tab be the first. */
  close() {
    this.#release();
  }

  async #open() {
    const [values, isFirst] = await Promise.all([this.#database(), this.#isFirst()]);
    // Without it, it is the first tab.
    return { values, begin: isFirst ? null : await values.snapshot(isOfOneTab) };
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
