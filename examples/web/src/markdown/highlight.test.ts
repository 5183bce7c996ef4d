import { expect, it } from "vitest";
import { highlight } from "./highlight";
import { LANGUAGES, languageOf, type Colored } from "./languages";

const textOf = (parts: readonly Colored[]): string => parts.map((part) => (typeof part === "string" ? part : textOf(part.parts))).join("");

it.each([["RS", "rust"], ["rust", "rust"], ["c++", "cpp"], ["constructor", null], ["brainfuck", null], [undefined, null]])("%s is %s", (name, language) => expect(languageOf(name)).toBe(language));

it.each(LANGUAGES)("%s loses no character", async (language) => {
  const text = '<a href="x">&amp; "quoted" // remark\nfn main() { return 1 + 2; }\n';
  expect(textOf(await highlight(text, language))).toBe(text);
});
it("finds words of the language", async () => {
  expect(await highlight("let x = 1;", "rust")).toContainEqual({ kind: "hljs-keyword", parts: ["let"] });
});
