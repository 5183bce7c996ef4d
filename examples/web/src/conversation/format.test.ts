import { describe, expect, it } from "vitest";
import { marked, markOf, quoted } from "./format";

/** `[` and `]` are the ends of the selection. */
function apply(text: string, mark: string): string {
  const start = text.indexOf("[");
  const end = text.indexOf("]") - 1;
  const bare = text.replace(/[[\]]/g, "");
  const { from, to, insert, select } = marked(bare, { start, end }, mark);
  const now = bare.slice(0, from) + insert + bare.slice(to);
  return `${now.slice(0, select.start)}[${now.slice(select.start, select.end)}]${now.slice(select.end)}`;
}

it.each([
  ["b", false, "**"],
  ["I", false, "*"],
  ["e", false, "`"],
  ["x", true, "~~"],
  ["b", true, null],
  ["k", false, null],
])("the mark of %s, Shift %s, is %s", (key, shiftKey, mark) => expect(markOf({ key, shiftKey })).toBe(mark));

describe("marks", () => {
  it.each([
    ["say [it] loud", "**", "say **[it]** loud"],
    ["say **[it]** loud", "**", "say [it] loud"],
    ["say [**it**] loud", "**", "say [it] loud"],
    ["say [ it ] loud", "*", "say  *[it]*  loud"],
    ["here []", "**", "here **[]**"],
    ["**[it]**", "*", "***[it]***"],
    ["***[it]***", "*", "**[it]**"],
    ["[**it**]", "*", "*[**it**]*"],
    ["[code]", "`", "`[code]`"],
  ])("%s with %s becomes %s", (text, mark, after) => expect(apply(text, mark)).toBe(after));
});

describe("quotations", () => {
  it.each<[string, string]>([
    ["a [word] here", "[> a word here]"],
    ["first\n[second\nthird]\nlast", "first\n[> second\n> third]\nlast"],
    ["[> a\n> b]", "[a\nb]"],
    ["[> a\nb]", "[> > a\n> b]"],
  ])("of %j", (before, after) => {
    const [start, end] = [before.indexOf("["), before.indexOf("]") - 1];
    const text = before.replace(/[[\]]/g, "");
    const { from, to, insert, select } = quoted(text, { start, end });
    const next = text.slice(0, from) + insert + text.slice(to);
    expect(`${next.slice(0, select.start)}[${next.slice(select.start, select.end)}]${next.slice(select.end)}`).toBe(after);
  });
});
