/** Somebody who writes everywhere in the page while everything around them comes and goes. */
import { channelLink, editor } from "./message";
import { composer, expect, fillLogIn, PASSWORD, pathTo, settled, type Backend, type Page, type Person, type Place } from "./test";

/** What may happen next. Of some there are more: they are likelier. */
export const STEPS = {
  write: 10,
  send: 4,
  edit: 3,
  reply: 2,
  /** To another channel. */
  go: 5,
  /** Takes a message that waits to be sent back into the composer. */
  take: 2,
  /** Gives the permissions back, and waits for the client to be connected. */
  rest: 3,
  /** Cuts the network off, or gives it back. */
  network: 2,
  /** Kills the backend, or starts it. */
  backend: 2,
  /** Takes permissions, or gives them. */
  permissions: 2,
  reload: 2,
  /** Ends the session from elsewhere, and logs in again. */
  session: 1,
} as const;

export type Step = keyof typeof STEPS;

export interface Garden {
  backend: Backend;
  page: Page;
  /** Who may change the permissions. */
  owner: Person;
  /** Who writes. */
  writer: Person;
  place: Place;
  channels: readonly { readonly id: string; readonly name: string }[];
}

export class Walk {
  /** All words that were in a field after they were typed. */
  readonly words: string[] = [];
  /** How often each step could be done. */
  readonly done = new Map<Step, number>();
  /** What was done, a line each. */
  readonly log: string[] = [];
  #runs = true;
  #online = true;
  #count = 0;
  #renewed = Date.now();

  constructor(private readonly garden: Garden) {}

  /** Does one step, if it can be done now; `choice` decides between its ways. */
  async step(step: Step, choice: number): Promise<void> {
    const [words, began] = [this.words.length, performance.now()];
    const did = await this.#do(step, choice);
    if (did) this.done.set(step, (this.done.get(step) ?? 0) + 1);
    this.log.push([`${Math.round(performance.now() - began)} ms`, step, ...this.words.slice(words), did ? "" : "(not)", await this.#where()].join(" "));
  }

  /** What the page shows, for the log. */
  #where(): Promise<string> {
    return this.garden.page.evaluate(() => {
      const field = document.querySelector<HTMLTextAreaElement>(".composer textarea");
      const rows = [...document.querySelectorAll<HTMLElement>("[data-state]")].map((row) => `${row.dataset["state"]}: ${row.querySelector(".text")?.textContent}`);
      const banner = document.querySelector<HTMLElement>("[data-connection]")?.dataset["connection"] ?? "";
      return `| ${document.title} | ${field === null ? "no field" : `${field.ariaLabel}${field.readOnly ? " (closed)" : ""} "${field.value}"`} | ${rows.join("; ")} | ${banner}`;
    }).catch(() => "| no page");
  }

  #do(step: Step, choice: number): Promise<boolean> {
    switch (step) {
      case "write":
        return this.#write(choice % 2 === 0);
      case "send":
        return this.#send();
      case "edit":
        return this.#actOn("[data-mine][data-message]", "e", choice);
      case "reply":
        return this.#actOn("[data-message]", "r", choice);
      case "go":
        return this.#go(choice);
      case "take":
        return done(this.garden.page.locator("[data-state=waiting], [data-state=failed]").getByRole("button", { name: "Edit" }).first().click({ timeout: SHORT_MS }));
      case "rest":
        return this.#rest(choice % 2 === 0);
      case "network":
        return this.#setOnline(!this.#online);
      case "backend":
        return this.#setRunning(!this.#runs);
      case "permissions":
        return this.#permit(PERMISSIONS[choice % PERMISSIONS.length]!);
      case "reload":
        return this.#reload();
      case "session":
        return this.#endSession();
    }
  }

  /** Appends a word to what is in the field, by keys or as if it was pasted. */
  async #write(byKeys: boolean): Promise<boolean> {
    const { page } = this.garden;
    const word = `w${(this.#count += 1)}`;
    const typed = await page.evaluate(([word, byKeys]) => {
      const field = document.querySelector<HTMLTextAreaElement>(".composer textarea");
      if (!field || field.readOnly) return false;
      field.focus();
      field.setSelectionRange(field.value.length, field.value.length);
      // In one step with the question whether one may write here.
      if (!byKeys) document.execCommand("insertText", false, ` ${word}`);
      return byKeys || field.value.endsWith(word);
    }, [word, byKeys] as const).catch(() => false);
    if (!typed) return false;
    if (byKeys) {
      await page.keyboard.type(` ${word}`);
      const seen = await page.evaluate((word) => document.querySelector<HTMLTextAreaElement>(".composer textarea")?.value.endsWith(word) ?? false, word).catch(() => false);
      if (!seen) return false;
    }
    this.words.push(word);
    return true;
  }

  async #send(): Promise<boolean> {
    const { page } = this.garden;
    const ready = await page.evaluate(() => {
      const field = document.querySelector<HTMLTextAreaElement>(".composer textarea");
      field?.focus();
      return field !== null && field.value.trim() !== "";
    }).catch(() => false);
    if (ready) await page.keyboard.press("Enter");
    return ready;
  }

  /** Presses a key on a message. As an event of its own: where it does nothing, no letter is typed. */
  #actOn(which: string, key: string, choice: number): Promise<boolean> {
    return this.garden.page.evaluate(([which, key, choice]) => {
      const rows = document.querySelectorAll<HTMLElement>(which);
      const row = rows[choice % rows.length];
      row?.focus();
      row?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      return row !== undefined;
    }, [which, key, choice] as const).catch(() => false);
  }

  #go(choice: number): Promise<boolean> {
    const { page, channels } = this.garden;
    return done(channelLink(page, channels[choice % channels.length]!.name).click({ timeout: SHORT_MS }));
  }

  async #rest(impatient: boolean): Promise<boolean> {
    if (!this.#runs || !this.#online) return false;
    const { page } = this.garden;
    await this.#renew();
    await this.#permit(PERMISSIONS[0]);
    await this.#mend();
    if (impatient) await page.locator(".banner").getByRole("button", { name: "Try now" }).click({ timeout: SHORT_MS }).catch(() => {});
    await expect(page.locator("[data-connection=offline]")).toHaveCount(0, { timeout: RECONNECTED_MS });
    await page.locator("[data-state=queued], [data-state=sending]").first().waitFor({ state: "detached", timeout: SHORT_MS }).catch(() => {});
    return true;
  }

  async #setOnline(online: boolean): Promise<boolean> {
    await this.garden.page.context().setOffline(!online);
    this.#online = online;
    await this.#reopen();
    return true;
  }

  async #setRunning(runs: boolean): Promise<boolean> {
    await (runs ? this.garden.backend.run() : this.garden.backend.kill());
    this.#runs = runs;
    await this.#reopen();
    return true;
  }

  async #permit(permissions: readonly string[]): Promise<boolean> {
    if (!this.#runs) return false;
    const { backend, place, owner } = this.garden;
    await backend.ask("PATCH", `/servers/${place.server}/roles/${place.everyone}`, { permissions }, owner.token);
    return true;
  }

  async #reload(): Promise<boolean> {
    const { page } = this.garden;
    // Without a backend only a page that a worker keeps comes again.
    const isKept = await page.evaluate(() => navigator.serviceWorker?.controller != null).catch(() => false);
    if (!isKept && !(this.#runs && this.#online)) return false;
    const reached = await done(page.reload({ waitUntil: "commit" }));
    // Whatever comes first: the next step finds the page just made.
    if (reached) await this.#opened();
    return reached;
  }

  async #endSession(): Promise<boolean> {
    if (!this.#runs || !this.#online) return false;
    const { page, backend, writer } = this.garden;
    await this.#rest(true);
    const sessions = await backend.ask<{ items: { id: string; label: string | null }[] }>("GET", "/self/sessions", undefined, writer.token);
    for (const { id, label } of sessions.items) if (label === "Web browser") await backend.ask("DELETE", `/self/sessions/${id}`, undefined, writer.token);
    await expect(page.getByText("Your session ended.")).toBeVisible({ timeout: RECONNECTED_MS });
    await this.#mend();
    return true;
  }

  /** Asks for new tokens while the old ones still hold: a walk may be long. */
  async #renew(): Promise<void> {
    if (Date.now() - this.#renewed < RENEW_MS) return;
    for (const person of [this.garden.owner, this.garden.writer]) await this.garden.backend.renew(person);
    this.#renewed = Date.now();
  }

  /** Opens the page again where the browser had none to show, as soon as it can be reached. */
  async #reopen(): Promise<void> {
    const { page, place } = this.garden;
    if (!this.#runs || !this.#online || (await page.locator("#root").count().catch(() => 0)) > 0) return;
    await page.goto(pathTo(place), { waitUntil: "commit" });
    await this.#opened();
  }

  /** Tries again where the page gave up, and logs in where that is asked. */
  async #mend(): Promise<void> {
    const { page, writer } = this.garden;
    await this.#reopen();
    await this.#opened();
    const again = page.locator(".fatal").getByRole("button", { name: "Try again" });
    if (await again.isVisible()) await again.click();
    await this.#opened();
    if (!(await page.locator("input[type=password]").isVisible())) return;
    await fillLogIn(page, writer.username, PASSWORD);
    await page.locator(".shell").waitFor();
    await this.#opened();
  }

  #opened(): Promise<boolean> {
    return done(this.garden.page.locator(".composer textarea, .empty, .fatal, input[type=password]").first().waitFor({ timeout: RECONNECTED_MS }));
  }

  /** Makes everything well again, and sends all that is anywhere. */
  async finish(): Promise<void> {
    const { page, place, channels } = this.garden;
    await this.#setOnline(true);
    if (!this.#runs) await this.#setRunning(true);
    await this.#renew();
    await this.#permit(PERMISSIONS[0]);
    await page.goto(pathTo(place));
    await this.#mend();
    await settled(page);
    for (const { name } of channels) {
      // Of several changes that were begun in a channel, each is shown when the one before was saved.
      for (;;) {
        await channelLink(page, channels.find((one) => one.name !== name)!.name).click();
        await channelLink(page, name).click();
        await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
        if (!(await editor(page).isVisible())) break;
        await editor(page).press("Enter");
        await expect(editor(page)).toHaveCount(0);
      }
      if ((await composer(page).inputValue()).trim() !== "") await composer(page).press("Enter");
      await expect(composer(page)).toHaveValue(/^\s*$/);
      await expect(async () => {
        const again = page.locator("[data-state=failed]").getByRole("button", { name: "Try again" });
        if (await again.count()) await again.first().click();
        await expect(page.locator("[data-state]")).toHaveCount(0, { timeout: SHORT_MS });
      }).toPass({ timeout: RECONNECTED_MS });
    }
  }

  /** How often each word was said, in all channels. */
  async said(): Promise<Map<string, number>> {
    const { backend, owner, channels } = this.garden;
    const said = new Map<string, number>();
    for (const { id } of channels) {
      let before = "";
      for (;;) {
        const { items } = await backend.ask<{ items: { id: string; content: string }[] }>("GET", `/channels/${id}/messages?limit=100${before}`, undefined, owner.token);
        for (const word of items.flatMap(({ content }) => content.split(/\s+/))) said.set(word, (said.get(word) ?? 0) + 1);
        const last = items.at(-1);
        if (!last) break;
        before = `&before=${last.id}`;
      }
    }
    return said;
  }
}

/** What everybody may do: write, only read, or nothing. */
const PERMISSIONS = [["view_channels", "send_messages"], ["view_channels"], []] as const;
/** How long one waits for what may not be there at all. */
const SHORT_MS = 1_000;
/** The longest pause before the client tries again is half a minute. */
const RECONNECTED_MS = 40_000;

const RENEW_MS = 5 * 60_000;

/** Whether it could be done. */
function done(doing: Promise<unknown>): Promise<boolean> {
  return doing.then(() => true, () => false);
}
