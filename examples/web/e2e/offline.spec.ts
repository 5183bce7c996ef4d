/** The client as an app of the device: it opens without the backend, loses nothing, and takes new versions. */
import { inMessageMenu, lookAway } from "./message";
import { Front } from "./front";
import { composer, expect, messages, pathTo, say, settled, test, type Page } from "./test";

/** Waits until the device keeps the client, and the page is of what it keeps. */
async function kept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { serviceWorker } = navigator;
    await serviceWorker.ready;
    if (!serviceWorker.controller) await new Promise((done) => serviceWorker.addEventListener("controllerchange", done, { once: true }));
  });
}

/** What the SDK keeps on the device, as text by key. */
function stored(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) => new Promise<T>((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
    const database = await done(indexedDB.open("beep-chat"));
    const values = database.transaction("values").objectStore("values");
    const [keys, all] = await Promise.all([done(values.getAllKeys()), done(values.getAll())]);
    database.close();
    return Object.fromEntries(keys.map((key, at) => [String(key), new TextDecoder().decode(all[at])]));
  });
}

/** Waits until the device keeps a text. */
async function storedText(page: Page, text: string): Promise<void> {
  await expect.poll(async () => Object.values(await stored(page)).some((value) => value.includes(text)), { timeout: 20_000 }).toBe(true);
}

const banner = (page: Page) => page.locator(".banner");

test("without the backend the page opens with the last messages, and what is written goes out when it is back", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const page = await windows.as(ann, pathTo(place));
  await kept(page);
  await backend.say(ben, place, "before the storm");
  await expect(messages(page).last()).toContainText("before the storm");
  await storedText(page, "before the storm");

  await backend.kill();
  await page.reload();
  await expect(messages(page).last()).toContainText("before the storm");
  await expect(page.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
  await expect(banner(page)).toContainText("No connection.");
  await say(page, "written in the storm");
  await expect(messages(page).last()).toContainText("Will be sent when connected.");
  await storedText(page, "written in the storm");

  // It leads to where one was, and what waits is there.
  await page.goto("/");
  await expect(messages(page).last()).toContainText("written in the storm");
  await composer(page).fill("and not yet sent");
  await expect(messages(page)).toHaveCount(2);

  await backend.run();
  // It may have tried by itself already, so there may be nothing to press.
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await expect(page.locator("[data-state]")).toHaveCount(0, { timeout: 30_000 });
  const { items } = await backend.ask<{ items: { content: string }[] }>("GET", `/channels/${place.channel}/messages`, undefined, ben.token);
  expect(items.map(({ content }) => content)).toEqual(["written in the storm", "before the storm"]);
  await expect(composer(page)).toHaveValue("and not yet sent");
});

test("a second tab that is opened without the backend shows the same, and what is written in it goes out once", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const page = await windows.as(ann, pathTo(place));
  await kept(page);
  await backend.say(ben, place, "before the storm");
  await storedText(page, "before the storm");
  await backend.kill();
  await expect(banner(page)).toContainText("No connection.");
  const second = await page.context().newPage();
  await second.goto(pathTo(place));
  await expect(second.getByRole("heading", { name: "general", level: 1 })).toBeVisible();
  await expect(messages(second).last()).toContainText("before the storm");
  await expect(banner(second)).toContainText("No connection.");
  await say(second, "written in the storm");
  await expect(messages(second).last()).toContainText("Will be sent when connected.");
  await backend.run();
  for (const tab of [second, page]) await tab.evaluate(() => dispatchEvent(new Event("online")));
  await expect(second.locator("[data-state]")).toHaveCount(0, { timeout: 30_000 });
  await expect(messages(page).last()).toContainText("written in the storm");
  const { items } = await backend.ask<{ items: { content: string }[] }>("GET", `/channels/${place.channel}/messages`, undefined, ben.token);
  expect(items.map(({ content }) => content)).toEqual(["written in the storm", "before the storm"]);
});

test("nothing that the backend says is kept with the client, and its own pages stay its own", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const page = await windows.as(ann, pathTo(place));
  await kept(page);
  const paths = () =>
    page.evaluate(async () => {
      const requests = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
      return requests.flat().map(({ url }) => new URL(url).pathname);
    });
  await page.reload();
  await settled(page);
  const all = await paths();
  expect(all.filter((path) => path === "/v1" || path.startsWith("/v1/"))).toEqual([]);
  expect(all).toContain("/");
  expect(all.some((path) => path.endsWith(".wasm"))).toBe(true);
  expect(all).not.toContain("/sw.js");
  // What is used is kept, and no other language.
  expect(all.filter((path) => /\/en-/.test(path))).toHaveLength(2);
  expect(all.filter((path) => /\/(fr|de|es|ar)-/.test(path))).toEqual([]);
  await page.goto("/docs");
  await expect(page.locator(".shell")).toHaveCount(0);
  expect(await page.evaluate(async () => (await fetch("/v1/nothing")).status)).toBe(404);
});

test("a new version is offered in every tab, and one press loads it in all", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const front = await Front.before(backend);
  try {
    const one = await windows.as(ann, pathTo(place), { baseURL: front.url });
    await kept(one);
    const two = await one.context().newPage();
    await two.goto(pathTo(place));
    await settled(two);
    await composer(two).fill("half a thought");
    for (const page of [one, two]) await expect(page.locator(".toast")).toHaveCount(0);

    front.release("two");
    await one.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
    for (const page of [one, two]) await expect(page.locator(".toast")).toContainText("A new version is ready.");
    // Until somebody wants it, nothing changes: not by a reload either.
    await one.reload();
    await expect(one.locator(".toast")).toContainText("A new version is ready.");

    const loaded = [one, two].map((page) => page.waitForEvent("load"));
    await one.locator(".toast").getByRole("button", { name: "Reload" }).click();
    await Promise.all(loaded);
    for (const page of [one, two]) {
      await settled(page);
      await expect(page.locator(".toast")).toHaveCount(0);
      expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting ?? null)).toBe(null);
    }
    await expect(composer(two)).toHaveValue("half a thought");

    // Whoever has one page open gets it by a reload as well.
    await two.close();
    front.release("three");
    await one.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
    await expect(one.locator(".toast")).toContainText("A new version is ready.");
    await one.reload();
    await settled(one);
    await expect.poll(() => one.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting ?? null)).toBe(null);
    await expect(one.locator(".toast")).toHaveCount(0);
  } finally {
    front.stop();
  }
});

test("a browser can install it", async ({ windows }) => {
  const page = await windows.open();
  await kept(page);
  const devtools = await page.context().newCDPSession(page);
  const { url, errors, data } = await devtools.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data ?? "") as { name: string; start_url: string; scope: string; display: string; icons: { src: string; sizes: string; type: string; purpose?: string }[] };
  expect(manifest).toMatchObject({ name: "Beep", start_url: "/", scope: "/", display: "standalone" });
  for (const { src, sizes, type } of manifest.icons.filter(({ type }) => type === "image/png")) {
    const [width, height] = await page.evaluate(async (src) => {
      const picture = new Image();
      picture.src = src;
      await picture.decode();
      return [picture.naturalWidth, picture.naturalHeight];
    }, new URL(src, url).href);
    expect({ src, type, sizes: `${width}x${height}` }).toEqual({ src, type, sizes });
  }
  expect(manifest.icons.some(({ purpose }) => purpose === "maskable")).toBe(true);
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  // Every window of the tests is one without a history.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito")).toEqual([]);
});

test("a notification of a mention leads to the message", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const page = await windows.as(ann, "/settings/notifications", { permissions: ["notifications"] });
  await kept(page);
  await page.getByRole("switch", { name: "Notifications for mentions" }).check();
  await lookAway(page);
  await backend.say(ben, place, "nothing for her");
  const message = await backend.say(ben, place, `look, <@${ann.id}>`);
  for (let number = 0; number < 60; number += 1) await backend.say(ben, place, `later ${number}`);
  const notifications = () => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, body }) => ({ title, body })));
  await expect.poll(notifications).toEqual([{ title: `${ben.username} in #general`, body: `look, @${ann.username}` }]);
  const [worker] = page.context().serviceWorkers();
  await worker!.evaluate(async () => {
    const scope = globalThis as unknown as { registration: ServiceWorkerRegistration; NotificationEvent: new (type: string, of: { notification: Notification }) => Event };
    const [notification] = await scope.registration.getNotifications();
    dispatchEvent(new scope.NotificationEvent("notificationclick", { notification: notification! }));
  });
  await expect(page).toHaveURL(new RegExp(`${pathTo(place)}/${message}`));
  await expect(messages(page).filter({ hasText: `look, @${ann.username}` })).toBeInViewport();
  await expect.poll(notifications).toEqual([]);
});

test("how one is told is chosen on the device: mentions, sound and numbers", async ({ backend, windows }) => {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const page = await windows.as(ann, "/settings/notifications");
  await backend.say(ben, place, `look, <@${ann.id}>`);
  await expect(page).toHaveTitle(/^\(1\) Notifications/);
  await expect(page.locator("link[rel=icon]")).toHaveAttribute("href", /^data:image\/svg\+xml,/);
  await page.getByRole("switch", { name: "Count what is unread" }).uncheck();
  await expect(page).toHaveTitle(/^Notifications/);
  await expect(page.locator("link[rel=icon]")).toHaveAttribute("href", "/icon.svg");
  await page.getByRole("switch", { name: "Sound" }).check();
  await page.reload();
  await expect(page.getByRole("switch", { name: "Sound" })).toBeChecked();
  await expect(page.getByRole("switch", { name: "Count what is unread" })).not.toBeChecked();
  await expect(page.getByRole("switch", { name: "Notifications for mentions" })).not.toBeChecked();
});

test("a link to a message opens it, wherever it is", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  for (let number = 0; number < 150; number += 1) await backend.say(ann, place, `number ${number}`);
  const page = await windows.as(ann, pathTo(place));
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await inMessageMenu(messages(page).last(), "Copy link");
  await expect(page.locator(".toast")).toContainText("Copied");
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(new URL(link).pathname).toContain(`${pathTo(place)}/`);
  const { items } = await backend.ask<{ items: { id: string; content: string }[] }>("GET", `/channels/${place.channel}/messages?limit=100`, undefined, ann.token);
  const old = items.at(-1)!;
  await page.goto(`${pathTo(place)}/${old.id}`);
  await expect(messages(page).filter({ hasText: new RegExp(`${old.content}$`) })).toBeInViewport();
});

test("logging out leaves nothing on the device, and says what was not sent", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  await backend.say(ann, place, "a secret of the garden");
  const page = await windows.as(ann, pathTo(place));
  await kept(page);
  await storedText(page, "a secret of the garden");
  await composer(page).fill("half a thought");
  await page.getByRole("link", { name: "Your account" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("1 text that you have not sent is deleted from this device.");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Close" }).click();
  await composer(page).fill("");

  // The backend does not hear of it, so the session ends with the next visit.
  await backend.kill();
  await page.getByRole("link", { name: "Your account" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(dialog).not.toContainText("not sent");
  await dialog.getByRole("button", { name: "Log out" }).click();
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible({ timeout: 30_000 });
  expect(Object.keys(await stored(page))).toEqual([]);
  await backend.run();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  const sessions = await backend.ask<{ items: { label: string | null }[] }>("GET", "/self/sessions", undefined, ann.token);
  expect(sessions.items.filter(({ label }) => label === "Web browser")).toEqual([]);
});

test("who does not stay signed in is found by the tab alone", async ({ backend, windows }) => {
  const ann = await backend.person("ann");
  const page = await windows.open();
  await page.getByRole("button", { name: "Log in" }).first().click();
  await page.getByLabel("Username or mail address").fill(ann.username);
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("checkbox").uncheck();
  await page.locator("form").getByRole("button", { name: "Log in" }).click();
  await settled(page);
  expect(await page.evaluate(() => [localStorage.getItem("beep.session"), sessionStorage.getItem("beep.session") !== null])).toEqual([null, true]);
});
