/**
 * Each word that somebody wrote is in a draft, in the queue or said, and only once, whatever happens around them.
 * `BEEP_WORDS_SEED` repeats a walk, as far as time lets it; `BEEP_WORDS_STEPS` makes it longer.
 */
import { writeFile } from "node:fs/promises";
import { Random } from "./random";
import { expect, pathTo, test } from "./test";
import { STEPS, Walk, type Step } from "./walk";

const SEED = Number(process.env["BEEP_WORDS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const COUNT = Number(process.env["BEEP_WORDS_STEPS"] ?? 300);

test("no word is lost or doubled, wherever it is written and whatever happens", async ({ backend, windows }, info) => {
  test.setTimeout(120_000 + COUNT * 2_000);
  console.log(`the walk of ${COUNT} steps has the seed ${SEED}`);
  const [owner, writer] = [await backend.person("ann"), await backend.person("ben")];
  const place = await backend.place(owner, "Garden");
  await backend.join(writer, place);
  const channels = [{ id: place.channel, name: "general" }];
  for (const name of ["harvest", "seeds"]) channels.push({ ...(await backend.ask<{ id: string }>("POST", `/servers/${place.server}/channels`, { name }, owner.token)), name });
  for (const { id, name } of channels) {
    for (const text of ["first", "second"]) await backend.say(writer, { ...place, channel: id }, `${text} of ${name}`);
    await backend.say(owner, { ...place, channel: id }, `what do you say of ${name}?`);
  }
  const page = await windows.as(writer, pathTo(place));

  const walk = new Walk({ backend, page, owner, writer, place, channels });
  const random = new Random(SEED);
  const deck = Object.entries(STEPS).flatMap(([step, count]) => Array<Step>(count).fill(step as Step));
  const log = info.outputPath("walk.txt");
  try {
    for (let taken = 0, cards: Step[] = []; taken < COUNT; taken += 1) {
      if (cards.length === 0) cards = random.shuffled(deck);
      await walk.step(cards.pop()!, random.below(1_000));
    }
  } finally {
    await writeFile(log, walk.log.join("\n"));
  }
  await walk.finish();

  const said = await walk.said();
  const found = walk.words.map((word) => ({ word, times: said.get(word) ?? 0 }));
  console.log(`${walk.words.length} words; ${[...walk.done].map(([step, times]) => `${step} ${times}`).join(", ")}`);
  expect(found.filter(({ times }) => times !== 1), `of ${walk.words.length} words, with the seed ${SEED}; see ${log}`).toEqual([]);
  // A walk that could do nothing shows nothing.
  // Taking back what was not sent is left to chance: few walks have it where they are.
  const sure = (steps: Iterable<string>) => [...steps].filter((step) => step !== "take").sort();
  if (COUNT >= 2 * deck.length) expect(sure(walk.done.keys())).toEqual(sure(Object.keys(STEPS)));
});
