import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { loadEmoji } from "../emoji/emoji";
import { speak } from "../i18n";
import { reactedText } from "./reactions";

beforeAll(() => speak("en"));

it("says who reacted, and how many others", () => {
  expect(reactedText([], "👍", 2)).toBe("👍, 2 reactions");
  expect(reactedText(["Ann"], "👍", 1)).toBe("Ann reacted with 👍");
  expect(reactedText(["Ann", "Ben"], "👍", 2)).toBe("Ann and Ben reacted with 👍");
  expect(reactedText(["Ann", "Ben"], "👍", 3)).toBe("Ann, Ben, and 1 other reacted with 👍");
  expect(reactedText(["Ann", "Ben"], "👍", 1_002)).toBe("Ann, Ben, and 1,000 others reacted with 👍");
});
it("offers no emoji that a backend refuses", async () => {
  // With and without what asks for a picture an emoji is the same.
  const bare = (emoji: string) => emoji.replaceAll("\ufe0f", "");
  const known = new Set(readFileSync("../../beep-core/tests/fixtures/emoji.txt", "utf8").trim().split("\n").map(bare));
  const offered = (await loadEmoji()).flatMap(({ unicode, skins }) => [unicode, ...skins]);
  expect(offered.length).toBeGreaterThan(3_000);
  expect(offered.filter((emoji) => !known.has(bare(emoji)))).toEqual([]);
});
