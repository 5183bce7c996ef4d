/** What the page holds stays the same however much comes: neither rows nor listeners nor memory grow with the traffic. */
import { channelLink } from "./message";
import { composer, expect, messages, pathTo, test, type Page } from "./test";

/** Fills what the page keeps of a channel, which is at most 500 messages. */
const FILL = 600;
const ROUNDS = 4;
const AT_ONCE = 8;

test("memory does not grow with the traffic", async ({ backend, windows }) => {
  test.setTimeout(300_000);
  const [ann, ben] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(ann, "Garden");
  await backend.join(ben, place);
  const channels = [{ id: place.channel, name: "general" }];
  for (const name of ["harvest", "seeds"]) channels.push({ ...(await backend.ask<{ id: string }>("POST", `/servers/${place.server}/channels`, { name }, ann.token)), name });
  const page = await windows.as(ann, pathTo(place));

  /** Messages in the channel that is open, one after the other in each, and somebody who begins to write there. */
  const traffic = async (round: number) => {
    for (const { id, name } of channels) {
      await channelLink(page, name).click();
      let number = 0;
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          while (number < FILL) await backend.say(ben, { ...place, channel: id }, `${name}, round ${round}, ${(number += 1)}: **bold**, https://example.org and <@${ann.id}>`);
        }),
      );
      const last = `the end of round ${round} in ${name}`;
      await backend.say(ben, { ...place, channel: id }, last);
      await expect(messages(page).last()).toContainText(last, { timeout: 30_000 });
      await composer(page).fill(`half a thought of round ${round}`);
      await composer(page).fill("");
    }
    await channelLink(page, channels[0]!.name).click();
    await expect(messages(page).last()).toContainText(`the end of round ${round}`);
  };

  // The first fills all that is bounded.
  await traffic(0);
  const early = await held(page);
  for (let round = 1; round <= ROUNDS; round += 1) await traffic(round);
  const late = await held(page);
  console.log(`after ${3 * FILL} messages: ${JSON.stringify(early)}; after ${3 * FILL * (ROUNDS + 1)}: ${JSON.stringify(late)}`);
  expect(late.nodes, "nodes of the document").toBeLessThan(early.nodes * 1.1 + 200);
  expect(late.listeners, "listeners").toBeLessThan(early.listeners * 1.1 + 50);
  expect(late.heap, "bytes of objects").toBeLessThan(early.heap * 1.15 + (2 << 20));
  expect(late.buffers, "bytes of buffers, with what the module of the SDK has").toBeLessThan(early.buffers * 1.15 + (2 << 20));
});

interface Held {
  nodes: number;
  listeners: number;
  heap: number;
  buffers: number;
}

/** What the page holds once all that nobody needs was thrown away. */
async function held(page: Page): Promise<Held> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  // Twice: the first frees what only the second finds to be free.
  for (let time = 0; time < 2; time += 1) await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  const usage = (await session.send("Runtime.getHeapUsage")) as { usedSize: number; backingStorageSize?: number };
  await session.detach();
  return { nodes: of("Nodes"), listeners: of("JSEventListeners"), heap: usage.usedSize, buffers: usage.backingStorageSize ?? 0 };
}
