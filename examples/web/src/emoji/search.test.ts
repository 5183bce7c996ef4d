import { beforeAll, expect, it } from "vitest";
import { loadEmoji, emojiOf, type Emoji } from "./emoji";
import { grouped, moved, searched, skinned } from "./search";

let emoji: readonly Emoji[] = [];
beforeAll(async () => {
  emoji = await loadEmoji();
}, 60_000);

const first = (query: string) => searched(query, emoji, 8)[0]?.unicode;

it("finds by name, by what is shown, and by what it stands for", () => {
  expect(first("tada")).toBe("🎉");
  expect(first("party popper")).toBe("🎉");
  expect(searched("celebrate", emoji, 8).map(({ unicode }) => unicode)).toContain("🎉");
  expect(searched("no such thing at all", emoji, 8)).toEqual([]);
});
it("knows names between colons", () => {
  expect(emojiOf("tada")).toBe("🎉");
  expect(emojiOf("constructor")).toBeNull();
});
it("gives each its group, none twice, and none without", () => {
  const all = grouped(emoji).flatMap((one) => one.emoji);
  expect(all).toHaveLength(emoji.length);
  expect(grouped(emoji).every((one) => one.emoji.length > 50)).toBe(true);
});
it("takes the skin where there is one", () => {
  const [wave, tada] = ["👋", "🎉"].map((unicode) => emoji.find((one) => one.unicode === unicode)!) as [Emoji, Emoji];
  expect([0, 1, 5].map((tone) => skinned(wave, tone))).toEqual(["👋", "👋🏻", "👋🏿"]);
  expect(skinned(tada, 5)).toBe("🎉");
});
it.each([
  [0, "ArrowRight", 1],
  [0, "ArrowLeft", 0],
  [4, "ArrowUp", 4],
  [4, "ArrowDown", 13],
  [15, "ArrowDown", 15],
  [5, "Home", 0],
  [5, "End", 19],
  [5, "a", 5],
])("from cell %d by %s one is at %d", (at, key, next) => expect(moved(at, key, 20, 9)).toBe(next));
