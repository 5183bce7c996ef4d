//! The text of a message as a tree, so that all platforms show the same.
//!
//! [`parse`] reads a subset of CommonMark as chats know it: strong, emphasis, strike, spoilers, code, quotes, lists,
//! headings, small print, links, mentions and emoji by name. It takes time linear in the text, gives a tree of bounded
//! depth, and never fails: what is no mark is text, as it was typed. A view makes its own elements of the tree, so no
//! text can become code of the page. `vectors/markup.json` holds cases that every platform can run.
//!
//! ```
//! use beep_client::markup::{self, Block, Inline};
//!
//! let markup = markup::parse("**hello** you");
//! let Block::Paragraph { inlines } = &markup.blocks[0] else { panic!("a paragraph") };
//! assert!(matches!(inlines[0], Inline::Strong { .. }));
//! assert_eq!(markup.plain_text(|_| None), "hello you");
//! ```
//!
//! Where it differs from CommonMark:
//!
//! - Emphasis begins and ends at the edges of words, so `2**8` and `__init__.py` are as typed. Letters of scripts
//!   without spaces between words count as edges.
//! - A backslash goes only where it takes a mark its meaning; any other is text, as in `C:\_new`.
//! - Each line break is one; nothing continues a quote or list but its own marks and indentation.
//! - An ordered item keeps its number. A fence that is not closed, and a quote of nothing, are text.
//! - A spoiler is closed across empty lines too, so that nothing of it is seen.

mod block;
mod edge;
mod emoji;
mod inline;
mod link;
mod mention;
mod plain;
#[cfg(test)]
mod tests;

use beep_core::id::{ChannelId, RoleId, UserId};
use beep_proto::id::{Bare, Full};
use serde::Serialize;

/// The text of a message as a tree.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Markup {
    /// The blocks, from top to bottom.
    pub blocks: Vec<Block>,
    /// How many emoji the message has, if it has nothing else and at most [`MOST_LONE_EMOJI`]: they can be drawn large.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lone_emoji: Option<u8>,
}

/// A part of a message that has lines of its own.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Block {
    /// Lines of text.
    Paragraph {
        /// The text.
        inlines: Vec<Inline>,
    },
    /// A heading.
    Heading {
        /// 1, 2 or 3; 1 is the largest.
        level: u8,
        /// The text.
        inlines: Vec<Inline>,
    },
    /// A line in small print.
    Small {
        /// The text.
        inlines: Vec<Inline>,
    },
    /// A quote.
    Quote {
        /// What is quoted.
        blocks: Vec<Block>,
    },
    /// A list.
    List {
        /// Its items, at least one. All have a number or none.
        items: Vec<ListItem>,
    },
    /// A block of code.
    Code {
        /// The language, as it was written: at most 32 of letters, digits, `_`, `+`, `#`, `.` and `-`.
        #[serde(skip_serializing_if = "Option::is_none")]
        language: Option<String>,
        /// The code, with `\n` between its lines.
        text: String,
    },
}

/// An item of a list.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ListItem {
    /// The number before it; `None` for a bullet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// What it holds.
    pub blocks: Vec<Block>,
}

/// A part of a line.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Inline {
    /// Text. Blanks in it count.
    Text {
        /// The text.
        text: String,
    },
    /// The end of a line.
    Break,
    /// Code within a line.
    Code {
        /// The code.
        text: String,
    },
    /// Strong, usually drawn bold.
    Strong {
        /// What is strong.
        inlines: Vec<Inline>,
    },
    /// Emphasis, usually drawn italic.
    Emphasis {
        /// What is emphasised.
        inlines: Vec<Inline>,
    },
    /// Struck through.
    Strike {
        /// What is struck through.
        inlines: Vec<Inline>,
    },
    /// Hidden until somebody wants to see it.
    Spoiler {
        /// What is hidden.
        inlines: Vec<Inline>,
    },
    /// A link.
    Link {
        /// Where it leads: `http`, `https` or `mailto`, and nothing else.
        url: String,
        /// The host that it leads to, in lower case, as it was written: a name in another script is not encoded.
        host: String,
        /// What is shown.
        label: Vec<Inline>,
        /// Whether what is shown reads as an address of another host: warn before following it.
        disguised: bool,
    },
    /// A mentioned user.
    User {
        /// Who.
        id: Full<UserId>,
    },
    /// A mentioned role of the server.
    Role {
        /// Which role.
        id: Bare<RoleId>,
    },
    /// A channel.
    Channel {
        /// Which channel.
        id: Full<ChannelId>,
    },
    /// All members: `@everyone`.
    Everyone,
    /// A name between colons. One that names no emoji is shown as `:name:`.
    Emoji {
        /// The name, without the colons.
        name: String,
    },
}

/// Whom or what a message mentions.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mention {
    /// A user.
    User {
        /// Who.
        id: Full<UserId>,
    },
    /// All members with a role.
    Role {
        /// Which role.
        id: Bare<RoleId>,
    },
    /// A channel.
    Channel {
        /// Which channel.
        id: Full<ChannelId>,
    },
    /// All members.
    Everyone,
}

/// Reads the text of a message.
pub fn parse(text: &str) -> Markup {
    Markup { blocks: block::parse(text), lone_emoji: emoji::count_lone(text) }
}

impl Markup {
    /// The text without marks, for notices, copying and searching. A mention is shown as `name` says, which gives a name
    /// without its sign, and as it was written where that gives nothing.
    pub fn plain_text(&self, name: impl Fn(&Mention) -> Option<String>) -> String {
        plain::text(&self.blocks, &name)
    }

    /// One line of at most `most` characters, for replies and lists: spoilers are covered, line breaks are blanks, and
    /// `…` stands for what is left out.
    pub fn preview(&self, most: usize, name: impl Fn(&Mention) -> Option<String>) -> String {
        plain::preview(&self.blocks, most, &name)
    }

    /// Whom and what the message mentions, in order, each once.
    pub fn mentions(&self) -> Vec<Mention> {
        let mut mentions = Vec::new();
        mention::collect(&self.blocks, &mut mentions);
        mentions
    }
}

/// The greatest number of emoji that are drawn large.
pub const MOST_LONE_EMOJI: u8 = 27;

/// How deep quotes and lists nest; deeper marks are text.
pub const MOST_BLOCK_DEPTH: usize = 6;

/// How deep marks within a line nest; further ones are text.
pub const MOST_INLINE_DEPTH: usize = 16;
