//! Whom the text of a message mentions: `<@user>`, `<@&role>` and `@everyone`, but not in code.
//!
//! Decides from the text alone. Whether the author may mention so many, and whether a message is for somebody, is
//! [`crate::read_state`]'s question.

use uuid::Uuid;

use crate::domain::Domain;
use crate::id::{Id, RoleId, UserId, UserKey};

/// Whom a text mentions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mentions {
    /// Users, each once.
    pub users: Vec<UserKey>,
    /// Roles, each once.
    pub roles: Vec<RoleId>,
    /// Whether it mentions all members.
    pub everyone: bool,
}

impl Mentions {
    /// Reads a text. It takes time linear in its length, but for what opens code and closes none, which is bounded.
    pub fn of(text: &str) -> Self {
        let mut mentions = Self::default();
        if !may_mention(text) {
            return mentions;
        }
        let mut at = 0;
        while let Some(found) = text[at..].find(['\\', '`', '<', '@']) {
            at += found;
            let rest = &text[at..];
            at += match rest.as_bytes()[0] {
                // It takes the next mark its meaning.
                b'\\' => 1 + rest[1..].chars().next().filter(char::is_ascii_punctuation).map_or(0, char::len_utf8),
                b'`' => code(text, at),
                b'<' => mentions.bracketed(rest),
                _ => mentions.all(&text[..at], rest),
            };
        }
        mentions
    }

    /// Takes the mention that a text begins with, if it does; gives how long it is.
    fn bracketed(&mut self, rest: &str) -> usize {
        let Some(length) = rest.bytes().take(MOST).position(|b| b == b'>') else { return 1 };
        let inside = &rest[1..length];
        if let Some(role) = inside.strip_prefix("@&") {
            let Some(role) = id::<RoleId>(role) else { return 1 };
            add(&mut self.roles, role);
        } else {
            let user = inside.strip_prefix('@').and_then(|user| user.split_once('@'));
            let user = user.and_then(|(user, home)| Some(UserKey::new(id::<UserId>(user)?, Domain::parse(home).ok()?)));
            let Some(user) = user else { return 1 };
            add(&mut self.users, user);
        }
        length + 1
    }

    /// Takes the `@everyone` that a text begins with, if it stands alone; gives how long it is.
    fn all(&mut self, before: &str, rest: &str) -> usize {
        let within = |c: char| is_word(c) || matches!(c, '@' | '_');
        match rest.strip_prefix(EVERYONE) {
            Some(after) if !before.ends_with(within) && !after.starts_with(is_word) => {
                self.everyone = true;
                EVERYONE.len()
            }
            _ => 1,
        }
    }
}

/// Whether a text may mention anybody; false for most.
fn may_mention(text: &str) -> bool {
    text.contains("<@") || text.contains(EVERYONE)
}

/// Whether a character is a part of a word that another one may continue: not of scripts that put no spaces between words,
/// or marks right after a word as Korean does.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_unspaced(c)
}

/// Letters of scripts that put no spaces between words, or marks right after a word.
pub fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{2e80}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff00}'..='\u{ffef}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// What mentions all members.
pub const EVERYONE: &str = "@everyone";

/// How long the code is that begins with the backtick at `at`: one that nothing closes is a mark alone.
fn code(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let ticks = rest.bytes().take_while(|b| *b == b'`').count();
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let is_fence = ticks >= FENCE && text[line..at].bytes().all(|b| matches!(b, b' ' | b'>'));
    let end = if is_fence { fenced(rest, ticks) } else { None };
    end.or_else(|| spanned(rest, ticks)).unwrap_or(ticks)
}

/// Where the block of code ends that a text begins with.
fn fenced(rest: &str, ticks: usize) -> Option<usize> {
    let mut at = rest.find('\n')? + 1;
    for line in rest[at..].split_inclusive('\n') {
        at += line.len();
        let marks = line.trim_matches(['\n', ' ', '>']);
        if marks.len() >= ticks && marks.bytes().all(|b| b == b'`') {
            return Some(at);
        }
    }
    None
}

/// Where the code within a paragraph ends that a text begins with.
fn spanned(rest: &str, ticks: usize) -> Option<usize> {
    let paragraph = rest.find("\n\n").map_or(rest, |end| &rest[..end]);
    let mut at = ticks;
    while let Some(found) = paragraph[at..].find('`') {
        at += found;
        let run = paragraph[at..].bytes().take_while(|b| *b == b'`').count();
        at += run;
        if run == ticks {
            return Some(at);
        }
    }
    None
}

fn add<T: PartialEq>(into: &mut Vec<T>, one: T) {
    if into.len() < MOST_MENTIONS && !into.contains(&one) {
        into.push(one);
    }
}

/// Reads an id in its one spelling.
fn id<T: Id>(text: &str) -> Option<T> {
    let uuid = Uuid::try_parse(text).ok().filter(|_| text.len() == 36)?;
    matches!(uuid.get_version_num(), 7 | 8).then(|| T::from_uuid(uuid))
}

/// The longest id with its brackets, its sign and a domain.
const MOST: usize = 3 + 36 + 1 + 253 + 1;

/// The fewest backticks of a block of code.
const FENCE: usize = 3;

/// More different mentions than a message has room for.
const MOST_MENTIONS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "0193e0a0-0000-7000-8000-000000000001@a.example.com";
    const ROLE: &str = "0193e0a0-0000-7000-8000-000000000002";

    #[test]
    fn users_roles_and_everyone_are_mentioned() {
        let mentions = Mentions::of(&format!("<@{USER}> and <@&{ROLE}>, <@{USER}>: @everyone!"));
        assert_eq!(mentions.users.iter().map(ToString::to_string).collect::<Vec<_>>(), [USER]);
        assert_eq!(mentions.roles.iter().map(ToString::to_string).collect::<Vec<_>>(), [ROLE]);
        assert!(mentions.everyone);
    }

    #[test]
    fn code_and_what_is_no_mention_mention_nobody() {
        for text in [
            "mail me@everyone.example.com",
            "@everyones",
            "_@everyone".trim_start_matches(' '),
            r"\@everyone",
            "`@everyone`",
            "``a ` @everyone``",
            "```\n@everyone\n```",
            "> ```rust\n> @everyone\n> ```",
            "<@>",
            "<@&1>",
            "<@1@a>",
            "<#0193e0a0-0000-7000-8000-000000000001@a.example.com>",
        ] {
            assert_eq!(Mentions::of(text), Mentions::default(), "{text}");
        }
        for text in ["`@everyone", "`a`@everyone`", "```\n@everyone", "hey,@everyone.", "你好@everyone你好"] {
            assert!(Mentions::of(text).everyone, "{text}");
        }
    }
}
