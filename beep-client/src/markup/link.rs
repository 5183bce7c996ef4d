//! Links: bare ones, those in angle brackets, and those with a label.

use super::edge::is_word;
use super::{Inline, inline};

/// A link without a label.
pub(super) struct Bare {
    /// Where it leads.
    pub(super) url: String,
    /// The host.
    pub(super) host: String,
    /// Where its text ends.
    pub(super) end: usize,
}

/// The link that begins at `at`: with `http://`, `https://` or `www.` in any case, or a mail address. Its end leaves the
/// sentence's punctuation, brackets that it did not open, and marks for which `is_open` says that they are open.
pub(super) fn bare(text: &str, at: usize, is_open: impl Fn(u8) -> bool) -> Option<Bare> {
    let before = text[..at].chars().next_back();
    let rest = &text[at..];
    if before.is_some_and(is_word) {
        return None;
    }
    let scheme = SCHEMES.into_iter().find(|scheme| starts_with(rest, scheme));
    let is_www = scheme.is_none() && starts_with(rest, "www.");
    if scheme.is_none() && !is_www {
        return mail(text, at);
    }
    // The host first: where there is none, no more is looked at.
    let name = &rest[scheme.map_or(0, str::len)..];
    let authority = &name[..until(name, MOST_URL, |c| is_stop(c) || matches!(c, '/' | '?' | '#'))?];
    host(authority.trim_end_matches(|c| ".,:;!?'*_~)]}".contains(c)))?;
    let length = until(rest, MOST_URL, is_stop)?;
    let link = &rest[..kept(&rest[..length], is_open)];
    let after = link.get(scheme.map_or(0, str::len)..)?;
    let host = host(after)?;
    if is_www && (host.matches('.').count() < 2 || host.ends_with('.') || before.is_some_and(|c| "/.-@:".contains(c))) {
        return None;
    }
    Some(Bare { url: format!("{}{after}", scheme.unwrap_or(HTTPS)), host, end: at + link.len() })
}

/// The link in angle brackets at `at`, without them, and where it ends.
pub(super) fn bracketed(text: &str, at: usize) -> Option<(Inline, usize)> {
    let rest = text[at..].strip_prefix('<')?;
    let length = rest.find(is_stop).filter(|length| *length <= MOST_URL && rest[*length..].starts_with('>'))?;
    let shown = &rest[..length];
    let (url, host) = target(shown)?;
    let label = vec![Inline::Text { text: shown.to_owned() }];
    Some((Inline::Link { url, host, label, disguised: false }, at + length + 2))
}

/// The link whose label is between the brackets at `open` and `close`, and where it ends.
pub(super) fn labelled(text: &str, open: usize, close: usize) -> Option<(Inline, usize)> {
    let (url, host, end) = destination(text, close)?;
    let shown = &text[open + 1..close];
    if shown.trim().is_empty() {
        return None;
    }
    let label = inline::parse_label(shown);
    let mut read = String::new();
    read_label(&label, &mut read);
    let disguised = shown_host(&read).is_some_and(|shown| plain(&shown) != plain(&host));
    Some((Inline::Link { url, host, label, disguised }, end))
}

/// Where the link leads whose label ends at `close`, and where it ends.
pub(super) fn destination(text: &str, close: usize) -> Option<(String, String, usize)> {
    let rest = text[close..].strip_prefix("](")?;
    let start = close + 2;
    let (url, end) = match rest.strip_prefix('<') {
        Some(inside) => {
            let length = inside.find(is_stop).filter(|length| inside[*length..].starts_with(">)"))?;
            (&inside[..length], start + length + 3)
        }
        None => {
            let length = closing(rest)?;
            (&rest[..length], start + length + 1)
        }
    };
    let (url, host) = target(url).filter(|_| url.len() <= MOST_URL)?;
    Some((url, host, end))
}

/// Where the bracket is that closes a destination. It ends before the next label does, so that each is looked at once.
fn closing(rest: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            ']' if rest[at + 1..].starts_with('(') => return None,
            c if is_stop(c) => return None,
            _ => {}
        }
    }
    None
}

/// The address and host of a link that is safe to follow.
fn target(url: &str) -> Option<(String, String)> {
    if url.contains(is_stop) {
        return None;
    }
    if let Some(scheme) = SCHEMES.into_iter().find(|scheme| starts_with(url, scheme)) {
        let after = &url[scheme.len()..];
        return Some((format!("{scheme}{after}"), host(after)?));
    }
    let address = if starts_with(url, MAILTO) { &url[MAILTO.len()..] } else { url };
    let mail = mail(address, 0).filter(|mail| mail.end == address.len())?;
    Some((mail.url, mail.host))
}

/// The host that an address without its scheme begins with. An address with a user name before its host is refused: it is
/// there to mislead.
fn host(address: &str) -> Option<String> {
    let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
    let (name, port) = match authority.rfind(':') {
        Some(at) if !authority.ends_with(']') => (&authority[..at], &authority[at + 1..]),
        _ => (authority, ""),
    };
    let is_six = name.starts_with('[')
        && name.ends_with(']')
        && name.len() > 4
        && name[1..name.len() - 1].bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
    let is_name = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_') || is_mark(c))
        && name.starts_with(char::is_alphanumeric)
        && !name.contains("..");
    let fits = (is_six || is_name) && name.len() <= MOST_HOST && port.len() <= 5;
    (fits && port.bytes().all(|b| b.is_ascii_digit())).then(|| name.to_lowercase())
}

/// The mail address that begins at `at`.
fn mail(text: &str, at: usize) -> Option<Bare> {
    let rest = &text[at..];
    let before = text[..at].chars().next_back();
    if !rest.starts_with(|c: char| c.is_ascii_alphanumeric())
        || before.is_some_and(|c| is_of_mail(c) || "/:@".contains(c))
    {
        return None;
    }
    let local = rest.bytes().take(MOST_LOCAL).take_while(|b| is_of_mail(char::from(*b))).count();
    let after = rest[local..].strip_prefix('@')?;
    let length = after.bytes().take(MOST_HOST).take_while(|b| b.is_ascii_alphanumeric() || b"-.".contains(b)).count();
    let domain = after[..length].trim_end_matches(['.', '-']);
    let last = domain.rsplit('.').next().unwrap_or_default();
    let is_domain = domain.contains('.')
        && !domain.contains("..")
        && domain.starts_with(|c: char| c.is_ascii_alphanumeric())
        && last.len() >= 2
        && last.bytes().all(|b| b.is_ascii_alphabetic());
    let continues = after[domain.len()..].starts_with(|c| is_word(c) || c == '@');
    let end = local + 1 + domain.len();
    (is_domain && !continues && !rest[..local].ends_with('.')).then(|| Bare {
        url: format!("{MAILTO}{}", &rest[..end]),
        host: domain.to_ascii_lowercase(),
        end: at + end,
    })
}

fn is_of_mail(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-')
}

/// How much of a link stays in it.
fn kept(link: &str, is_open: impl Fn(u8) -> bool) -> usize {
    let count = |one: char| link.matches(one).count();
    let mut unopened =
        [('(', ')'), ('[', ']'), ('{', '}')].map(|(open, close)| count(close).saturating_sub(count(open)));
    let mut end = link.len();
    while let Some(last) = link[..end].chars().next_back() {
        let surplus = match last {
            ')' => Some(0),
            ']' => Some(1),
            '}' => Some(2),
            _ => None,
        };
        match (last, surplus) {
            ('.' | ',' | ':' | ';' | '!' | '?' | '\'', _) => {}
            (_, Some(of)) if unopened[of] > 0 => unopened[of] -= 1,
            ('*', _) if is_open(b'*') => {}
            ('_', _) if is_open(b'_') => {}
            ('~', _) if is_open(b'~') => {}
            _ => break,
        }
        end -= last.len_utf8();
    }
    end
}

/// What ends a link: blanks, quotation marks, full-width and typographic punctuation, and what is not seen or turns the
/// direction of text.
fn is_stop(c: char) -> bool {
    match c {
        '<' | '>' | '"' | '`' | '|' | '\\' | '«' | '»' => true,
        c if c.is_ascii() => c.is_ascii_whitespace() || c.is_ascii_control(),
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2014}' | '\u{2018}'..='\u{201f}' | '\u{2026}' | '\u{2028}'..='\u{202f}' => true,
        '\u{2039}' | '\u{203a}' | '\u{205f}'..='\u{206f}' => true,
        '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff65}' => !c.is_alphanumeric(),
        c => c.is_whitespace() || c.is_control(),
    }
}

/// Marks that are parts of letters, as in the names of hosts in scripts of India.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e00}'..='\u{eff}')
}

/// The host that a label reads as; `None` if it does not read as an address.
fn shown_host(label: &str) -> Option<String> {
    let label = label.trim();
    let scheme = SCHEMES.into_iter().find(|scheme| starts_with(label, scheme));
    let address = &label[scheme.map_or(0, str::len)..];
    if address.contains(char::is_whitespace) {
        return None;
    }
    // What stands before an `@` is no host, also where a browser would take it for a name.
    let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host(authority.rsplit('@').next().unwrap_or_default())?;
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_name = host.contains('.') && last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
    (scheme.is_some() || is_name).then_some(host)
}

/// How many octets come before a character; `None` if more than `most` do.
fn until(text: &str, most: usize, is_end: impl Fn(char) -> bool) -> Option<usize> {
    let within = text.char_indices().take_while(|(at, _)| *at <= most);
    let end = within.clone().find(|(_, c)| is_end(*c)).map(|(at, _)| at);
    end.or((text.len() <= most).then_some(text.len()))
}

fn plain(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

fn read_label(inlines: &[Inline], into: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text { text } | Inline::Code { text } => into.push_str(text),
            Inline::Strong { inlines }
            | Inline::Emphasis { inlines }
            | Inline::Strike { inlines }
            | Inline::Spoiler { inlines } => read_label(inlines, into),
            _ => into.push(' '),
        }
    }
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

const HTTPS: &str = "https://";
const SCHEMES: [&str; 2] = [HTTPS, "http://"];
const MAILTO: &str = "mailto:";
/// The longest address, in octets; a longer one is text.
const MOST_URL: usize = 2_048;
const MOST_HOST: usize = 253;
const MOST_LOCAL: usize = 64;
