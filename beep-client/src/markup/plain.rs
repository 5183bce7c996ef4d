//! Text without marks.

use beep_core::mention::EVERYONE;

use super::mention;
use super::{Block, Inline, Mention};

type Name<'a> = &'a dyn Fn(&Mention) -> Option<String>;

/// Everything that is seen, with a line break between blocks.
pub(super) fn text(blocks: &[Block], name: Name<'_>) -> String {
    let mut writer = Writer { text: String::new(), covered: false, name };
    writer.blocks(blocks);
    writer.text
}

/// One line, with spoilers covered.
pub(super) fn preview(blocks: &[Block], most: usize, name: Name<'_>) -> String {
    let mut writer = Writer { text: String::new(), covered: true, name };
    writer.blocks(blocks);
    let mut line = String::new();
    for (count, word) in writer.text.split_whitespace().enumerate() {
        if count > 0 {
            line.push(' ');
        }
        line.push_str(word);
    }
    let Some((cut, _)) = line.char_indices().nth(most) else { return line };
    let kept = line[..cut].char_indices().nth_back(0).map_or(0, |(at, _)| at);
    line.truncate(kept);
    if most > 0 {
        line.push('…');
    }
    line
}

struct Writer<'a> {
    text: String,
    /// Whether spoilers are covered.
    covered: bool,
    name: Name<'a>,
}

impl Writer<'_> {
    fn blocks(&mut self, blocks: &[Block]) {
        for (count, block) in blocks.iter().enumerate() {
            if count > 0 {
                self.text.push('\n');
            }
            match block {
                Block::Paragraph { inlines } | Block::Heading { inlines, .. } | Block::Small { inlines } => {
                    self.inlines(inlines);
                }
                Block::Quote { blocks } => self.blocks(blocks),
                Block::List { items } => {
                    for (count, item) in items.iter().enumerate() {
                        if count > 0 {
                            self.text.push('\n');
                        }
                        match item.number {
                            Some(number) => self.text.push_str(&format!("{number}. ")),
                            None => self.text.push_str("• "),
                        }
                        self.blocks(&item.blocks);
                    }
                }
                Block::Code { text, .. } => self.text.push_str(text),
            }
        }
    }

    fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Text { text } | Inline::Code { text } => self.text.push_str(text),
                Inline::Break => self.text.push('\n'),
                Inline::Spoiler { .. } if self.covered => self.text.push_str(COVER),
                Inline::Strong { inlines }
                | Inline::Emphasis { inlines }
                | Inline::Strike { inlines }
                | Inline::Spoiler { inlines }
                | Inline::Link { label: inlines, .. } => self.inlines(inlines),
                Inline::Emoji { name } => self.text.extend([":", name, ":"]),
                mentioned => self.mention(mentioned),
            }
        }
    }

    fn mention(&mut self, inline: &Inline) {
        let Some(mention) = mention::of(inline) else { return };
        let name = (self.name)(&mention);
        let (sign, written) = match mention {
            Mention::User { id } => ('@', format!("<@{id}>")),
            Mention::Role { id } => ('@', format!("<@&{id}>")),
            Mention::Channel { id } => ('#', format!("<#{id}>")),
            Mention::Everyone => ('@', EVERYONE.to_owned()),
        };
        match name {
            Some(name) => {
                self.text.push(sign);
                self.text.push_str(&name);
            }
            None => self.text.push_str(&written),
        }
    }
}

/// What stands for a spoiler, whatever its length.
const COVER: &str = "███";
