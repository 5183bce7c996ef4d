/**
 * Markdown-lite: what a message may be dressed in. Gives a tree and never HTML, so that whatever somebody writes is
 * text until a React element is made of it.
 *
 * Blocks: ``` fences, `>` quotes, `-` lists, paragraphs. Spans: `code`, **strong**, *emphasis*, ~~struck~~, links.
 */

export type Span =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "link"; url: string; text: string }
  | { kind: "strong" | "emphasis" | "struck"; spans: Span[] };

export type Block =
  | { kind: "paragraph"; lines: Span[][] }
  | { kind: "quote"; lines: Span[][] }
  | { kind: "list"; items: Span[][] }
  | { kind: "fence"; text: string };

export function parse(source: string): Block[] {
  const blocks: Block[] = [];
  const lines = source.split("\n");
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    if (line.startsWith("```")) {
      const end = lines.findIndex((other, index) => index > at && other.trimEnd() === "```");
      if (end !== -1) {
        blocks.push({ kind: "fence", text: lines.slice(at + 1, end).join("\n") });
        at = end + 1;
        continue;
      }
    }
    const quoted = /^> ?(.*)$/.exec(line);
    const listed = /^[-*] +(.+)$/.exec(line);
    const last = blocks.at(-1);
    if (quoted) {
      const spans = parseSpans(quoted[1] ?? "");
      if (last?.kind === "quote" && at > 0 && lines[at - 1]?.startsWith(">")) last.lines.push(spans);
      else blocks.push({ kind: "quote", lines: [spans] });
    } else if (listed) {
      const spans = parseSpans(listed[1] ?? "");
      if (last?.kind === "list" && lines[at - 1]?.trim() !== "") last.items.push(spans);
      else blocks.push({ kind: "list", items: [spans] });
    } else if (line.trim() !== "") {
      const spans = parseSpans(line);
      if (last?.kind === "paragraph" && at > 0 && lines[at - 1]?.trim() !== "") last.lines.push(spans);
      else blocks.push({ kind: "paragraph", lines: [spans] });
    }
    at += 1;
  }
  return blocks;
}

/** How deep marks nest before they are text: somebody's thousand asterisks must not overflow a stack. */
const DEPTH = 4;

const MARKS: readonly { mark: string; kind: "strong" | "emphasis" | "struck" }[] = [
  { mark: "**", kind: "strong" },
  { mark: "__", kind: "strong" },
  { mark: "~~", kind: "struck" },
  { mark: "*", kind: "emphasis" },
  { mark: "_", kind: "emphasis" },
];

export function parseSpans(line: string, depth = 0): Span[] {
  const spans: Span[] = [];
  let text = "";
  const flush = () => {
    if (text !== "") spans.push({ kind: "text", text });
    text = "";
  };
  for (let at = 0; at < line.length; ) {
    const found = depth < DEPTH ? spanAt(line, at, depth) : null;
    if (found) {
      flush();
      spans.push(found.span);
      at = found.end;
    } else {
      // A run of the same mark that opens nothing is text as a whole, so that no part of it is tried again.
      const run = /^([*_~`])\1*/.exec(line.slice(at, at + 4_000))?.[0].length ?? 1;
      text += line.slice(at, at + run);
      at += run;
    }
  }
  flush();
  return spans;
}

function spanAt(line: string, at: number, depth: number): { span: Span; end: number } | null {
  const char = line[at];
  if (char === "\\" && /[\\`*_~>-]/.test(line[at + 1] ?? "")) {
    return { span: { kind: "text", text: line[at + 1] ?? "" }, end: at + 2 };
  }
  if (char === "`") {
    const end = line.indexOf("`", at + 1);
    return end > at + 1 ? { span: { kind: "code", text: line.slice(at + 1, end) }, end: end + 1 } : null;
  }
  if (char === "h" && !/\w/.test(line[at - 1] ?? "")) return linkAt(line, at);
  for (const { mark, kind } of MARKS) {
    if (!line.startsWith(mark, at)) continue;
    const start = at + mark.length;
    // An underscore inside of a word, as in a file's name, marks nothing.
    if (mark[0] === "_" && /\w/.test(line[at - 1] ?? "")) continue;
    if (/^\s?$/.test(line[start] ?? "")) continue;
    const end = closing(line, mark, start);
    if (end !== -1) return { span: { kind, spans: parseSpans(line.slice(start, end), depth + 1) }, end: end + mark.length };
  }
  return null;
}

function closing(line: string, mark: string, start: number): number {
  for (let end = line.indexOf(mark, start + 1); end !== -1; end = line.indexOf(mark, end + 1)) {
    const tight = !/\s/.test(line[end - 1] ?? "");
    const single = mark.length === 2 || (line[end + 1] !== mark && line[end - 1] !== mark);
    const word = mark[0] === "_" && /\w/.test(line[end + mark.length] ?? "");
    if (tight && single && !word) return end;
  }
  return -1;
}

/** Only `http` and `https`: anything else that looks like a link stays text. */
function linkAt(line: string, at: number): { span: Span; end: number } | null {
  const found = /^https?:\/\/[^\s<>"`]+/.exec(line.slice(at, at + 2_048));
  if (!found) return null;
  const text = trimmed(found[0]);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  return { span: { kind: "link", url: url.href, text }, end: at + text.length };
}

/** Leaves the sentence's own punctuation outside, and a closing bracket that the link did not open. */
function trimmed(text: string): string {
  let link = text;
  for (;;) {
    const last = link.at(-1) ?? "";
    const unopened = last === ")" && link.split("(").length < link.split(")").length;
    if (!unopened && !/[.,:;!?'*_~\]]/.test(last)) return link;
    link = link.slice(0, -1);
  }
}
