/** How a page is opened and watched from within. */
import type { Page } from "../e2e/test";

/** When it was painted and could be used, in milliseconds since the navigation began. */
export interface Marks {
  painted: number;
  usable: number;
}

/** Slows the processor down, as a cheap phone is beside this machine. */
export async function slowDown(page: Page, rate: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate });
}

/** Opens a page and waits until all of these are there. */
export async function open(page: Page, path: string, ...needed: string[]): Promise<Marks> {
  await page.addInitScript((needed) => {
    const look = () => {
      if (!needed.every((selector) => document.querySelector(selector))) return void requestAnimationFrame(look);
      // Drawn with the next frame.
      requestAnimationFrame(() => performance.mark("usable"));
    };
    look();
  }, needed);
  await page.goto(path);
  await page.waitForFunction(() => performance.getEntriesByName("usable").length > 0 && performance.getEntriesByName("first-contentful-paint").length > 0);
  return page.evaluate(() => ({
    painted: performance.getEntriesByName("first-contentful-paint")[0]!.startTime,
    usable: performance.getEntriesByName("usable")[0]!.startTime,
  }));
}

/** Waits until the client has stored how far it is, and what it shows. */
export async function stored(page: Page): Promise<void> {
  await page.waitForFunction(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open("beep-chat");
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const keys = await new Promise<IDBValidKey[]>((resolve, reject) => {
      const asked = database.transaction("values").objectStore("values").getAllKeys();
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
    database.close();
    return [/\/cursor$/, /\/cache$/, /\/timeline\//].every((part) => keys.some((key) => part.test(String(key))));
  }, undefined, { polling: 200 });
}

export async function afterFrames(page: Page, count: number): Promise<void> {
  await page.evaluate(async (count) => {
    for (let frame = 0; frame < count; frame += 1) await new Promise(requestAnimationFrame);
  }, count);
}
