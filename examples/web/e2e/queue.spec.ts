/** Without a backend one goes on writing; once it is back, everything goes out by itself. */
import { availableParallelism, loadavg } from "node:os";
import { channelLink } from "./message";
import { composer, expect, messages, pathTo, say, test } from "./test";

const CHANNELS = ["general", "harvest", "seeds", "tools", "weather"] as const;
const EACH = 10;

test("fifty messages that were written in five channels without a backend go out by themselves, in order and once", async ({ backend, windows }) => {
  test.setTimeout(180_000);
  const ann = await backend.person("ann");
  const place = await backend.place(ann, "Garden");
  const ids = new Map<string, string>([["general", place.channel]]);
  for (const name of CHANNELS.slice(1)) ids.set(name, (await backend.ask<{ id: string }>("POST", `/servers/${place.server}/channels`, { name }, ann.token)).id);
  const page = await windows.as(ann, pathTo(place));
  await expect(composer(page)).toBeEditable();
  await backend.kill();
  await expect(page.locator(".banner")).toContainText("No connection.");

  const texts = (name: string) => Array.from({ length: EACH }, (_, number) => `${name} ${number + 1}`);
  for (let number = 0; number < EACH; number += 1) {
    for (const name of CHANNELS) {
      await channelLink(page, name).click();
      await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
      await say(page, texts(name)[number]!);
    }
  }
  await expect(messages(page).filter({ hasText: texts("weather").at(-1)! })).toContainText("Will be sent when connected.");

  await backend.run();
  await expect(page.locator("[data-connection=resumed]")).toBeVisible({ timeout: 60_000 });
  const said = async (name: string): Promise<string[]> => {
    const { items } = await backend.ask<{ items: { content: string }[] }>("GET", `/channels/${ids.get(name)}/messages?limit=100`, undefined, ann.token);
    return items.map(({ content }) => content).reverse();
  };
  const all = async () => Object.fromEntries(await Promise.all(CHANNELS.map(async (name) => [name, await said(name)] as const)));
  const expected = Object.fromEntries(CHANNELS.map((name) => [name, texts(name)]));
  await expect.poll(all, { timeout: SOON_MS * busy(), intervals: [50] }).toEqual(expected);
  await expect(page.locator("[data-state]")).toHaveCount(0);
  for (const name of CHANNELS) {
    await channelLink(page, name).click();
    await expect(messages(page)).toHaveCount(EACH);
    expect((await messages(page).locator(".text").allInnerTexts()).map((text) => text.trim())).toEqual(texts(name));
  }
  expect(await all(), "nothing followed twice").toEqual(expected);
});

/** How long everything takes from when the client is connected. */
const SOON_MS = 2_000;

/** How many programs wait for each processor: what they take from this one is no fault of the client. */
function busy(): number {
  return Math.max(1, loadavg()[0]! / availableParallelism());
}
