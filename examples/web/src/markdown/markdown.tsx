import { memo, type ReactNode } from "react";
import type { Block, Inline } from "../store/objects";
import { NamedEmoji } from "../emoji/named-emoji";
import { CodeBlock } from "./code-block";
import { ChannelPill, EveryonePill, RolePill, UserPill } from "./pills";
import { Spoiler } from "./spoiler";
import { TextLink } from "./text-link";
import { treeOf } from "./tree";

/** A message's text as elements, which nothing in it can add to. Memoised: a text rarely changes while the list does. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  const { blocks, lone_emoji } = treeOf(text);
  // By its text, so that a page that somebody's browser translated shows an edit.
  return <div key={text} className={lone_emoji === undefined ? "markup" : "markup lone"}>{blocks.map(block)}</div>;
});

function block(of: Block, key: number): ReactNode {
  switch (of.type) {
    case "paragraph":
      return <p key={key}>{of.inlines.map(inline)}</p>;
    case "small":
      return <p key={key} className="small-print"><small>{of.inlines.map(inline)}</small></p>;
    case "heading":
      // The page's own headings are not of the messages: this is one to look at.
      return <p key={key} className={`heading-${of.level}`}><strong>{of.inlines.map(inline)}</strong></p>;
    case "quote":
      return <blockquote key={key}>{of.blocks.map(block)}</blockquote>;
    case "list": {
      const numbered = of.items[0]?.number !== undefined;
      const items = of.items.map(({ number, blocks }, index) => <li key={index} value={number}>{blocks.map(block)}</li>);
      return numbered ? <ol key={key}>{items}</ol> : <ul key={key}>{items}</ul>;
    }
    case "code":
      return <CodeBlock key={key} language={of.language} text={of.text} />;
  }
}

function inline(of: Inline, key: number): ReactNode {
  switch (of.type) {
    case "text":
      return of.text;
    case "break":
      return <br key={key} />;
    case "code":
      return <code key={key} translate="no">{of.text}</code>;
    case "strong":
      return <strong key={key}>{of.inlines.map(inline)}</strong>;
    case "emphasis":
      return <em key={key}>{of.inlines.map(inline)}</em>;
    case "strike":
      return <s key={key}>{of.inlines.map(inline)}</s>;
    case "spoiler":
      return <Spoiler key={key}>{of.inlines.map(inline)}</Spoiler>;
    case "link":
      return <TextLink key={key} url={of.url} host={of.host} disguised={of.disguised}>{of.label.map(inline)}</TextLink>;
    case "user":
      return <UserPill key={key} id={of.id} />;
    case "role":
      return <RolePill key={key} id={of.id} />;
    case "channel":
      return <ChannelPill key={key} id={of.id} />;
    case "everyone":
      return <EveryonePill key={key} />;
    case "emoji":
      return <NamedEmoji key={key} name={of.name} />;
  }
}
