import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it, vi } from "vitest";
import type { Block, Inline, Markup } from "../store/objects";

/** What the SDK would read of a text. */
const trees = new Map<string, Markup>();
vi.mock("../store/objects", () => ({ markup: (text: string) => trees.get(text) ?? { blocks: [] }, preview: (text: string) => text, Chat: class {} }));
vi.mock("../sdk", () => ({ BeepError: class BeepError extends Error {}, homeOf: (id: string) => id.slice(id.indexOf("@") + 1), handleOf: () => "", permissions: {} }));
vi.mock("./pills", () => ({
  UserPill: ({ id }: { id: string }) => <i>{id}</i>,
  RolePill: ({ id }: { id: string }) => <i>{id}</i>,
  ChannelPill: ({ id }: { id: string }) => <i>{id}</i>,
  EveryonePill: () => <i>@everyone</i>,
}));
const { Markdown } = await import("./markdown");
const { mentions } = await import("./tree");
const { isLong } = await import("./fold");

let count = 0;
function html(...blocks: Block[]): string {
  const text = `text ${(count += 1)}`;
  trees.set(text, { blocks });
  return renderToStaticMarkup(<Markdown text={text} />);
}
const text = (text: string): Inline => ({ type: "text", text });
const paragraph = (...inlines: Inline[]): Block => ({ type: "paragraph", inlines });
const inside = (...inlines: Inline[]) => html(paragraph(...inlines)).replace('<div class="markup"><p>', "").replace("</p></div>", "");

describe("elements", () => {
  it.each<[Inline, string]>([
    [{ type: "strong", inlines: [{ type: "emphasis", inlines: [text("a")] }] }, "<strong><em>a</em></strong>"],
    [{ type: "strike", inlines: [text("a")] }, "<s>a</s>"],
    [{ type: "code", text: "<b>" }, '<code translate="no">&lt;b&gt;</code>'],
    [{ type: "break" }, "<br/>"],
    [{ type: "user", id: "u@a" }, "<i>u@a</i>"],
    [{ type: "emoji", name: "nobody_knows" }, ":nobody_knows:"],
  ])("of %j", (inline, expected) => expect(inside(inline)).toBe(expected));
  it("numbers a list as it was written", () => {
    expect(html({ type: "list", items: [{ number: 3, blocks: [paragraph(text("a"))] }, { number: 7, blocks: [] }] })).toContain('<ol><li value="3"><p>a</p></li><li value="7"></li></ol>');
  });
  it("opens links elsewhere, with nothing that says where from", () => {
    expect(inside({ type: "link", url: "https://a.example.com/", host: "a.example.com", label: [text("a")], disguised: false })).toBe(
      '<a href="https://a.example.com/" target="_blank" rel="noopener noreferrer nofollow" title="a.example.com">a</a>',
    );
  });
  it("does not read out a spoiler", () => {
    expect(inside({ type: "spoiler", inlines: [text("the end")] })).toMatch(/<span aria-hidden="true" inert="">the end<\/span>/);
  });
  it("leaves text text", () => {
    for (const attack of ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"]) {
      expect(inside(text(attack))).not.toMatch(/<(script|img)/);
      expect(html({ type: "code", text: attack })).not.toMatch(/<(script|img)/);
    }
  });
});

describe("mentions", () => {
  const tree = (...inlines: Inline[]): Markup => ({ blocks: [{ type: "quote", blocks: [{ type: "list", items: [{ blocks: [paragraph(...inlines)] }] }] }] });
  it.each<[string, Inline, boolean]>([
    ["oneself", { type: "user", id: "me@a" }, true],
    ["somebody else", { type: "user", id: "you@a" }, false],
    ["one's role", { type: "role", id: "r1" }, true],
    ["another role", { type: "role", id: "r2" }, false],
    ["everybody", { type: "everyone" }, true],
    ["oneself within marks", { type: "strong", inlines: [{ type: "spoiler", inlines: [{ type: "user", id: "me@a" }] }] }, true],
  ])("of %s", (_, inline, expected) => expect(mentions(tree(inline), "me@a", ["r1"])).toBe(expected));
});

describe("folding", () => {
  it.each([
    ["one line", "a", false],
    ["twenty-four lines", `${"a\n".repeat(23)}a`, false],
    ["twenty-five lines", `${"a\n".repeat(24)}a`, true],
    ["lines of an old Windows", `${"a\r\n".repeat(24)}a`, true],
    ["one long line", "a".repeat(3_900), true],
  ])("of %s", (_, source, long) => expect(isLong(source)).toBe(long));
});
