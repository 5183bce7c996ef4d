//! The text of a message as a tree.

use beep_client::markup::{self, Block, Inline, MOST_BLOCK_DEPTH, MOST_INLINE_DEPTH};

/// The tree is of bounded depth, no letter or digit is lost, and a link leads to where it is safe to go.
pub(crate) fn run(octets: &[u8]) {
    let Ok(text) = str::from_utf8(octets) else { return };
    let markup = markup::parse(text);
    let mut held = String::new();
    blocks(&markup.blocks, 0, &mut held);
    let mut held = held.chars();
    for wanted in text.chars().filter(|c| c.is_alphanumeric()) {
        assert!(held.any(|c| c.eq_ignore_ascii_case(&wanted)), "{wanted:?} is lost");
    }
    let preview = markup.preview(80, |_| None);
    assert!(preview.chars().count() <= 80 && !preview.contains('\n'), "a preview is one short line");
    assert!(markup.mentions().len() <= 128, "mentions are bounded");
}

fn blocks(of: &[Block], depth: usize, held: &mut String) {
    assert!(depth <= MOST_BLOCK_DEPTH, "quotes and lists nest too deep");
    for block in of {
        match block {
            Block::Paragraph { inlines: of } | Block::Heading { inlines: of, .. } | Block::Small { inlines: of } => {
                inlines(of, 0, held);
            }
            Block::Quote { blocks: of } => blocks(of, depth + 1, held),
            Block::List { items } => {
                assert!(!items.is_empty(), "a list has an item");
                for item in items {
                    held.extend(item.number.map(|number| number.to_string()));
                    blocks(&item.blocks, depth + 1, held);
                }
            }
            Block::Code { language, text } => held.extend([language.as_deref().unwrap_or_default(), text]),
            other => panic!("{other:?} is not looked at"),
        }
    }
}

fn inlines(of: &[Inline], depth: usize, held: &mut String) {
    // Within the label of a link marks nest anew, once.
    assert!(depth <= 2 * MOST_INLINE_DEPTH + 1, "marks nest too deep");
    for inline in of {
        match inline {
            Inline::Text { text } | Inline::Code { text } => held.push_str(text),
            Inline::Break => held.push('\n'),
            Inline::Strong { inlines: of }
            | Inline::Emphasis { inlines: of }
            | Inline::Strike { inlines: of }
            | Inline::Spoiler { inlines: of } => inlines(of, depth + 1, held),
            Inline::Link { url, label, .. } => {
                let is_safe = ["https://", "http://", "mailto:"].iter().any(|scheme| url.starts_with(scheme));
                assert!(is_safe, "{url:?} is not safe");
                let start = held.len();
                inlines(label, depth + 1, held);
                // A link that shows where it leads has its address once.
                let shown = &held[start..];
                if !url.ends_with(shown) && !shown.eq_ignore_ascii_case(url) {
                    held.push_str(url);
                }
            }
            Inline::User { id } => held.push_str(&id.to_string()),
            Inline::Role { id } => held.push_str(&id.to_string()),
            Inline::Channel { id } => held.push_str(&id.to_string()),
            Inline::Everyone => held.push_str("@everyone"),
            Inline::Emoji { name } => held.push_str(name),
            other => panic!("{other:?} is not looked at"),
        }
    }
}
