import { memo, type ReactNode } from "react";
import { parse, type Block, type Span } from "./parse";

/** A message's text, dressed. Memoised: a message's text rarely changes while the list around it does. */
export const Markdown = memo(function Markdown({ source }: { source: string }) {
  return <>{parse(source).map(block)}</>;
});

function block(of: Block, key: number): ReactNode {
  switch (of.kind) {
    case "paragraph":
      return <p key={key}>{lines(of.lines)}</p>;
    case "quote":
      return <blockquote key={key}>{lines(of.lines)}</blockquote>;
    case "fence":
      return (
        <pre key={key}>
          <code>{of.text}</code>
        </pre>
      );
    case "list":
      return (
        <ul key={key}>
          {of.items.map((item, index) => (
            <li key={index}>{item.map(span)}</li>
          ))}
        </ul>
      );
  }
}

function lines(of: Span[][]): ReactNode[] {
  return of.flatMap((line, index) => (index === 0 ? line.map(span) : [<br key={`br${index}`} />, ...line.map((one, at) => span(one, index * 10_000 + at))]));
}

function span(of: Span, key: number): ReactNode {
  switch (of.kind) {
    case "text":
      return of.text;
    case "code":
      return <code key={key}>{of.text}</code>;
    case "link":
      return (
        <a key={key} href={of.url} target="_blank" rel="noopener noreferrer nofollow">
          {of.text}
        </a>
      );
    case "strong":
      return <strong key={key}>{of.spans.map(span)}</strong>;
    case "emphasis":
      return <em key={key}>{of.spans.map(span)}</em>;
    case "struck":
      return <s key={key}>{of.spans.map(span)}</s>;
  }
}
