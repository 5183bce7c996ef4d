import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { Markdown } from "./markdown";
import { parse, parseSpans } from "./parse";

const html = (source: string) => renderToStaticMarkup(<Markdown source={source} />);

describe("dressing", () => {
  it.each([
    ["**strong** and *emphasis*", "<p><strong>strong</strong> and <em>emphasis</em></p>"],
    ["__strong__ _emphasis_ ~~struck~~", "<p><strong>strong</strong> <em>emphasis</em> <s>struck</s></p>"],
    ["**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"],
    ["`**not**`", "<p><code>**not**</code></p>"],
    ["snake_case_name", "<p>snake_case_name</p>"],
    ["2 * 3 * 4", "<p>2 * 3 * 4</p>"],
    ["**open", "<p>**open</p>"],
    ["\\*plain\\*", "<p>*plain*</p>"],
    ["one\ntwo", "<p>one<br/>two</p>"],
    ["one\n\ntwo", "<p>one</p><p>two</p>"],
    ["> said\n> so\nanswer", "<blockquote>said<br/>so</blockquote><p>answer</p>"],
    ["- a\n- b", "<ul><li>a</li><li>b</li></ul>"],
    ["```js\nlet a = *1*;\n```", "<pre><code>let a = *1*;</code></pre>"],
    ["```\nnever closed", "<p>```<br/>never closed</p>"],
  ])("%j", (source, expected) => expect(html(source)).toBe(expected));
});

describe("links", () => {
  it("opens http and https elsewhere", () => {
    expect(html("see https://a.example.com/x?y=1.")).toBe(
      '<p>see <a href="https://a.example.com/x?y=1" target="_blank" rel="noopener noreferrer nofollow">https://a.example.com/x?y=1</a>.</p>',
    );
  });
  it("keeps brackets that belong to the link", () => {
    expect(parseSpans("(https://a.example.com/b_(c))")).toContainEqual({
      kind: "link",
      url: "https://a.example.com/b_(c)",
      text: "https://a.example.com/b_(c)",
    });
  });
  it.each(["javascript:alert(1)", "data:text/html,x", "vbscript:x", "xhttps://a.example.com", "http://", "[x](javascript:alert(1))"])(
    "leaves %j text",
    (source) => expect(html(source)).not.toContain("<a"),
  );
});

describe("attacks", () => {
  it.each(["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "**<b onclick=x>**", "`<i>`", "```\n<u>\n```", "> <svg/onload=x>"])(
    "%j is text",
    (source) => expect(html(source)).not.toMatch(/<(script|img|b|i|u|svg)\b/),
  );
  it("cannot break out of a link", () => {
    expect(html('https://a.example.com/"onmouseover="x')).toContain('href="https://a.example.com/"');
  });
  it.each(["*".repeat(4_000), "**a".repeat(1_300), "_~*`".repeat(1_000), "https://".repeat(500), "> ".repeat(2_000), "(".repeat(4_000)])(
    "takes no time over a hostile message",
    (source) => {
      const start = performance.now();
      parse(source);
      expect(performance.now() - start).toBeLessThan(250);
    },
  );
});
