//! The parts of a line: marks, code, links, mentions.
//!
//! One pass from left to right. A mark that opens begins a frame; one that closes ends the nearest frame of its kind, and
//! frames between the two become text again. So each character is looked at a bounded number of times.

use std::collections::HashMap;

use super::edge::{closes_before, closes_far_before, is_word, opens_after, opens_far_after};
use super::{Inline, MOST_INLINE_DEPTH, emoji, link, mention};

/// Reads lines of text.
pub(super) fn parse(text: &str) -> Vec<Inline> {
    Reader::new(text, false).read()
}

/// Reads the label of a link, in which there are no links.
pub(super) fn parse_label(text: &str) -> Vec<Inline> {
    Reader::new(text, true).read()
}

struct Reader<'a> {
    text: &'a str,
    is_label: bool,
    ticks: Ticks,
    /// The place of the bracket that closes, by that of the one that opens.
    brackets: HashMap<usize, usize>,
    /// The bracket that closes a label whose first bracket was escaped.
    escaped_bracket: Option<usize>,
    /// Marks of which an escaped one could have opened.
    escaped: Vec<u8>,
    tree: Tree,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, is_label: bool) -> Self {
        let ticks = Ticks::new(text);
        let brackets = if is_label { HashMap::new() } else { pair_brackets(text, &ticks) };
        Self { text, is_label, ticks, brackets, escaped_bracket: None, escaped: Vec::new(), tree: Tree::default() }
    }

    fn read(mut self) -> Vec<Inline> {
        let mut at = 0;
        while let Some(byte) = self.text.as_bytes().get(at) {
            at = self.step(at, *byte);
        }
        self.tree.finish()
    }

    /// Reads what is at a place, and gives the place after it.
    fn step(&mut self, at: usize, byte: u8) -> usize {
        match byte {
            b'\\' => return self.escape(at),
            b'`' => return self.ticks(at),
            b'*' | b'_' | b'~' | b'|' => return self.mark(at, byte),
            b'\n' => {
                self.tree.push(Inline::Break);
                return at + 1;
            }
            b'@' => {
                if let Some(end) = mention::everyone(self.text, at) {
                    self.tree.push(Inline::Everyone);
                    return end;
                }
            }
            b'<' | b'[' | b':' => {
                if let Some((inline, end)) = self.special(at, byte) {
                    self.tree.push(inline);
                    return end;
                }
            }
            b if b.is_ascii_alphanumeric() && !self.is_label => {
                if let Some(end) = self.bare_link(at) {
                    return end;
                }
            }
            _ => {}
        }
        self.plain(at)
    }

    /// Text up to the next character that may begin something.
    fn plain(&mut self, at: usize) -> usize {
        let mut characters = self.text[at..].char_indices();
        let mut before = characters.next().map(|(_, c)| c);
        let is_special = |c: char| "\\`*_~|\n@<[:".contains(c);
        let end = characters.find_map(|(length, c)| {
            // A link begins where a word does.
            let begins = c.is_ascii_alphanumeric() && !before.is_some_and(is_word);
            before = Some(c);
            (is_special(c) || begins).then_some(length)
        });
        let end = end.map_or(self.text.len(), |length| at + length);
        self.tree.text(&self.text[at..end]);
        end
    }

    /// What begins with a sign of its own.
    fn special(&self, at: usize, byte: u8) -> Option<(Inline, usize)> {
        match byte {
            b'<' if self.is_label => mention::bracketed(self.text, at),
            b'<' => mention::bracketed(self.text, at).or_else(|| link::bracketed(self.text, at)),
            b'[' => link::labelled(self.text, at, *self.brackets.get(&at)?),
            _ => emoji::named(self.text, at),
        }
    }

    fn bare_link(&mut self, at: usize) -> Option<usize> {
        let tree = &self.tree;
        let link::Bare { url, host, end } = link::bare(self.text, at, |mark| tree.is_open(mark))?;
        let label = vec![Inline::Text { text: self.text[at..end].to_owned() }];
        self.tree.push(Inline::Link { url, host, label, disguised: false });
        Some(end)
    }

    fn ticks(&mut self, at: usize) -> usize {
        let length = run(self.text, at, b'`');
        let close = self.ticks.after(at + length, length);
        // Code of nothing would not be seen.
        let Some(close) = close.filter(|close| !self.text[at + length..*close].trim().is_empty()) else {
            self.tree.text(&self.text[at..at + length]);
            return at + length;
        };
        let code = &self.text[at + length..close];
        // A blank at each side makes room for a tick.
        let trimmed = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
        self.tree.push(Inline::Code { text: trimmed.unwrap_or(code).to_owned() });
        close + length
    }

    fn mark(&mut self, at: usize, mark: u8) -> usize {
        let length = run(self.text, at, mark);
        let (before, after) = (&self.text[..at], &self.text[at + length..]);
        let (opens, closes) = edges(mark, before, after, false);
        self.tree.mark(mark, length, opens, closes);
        at + length
    }

    /// A backslash: it goes where it takes what follows its meaning.
    fn escape(&mut self, at: usize) -> usize {
        let next = at + 1;
        let Some(byte) = self.text.as_bytes().get(next).copied() else { return self.plain(at) };
        let end = match byte {
            b'*' | b'_' | b'~' | b'|' if self.could_mark(at, next, byte) => next + 1,
            b'`' => next + 1,
            b'[' => {
                let close = self.brackets.get(&next).copied();
                let close = close.filter(|close| link::destination(self.text, *close).is_some());
                let Some(close) = close else { return self.plain(at) };
                self.escaped_bracket = Some(close);
                next + 1
            }
            b']' if self.is_label || self.escaped_bracket == Some(next) => next + 1,
            b'<' if mention::bracketed(self.text, next).is_some() => next + 1,
            b'@' if mention::everyone(self.text, next).is_some() => next + 1,
            b':' => match emoji::named(self.text, next) {
                Some((_, end)) => end,
                None => return self.plain(at),
            },
            b'\\' if self.text.as_bytes().get(next + 1).is_some_and(|b| b"*_~|`".contains(b)) => next + 1,
            _ => return self.plain(at),
        };
        self.tree.text(&self.text[next..end]);
        end
    }

    fn could_mark(&mut self, at: usize, next: usize, mark: u8) -> bool {
        let length = run(self.text, next, mark);
        let (before, after) = (&self.text[..at], &self.text[next + length..]);
        let (opens, closes) = edges(mark, before, after, true);
        if opens && !self.escaped.contains(&mark) {
            self.escaped.push(mark);
        }
        opens || (closes && (self.tree.is_open(mark) || self.escaped.contains(&mark)))
    }
}

/// Whether a mark may open and whether it may close, by what is before and after it.
fn edges(mark: u8, before: &str, after: &str, strict: bool) -> (bool, bool) {
    let (last, next) = (before.chars().next_back(), after.chars().next());
    let opens = next.is_some_and(|c| !c.is_whitespace());
    let closes = last.is_some_and(|c| !c.is_whitespace());
    match mark {
        // What should be hidden is hidden within a word too.
        b'|' => (opens, closes),
        b'_' => (opens && opens_far_after(before), closes && closes_far_before(after)),
        _ if strict => (opens && opens_far_after(before), closes && closes_far_before(after)),
        _ => (opens && opens_after(last), closes && closes_before(next)),
    }
}

/// How many of one octet follow each other.
fn run(text: &str, at: usize, byte: u8) -> usize {
    text.as_bytes()[at..].iter().take_while(|b| **b == byte).count()
}

/// Where runs of ticks are, by their length.
struct Ticks(HashMap<usize, Vec<usize>>);

impl Ticks {
    fn new(text: &str) -> Self {
        let mut runs: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut at = 0;
        while let Some(found) = text[at..].find('`') {
            let start = at + found;
            let length = run(text, start, b'`');
            runs.entry(length).or_default().push(start);
            at = start + length;
        }
        Self(runs)
    }

    /// The first run of this length at or after a place that is not right there: code has something in it.
    fn after(&self, at: usize, length: usize) -> Option<usize> {
        let runs = self.0.get(&length)?;
        runs.get(runs.partition_point(|start| *start <= at)).copied()
    }
}

/// Which brackets belong together, outside of code.
fn pair_brackets(text: &str, ticks: &Ticks) -> HashMap<usize, usize> {
    let bytes = text.as_bytes();
    let (mut pairs, mut open, mut at) = (HashMap::new(), Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let is_escaped = at > 0 && bytes[at - 1] == b'\\';
        match byte {
            b'`' if !is_escaped => {
                let length = run(text, at, b'`');
                at = ticks.after(at + length, length).unwrap_or(at) + length;
                continue;
            }
            b'[' => open.push((at, is_escaped)),
            // An escaped bracket closes what an escaped one opened, and belongs to the label of any other.
            b']' if !is_escaped || open.last().is_some_and(|(_, escaped)| *escaped) => {
                if let Some((start, _)) = open.pop() {
                    pairs.insert(start, at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    pairs
}

/// What was read, with the marks that are open.
#[derive(Default)]
struct Tree {
    root: Vec<Inline>,
    frames: Vec<Frame>,
}

/// What follows a mark that is open.
struct Frame {
    mark: u8,
    length: usize,
    inlines: Vec<Inline>,
}

impl Tree {
    fn top(&mut self) -> &mut Vec<Inline> {
        self.frames.last_mut().map_or(&mut self.root, |frame| &mut frame.inlines)
    }

    fn push(&mut self, inline: Inline) {
        self.top().push(inline);
    }

    fn text(&mut self, text: &str) {
        append_text(self.top(), text);
    }

    fn is_open(&self, mark: u8) -> bool {
        self.frames.iter().any(|frame| frame.mark == mark)
    }

    /// A run of one mark.
    fn mark(&mut self, mark: u8, length: usize, opens: bool, closes: bool) {
        let most = if matches!(mark, b'*' | b'_') { 3 } else { 2 };
        let mut rest = length;
        while closes && rest > 0 && length <= most {
            let Some(place) = self.closed_by(mark, rest) else { break };
            rest -= self.close(place, rest);
        }
        let fits = match mark {
            b'*' | b'_' => (1..=3).contains(&rest),
            _ => rest == 2 && length == 2,
        };
        match (rest, opens && fits) {
            (0, _) => {}
            (3, true) => {
                self.open(mark, 2);
                self.open(mark, 1);
            }
            (_, true) => self.open(mark, rest),
            (_, false) => self.text(&written(mark, rest)),
        }
    }

    /// Which frame a mark of this length closes: the nearest of the same length, else the nearest that is shorter.
    fn closed_by(&self, mark: u8, length: usize) -> Option<usize> {
        let nearest = |fits: &dyn Fn(usize) -> bool| {
            self.frames.iter().rposition(|frame| frame.mark == mark && fits(frame.length) && !frame.inlines.is_empty())
        };
        let outer = |place: &usize| self.is_of_three(*place);
        // Of `***a**` the two that opened first are the ones that are open longest.
        let same = self.frames.iter().rposition(|frame| frame.mark == mark && frame.length == length);
        same.filter(outer).or_else(|| nearest(&|other| other == length)).or_else(|| nearest(&|other| other < length))
    }

    /// Whether the frame and the one after it are of one run of three.
    fn is_of_three(&self, place: usize) -> bool {
        let inner = self.frames.get(place + 1);
        let outer = &self.frames[place];
        outer.inlines.is_empty()
            && outer.length == 2
            && inner.is_some_and(|inner| inner.mark == outer.mark && inner.length == 1 && !inner.inlines.is_empty())
    }

    /// Closes a frame, and gives how much of the mark that took.
    fn close(&mut self, mut place: usize, length: usize) -> usize {
        if length == 2 && self.is_of_three(place) {
            // `***a** b*`: the inner one is the strong one.
            self.frames[place].length = 1;
            self.frames[place + 1].length = 2;
            place += 1;
        }
        while self.frames.len() > place + 1 {
            self.give_up();
        }
        let Some(Frame { mark, length, inlines }) = self.frames.pop() else { return length };
        self.push(match (mark, length) {
            (b'*' | b'_', 1) => Inline::Emphasis { inlines },
            (b'*' | b'_', _) => Inline::Strong { inlines },
            (b'~', _) => Inline::Strike { inlines },
            _ => Inline::Spoiler { inlines },
        });
        length
    }

    fn open(&mut self, mark: u8, length: usize) {
        if self.frames.len() == MOST_INLINE_DEPTH {
            // The oldest becomes text: it is the least likely to be closed.
            let Frame { mark, length, inlines } = self.frames.remove(0);
            append_text(&mut self.root, &written(mark, length));
            append(&mut self.root, inlines);
        }
        self.frames.push(Frame { mark, length, inlines: Vec::new() });
    }

    /// Makes the innermost frame text.
    fn give_up(&mut self) {
        if let Some(Frame { mark, length, inlines }) = self.frames.pop() {
            self.text(&written(mark, length));
            append(self.top(), inlines);
        }
    }

    fn finish(mut self) -> Vec<Inline> {
        while !self.frames.is_empty() {
            self.give_up();
        }
        self.root
    }
}

fn written(mark: u8, length: usize) -> String {
    char::from(mark).to_string().repeat(length)
}

fn append_text(to: &mut Vec<Inline>, more: &str) {
    match to.last_mut() {
        Some(Inline::Text { text }) => text.push_str(more),
        _ => to.push(Inline::Text { text: more.to_owned() }),
    }
}

fn append(to: &mut Vec<Inline>, mut inlines: Vec<Inline>) {
    if let Some(Inline::Text { text }) = inlines.first() {
        append_text(to, text);
        to.extend(inlines.drain(1..));
    } else {
        to.append(&mut inlines);
    }
}
