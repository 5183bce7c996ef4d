/**
 * What every test of the client stands on: a backend, and windows on it. Whatever a test is about, it fails when one of
 * its windows broke the page's policy or threw an error that nobody caught.
 */
import { test as base, expect, request, type BrowserContext, type BrowserContextOptions, type Locator, type Page } from "@playwright/test";
import { Backend, PASSWORD, type Person, type Place } from "./backend";
import { insertAsByKeys, isLostSocket } from "./firefox";

export { expect, PASSWORD };
export type { Backend, Locator, Page, Person, Place };

/** Opens windows, each of a browser of its own: no cookie is shared. */
export interface Windows {
  open(path?: string, options?: BrowserContextOptions): Promise<Page>;
  /** Signed in as somebody, then at the path. */
  as(person: { username: string }, path?: string, options?: BrowserContextOptions): Promise<Page>;
  /** The same on a backend of one's own. */
  at(backend: Backend, person: { username: string }, path?: string): Promise<Page>;
  /** What they did that none may; whatever is in it at the end fails the test. */
  wrong: string[];
}

export const test = base.extend<{ windows: Windows }, { backend: Backend }>({
  backend: [
    async ({}, use) => {
      const backend = await Backend.start();
      await use(backend);
      await backend.stop();
    },
    { scope: "worker" },
  ],
  windows: async ({ browser, backend, contextOptions }, use, info) => {
    const contexts: BrowserContext[] = [];
    const wrong: string[] = [];
    const start = async (options: BrowserContextOptions = {}) => {
      const context = await browser.newContext({ ...contextOptions, baseURL: backend.url, ...options });
      contexts.push(context);
      await watch(context, wrong);
      await insertAsByKeys(context);
      return context.newPage();
    };
    await use({
      wrong,
      async open(path = "/", options) {
        const page = await start(options);
        await page.goto(path);
        return page;
      },
      async as(person, path = "/", options) {
        const page = await start({ ...options, storageState: await signedIn(options?.baseURL ?? backend.url, person.username) });
        await page.goto(path);
        await connected(page);
        return page;
      },
      at(backend, person, path) {
        return this.as(person, path, { baseURL: backend.url });
      },
    });
    if (info.status !== info.expectedStatus) {
      for (const [number, context] of contexts.entries()) {
        for (const page of context.pages()) await page.screenshot({ path: info.outputPath(`window-${number}.png`), caret: "initial" }).catch(() => {});
      }
    }
    for (const context of contexts) await context.close();
    expect(wrong, "violations of the policy and uncaught errors").toEqual([]);
  },
});

/** Notes what no page may ever do. */
async function watch(context: BrowserContext, wrong: string[]): Promise<void> {
  await context.exposeBinding("noteViolation", (_, text: string) => void wrong.push(text));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) => {
      (window as unknown as { noteViolation(text: string): void }).noteViolation(`policy: ${violatedDirective} ${blockedURI} ${sourceFile}`);
    });
  });
  context.on("console", (message) => {
    if (message.type() === "error" && /content security policy/i.test(message.text())) wrong.push(message.text());
  });
  context.on("weberror", (error) => {
    const { message, stack } = error.error();
    if (!isLostSocket(message)) wrong.push(`uncaught: ${stack ?? message}`);
  });
  context.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
}

/** What a browser keeps of a login that stays, without the form: that is for the tests that are about it. */
async function signedIn(url: string, login: string): Promise<NonNullable<BrowserContextOptions["storageState"]>> {
  const asking = await request.newContext({ baseURL: url });
  const answer = await asking.post("/v1/login", { data: { login, password: PASSWORD, label: "Web browser", persist: true } });
  if (!answer.ok()) throw new Error(`${login} logs in: ${answer.status()} ${await answer.text()}`);
  const { session_id, user } = (await answer.json()) as { session_id: string; user: unknown };
  const { cookies } = await asking.storageState();
  await asking.dispose();
  const kept = { name: "beep.session", value: JSON.stringify({ session_id, user, cursor: null }) };
  return { cookies, origins: [{ origin: url, localStorage: [kept] }] };
}

export async function logIn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await fillLogIn(page, username, password);
  await settled(page);
}

/** Sends the form to log in, whichever form is shown. */
export async function fillLogIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByRole("button", { name: "Log in" }).first().click();
  await page.getByLabel("Username or mail address").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.locator("form").getByRole("button", { name: "Log in" }).click();
}

/** Opens the menu at the name of the server, and does what it says. */
export async function inMenu(page: Page, entry: string): Promise<void> {
  await page.locator(".server-head").click();
  await page.getByRole("menuitem", { name: entry }).click();
}

/** Opens a page of the settings that are open. */
export async function openPage(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name, exact: true }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
}

/** Leaves the settings for where one was. */
export async function leaveSettings(page: Page): Promise<void> {
  await page.locator(".settings").getByRole("button", { name: "Close" }).click();
  await expect(page.locator(".settings")).toHaveCount(0);
}

/** Makes a server by the dialog, and goes past the step that invites people. */
export async function createServer(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Servers" }).getByRole("button", { name: "Create a server" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill(name);
  await page.getByRole("dialog").getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
}

/** Waits until the client knows what there is. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator(".shell main")).toBeVisible();
  await expect(page.locator(".shell main .skeleton.message")).toHaveCount(0);
}

/** Waits until the client is told at once what happens: what came before that is history to it. */
export async function connected(page: Page): Promise<void> {
  await settled(page);
  await expect(page.locator(".shell")).toHaveAttribute("data-live", "true");
}

/** A server of ann's with ben in it, and its second channel, "harvest". */
export async function garden(backend: Backend): Promise<{ ann: Person; ben: Person; place: Place; second: string }> {
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const { id } = await backend.ask<{ id: string }>("POST", `/servers/${place.server}/channels`, { name: "harvest" }, ann.token);
  return { ann, ben, place, second: id };
}

export const pathTo = ({ server, channel }: Place): string => `/s/${server}/${channel}`;
export const history = (page: Page): Locator => page.getByRole("region", { name: /^Messages (in|with)/ });
/** The messages that are drawn. */
export const messages = (page: Page): Locator => history(page).getByRole("article");
export const composer = (page: Page): Locator => page.getByRole("textbox", { name: /^Message / });

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}
