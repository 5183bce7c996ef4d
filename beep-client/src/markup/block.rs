//! The blocks of a message: fences, quotes, lists, headings, paragraphs.
//!
//! Each level of nesting looks at its lines once, and the levels are bounded.

use super::{Block, ListItem, MOST_BLOCK_DEPTH, inline};

/// Reads a message.
pub(super) fn parse(text: &str) -> Vec<Block> {
    read(&lines(text), 0)
}

/// The lines of a text; `\n`, `\r\n` and `\r` end one.
fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    for part in text.split('\n') {
        lines.extend(part.strip_suffix('\r').unwrap_or(part).split('\r'));
    }
    lines
}

fn read(lines: &[&str], depth: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph = Paragraph::default();
    // The longest fence that is still closed, from each line on.
    let mut fences = vec![0; lines.len() + 1];
    for (at, line) in lines.iter().enumerate().rev() {
        fences[at] = fences[at + 1].max(closing_ticks(line));
    }
    let last_bars = lines.iter().rposition(|line| line.contains("||")).unwrap_or(0);
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if paragraph.hides() && at <= last_bars {
            paragraph.push(line);
            at += 1;
        } else if line.trim().is_empty() {
            paragraph.end(&mut blocks);
            at += 1;
        } else if let Some((block, end)) = fence(lines, at, &fences).or_else(|| container(lines, at, depth)) {
            paragraph.end(&mut blocks);
            blocks.push(block);
            at = end;
        } else if let Some(block) = one_line(line) {
            paragraph.end(&mut blocks);
            blocks.push(block);
            at += 1;
        } else {
            paragraph.push(unescaped(line).unwrap_or(line));
            at += 1;
        }
    }
    paragraph.end(&mut blocks);
    blocks
}

/// Lines that belong together.
#[derive(Default)]
struct Paragraph {
    text: String,
    is_open: bool,
    /// Whether the bars so far leave a spoiler open.
    is_odd: bool,
}

impl Paragraph {
    fn push(&mut self, line: &str) {
        if self.is_open {
            self.text.push('\n');
        }
        self.is_open = true;
        self.is_odd ^= line.matches("||").count() % 2 == 1;
        self.text.push_str(line);
    }

    fn hides(&self) -> bool {
        self.is_odd
    }

    fn end(&mut self, blocks: &mut Vec<Block>) {
        let Self { text, is_open, .. } = std::mem::take(self);
        if is_open {
            blocks.push(Block::Paragraph { inlines: inline::parse(&text) });
        }
    }
}

/// A block of code that begins at a line, and the line after it.
fn fence(lines: &[&str], at: usize, fences: &[usize]) -> Option<(Block, usize)> {
    let line = unindented(lines[at], 3);
    let ticks = line.len() - line.trim_start_matches('`').len();
    if ticks < 3 {
        return None;
    }
    let first = &line[ticks..];
    if let Some(found) = first.find(&line[..ticks]) {
        // Closed on the same line: a block if nothing follows, else code within the line.
        let (code, rest) = first.split_at(found);
        let is_whole = rest.trim_end().bytes().all(|b| b == b'`') && rest.trim_end().len() == ticks;
        return (is_whole && !code.trim().is_empty()).then(|| {
            let text = code.trim().to_owned();
            (Block::Code { language: None, text }, at + 1)
        });
    }
    if fences[at + 1] < ticks {
        return None;
    }
    let end = (at + 1..lines.len()).find(|line| closing_ticks(lines[*line]) >= ticks)?;
    let last = lines[end].trim_end().trim_end_matches('`');
    let mut code: Vec<&str> = lines[at + 1..end].to_vec();
    if !last.trim().is_empty() {
        code.push(last);
    }
    let word = first.trim();
    let is_language = is_language(word) && code.iter().any(|line| !line.trim().is_empty());
    if !is_language && !word.is_empty() {
        code.insert(0, first);
    }
    let language = is_language.then(|| word.to_owned());
    let text = code.join("\n");
    (!text.trim().is_empty()).then_some((Block::Code { language, text }, end + 1))
}

/// How many ticks a line ends with, if they can close a fence.
fn closing_ticks(line: &str) -> usize {
    let line = line.trim_end();
    match line.len() - line.trim_end_matches('`').len() {
        ticks @ 3.. => ticks,
        _ => 0,
    }
}

fn is_language(word: &str) -> bool {
    (1..=32).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+#.-".contains(&b))
}

/// A quote or a list that begins at a line, and the line after it.
fn container(lines: &[&str], at: usize, depth: usize) -> Option<(Block, usize)> {
    if depth == MOST_BLOCK_DEPTH {
        return None;
    }
    quote(lines, at, depth).or_else(|| list(lines, at, depth))
}

fn quote(lines: &[&str], at: usize, depth: usize) -> Option<(Block, usize)> {
    let quoted: Vec<&str> = lines[at..].iter().map_while(|line| unquoted(line)).collect();
    let end = at + quoted.len();
    if quoted.is_empty() {
        None
    } else if quoted.iter().all(|line| line.trim().is_empty()) {
        // A quote of nothing would not be seen.
        Some((Block::Paragraph { inlines: inline::parse(&lines[at..end].join("\n")) }, end))
    } else {
        Some((Block::Quote { blocks: read(&quoted, depth + 1) }, end))
    }
}

/// A line of a quote without its mark: `>` before a blank, another mark, or nothing.
fn unquoted(line: &str) -> Option<&str> {
    let rest = unindented(line, 3).strip_prefix('>')?;
    let after = rest.trim_start_matches('>');
    let is_mark = after.is_empty() || after.starts_with(' ');
    is_mark.then(|| rest.strip_prefix(' ').unwrap_or(rest))
}

fn list(lines: &[&str], at: usize, depth: usize) -> Option<(Block, usize)> {
    let first = Marker::of(lines[at]).filter(|marker| marker.indent <= 3)?;
    let (mut items, mut at) = (Vec::new(), at);
    while let Some(marker) = lines.get(at).and_then(|line| Marker::of(line)) {
        let is_of_list = marker.indent <= first.indent + 1 && marker.number.is_some() == first.number.is_some();
        if !is_of_list {
            break;
        }
        let mut inside = vec![marker.content];
        let mut end = at + 1;
        // An empty line belongs to the item if what follows it does.
        let mut blank = end;
        while let Some(line) = lines.get(blank) {
            if line.trim().is_empty() {
                blank += 1;
            } else if indent(line) >= first.indent + 2 {
                inside.extend(lines[end..=blank].iter().map(|line| unindented(line, marker.width)));
                blank += 1;
                end = blank;
            } else {
                break;
            }
        }
        items.push(ListItem { number: marker.number, blocks: read(&inside, depth + 1) });
        let goes_on =
            lines.get(blank).and_then(|line| Marker::of(line)).is_some_and(|next| next.indent <= first.indent + 1);
        at = if goes_on { blank } else { end };
    }
    Some((Block::List { items }, at))
}

/// What begins an item of a list.
struct Marker<'a> {
    indent: usize,
    number: Option<u32>,
    /// The width of indentation and mark.
    width: usize,
    content: &'a str,
}

impl<'a> Marker<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let text = line.trim_start_matches([' ', '\t']);
        let digits = text.bytes().take(10).take_while(u8::is_ascii_digit).count();
        let (number, length) = match (digits, text.as_bytes().first()) {
            (0, Some(b'-' | b'*')) => (None, 1),
            // Another spelling of a number would not be shown as it was written.
            (1..=9, first) if digits == 1 || first != Some(&b'0') => {
                text[digits..].starts_with('.').then_some((text[..digits].parse().ok(), digits + 1))?
            }
            _ => return None,
        };
        let content = text[length..].strip_prefix(' ').filter(|content| !content.trim().is_empty())?;
        let indent = indent(line);
        Some(Self { indent, number, width: indent + length + 1, content })
    }
}

/// How wide the blanks before a line are; a tab is four.
fn indent(line: &str) -> usize {
    line.bytes()
        .map_while(|b| match b {
            b' ' => Some(1),
            b'\t' => Some(4),
            _ => None,
        })
        .sum()
}

/// A line without the blanks before it, up to a width.
fn unindented(line: &str, most: usize) -> &str {
    let mut width = 0;
    let blanks = line.bytes().take_while(|b| {
        width += match b {
            b' ' => 1,
            b'\t' => 4,
            _ => return false,
        };
        width <= most
    });
    &line[blanks.count()..]
}

/// A heading or small print.
fn one_line(line: &str) -> Option<Block> {
    let content = |text: &'_ str| {
        text.strip_prefix(' ').filter(|text| !text.trim().is_empty()).map(|text| inline::parse(text.trim_start()))
    };
    if let Some(text) = line.strip_prefix("-#") {
        return content(text).map(|inlines| Block::Small { inlines });
    }
    let text = line.trim_start_matches('#');
    let level = u8::try_from(line.len() - text.len()).ok().filter(|level| (1..=3).contains(level))?;
    content(text).map(|inlines| Block::Heading { level, inlines })
}

/// A line whose backslash takes its first mark the meaning, without the backslash.
fn unescaped(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('\\')?;
    let is_mark =
        !rest.starts_with('*') && (unquoted(rest).is_some() || Marker::of(rest).is_some() || one_line(rest).is_some());
    is_mark.then_some(rest)
}
