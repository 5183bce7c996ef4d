//! Mentions: `<@user>`, `<@&role>`, `<#channel>` and `@everyone`.

use beep_core::mention::EVERYONE;

use super::edge::is_word;
use super::{Block, Inline, Mention};

/// The mention in angle brackets at `at`, and where it ends.
pub(super) fn bracketed(text: &str, at: usize) -> Option<(Inline, usize)> {
    let rest = text[at..].strip_prefix('<')?;
    let length = rest.bytes().take(MOST).position(|b| b == b'>')?;
    let inside = &rest[..length];
    let inline = if let Some(role) = inside.strip_prefix("@&") {
        Inline::Role { id: role.parse().ok()? }
    } else if let Some(user) = inside.strip_prefix('@') {
        Inline::User { id: user.parse().ok()? }
    } else {
        Inline::Channel { id: inside.strip_prefix('#')?.parse().ok()? }
    };
    Some((inline, at + 1 + length + 1))
}

/// Where the `@everyone` at `at` ends.
pub(super) fn everyone(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].chars().next_back();
    let after = text[at..].strip_prefix(EVERYONE)?;
    let within = |c: char| is_word(c) || matches!(c, '@' | '_');
    let alone = !before.is_some_and(within) && !after.starts_with(is_word);
    alone.then_some(at + EVERYONE.len())
}

/// Adds what is mentioned, in order, each once.
pub(super) fn collect(blocks: &[Block], into: &mut Vec<Mention>) {
    for block in blocks {
        match block {
            Block::Paragraph { inlines } | Block::Heading { inlines, .. } | Block::Small { inlines } => {
                collect_inline(inlines, into);
            }
            Block::Quote { blocks } => collect(blocks, into),
            Block::List { items } => items.iter().for_each(|item| collect(&item.blocks, into)),
            Block::Code { .. } => {}
        }
    }
}

fn collect_inline(inlines: &[Inline], into: &mut Vec<Mention>) {
    for inline in inlines {
        match inline {
            Inline::Strong { inlines }
            | Inline::Emphasis { inlines }
            | Inline::Strike { inlines }
            | Inline::Spoiler { inlines }
            | Inline::Link { label: inlines, .. } => collect_inline(inlines, into),
            inline => {
                if let Some(mention) = of(inline)
                    && into.len() < MOST_MENTIONS
                    && !into.contains(&mention)
                {
                    into.push(mention);
                }
            }
        }
    }
}

/// What an inline mentions, if it is a mention.
pub(super) fn of(inline: &Inline) -> Option<Mention> {
    match inline {
        Inline::User { id } => Some(Mention::User { id: id.clone() }),
        Inline::Role { id } => Some(Mention::Role { id: *id }),
        Inline::Channel { id } => Some(Mention::Channel { id: id.clone() }),
        Inline::Everyone => Some(Mention::Everyone),
        _ => None,
    }
}

/// The longest id with its sign and a domain.
const MOST: usize = 2 + 36 + 1 + 253 + 1;

/// More different mentions than a message has room for.
const MOST_MENTIONS: usize = 128;
