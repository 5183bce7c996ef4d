use std::fmt::Write;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Whom a message is counted for is decided from the same marks as are drawn.
#[test]
fn what_is_drawn_as_a_mention_counts_as_one() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../vectors/markup.json")).expect("cases");
    for Case { text, .. } in cases {
        let (mut users, mut roles, mut everyone) = (Vec::new(), Vec::new(), false);
        for mention in parse(&text).mentions() {
            match mention {
                Mention::User { id } => users.push(id.0),
                Mention::Role { id } => roles.push(id.0),
                Mention::Everyone => everyone = true,
                Mention::Channel { .. } => {}
            }
        }
        assert_eq!(
            beep_core::mention::Mentions::of(&text),
            beep_core::mention::Mentions { users, roles, everyone },
            "{text}"
        );
    }
}

/// A case that every platform can run.
#[derive(serde::Deserialize)]
struct Case {
    name: String,
    text: String,
    tree: Value,
}

#[test]
fn the_vectors_hold() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../vectors/markup.json")).expect("cases");
    for Case { name, text, tree } in cases {
        let is = serde_json::to_value(parse(&text)).expect("a tree is JSON");
        assert_eq!(is, tree, "{name}: {text:?} is {is:#}");
    }
}

/// The tree as short text, for tables.
fn short(text: &str) -> String {
    let mut out = String::new();
    write_blocks(&parse(text).blocks, &mut out);
    out
}

fn write_blocks(blocks: &[Block], out: &mut String) {
    for block in blocks {
        let (name, inlines) = match block {
            Block::Paragraph { inlines } => ("p".to_owned(), inlines),
            Block::Heading { level, inlines } => (format!("h{level}"), inlines),
            Block::Small { inlines } => ("small".to_owned(), inlines),
            Block::Quote { blocks } => {
                out.push_str("<quote>");
                write_blocks(blocks, out);
                out.push_str("</quote>");
                continue;
            }
            Block::List { items } => {
                for ListItem { number, blocks } in items {
                    match number {
                        Some(number) => write!(out, "<li {number}>").expect("a string takes all"),
                        None => out.push_str("<li>"),
                    }
                    write_blocks(blocks, out);
                    out.push_str("</li>");
                }
                continue;
            }
            Block::Code { language, text } => {
                write!(out, "<pre {}>{text}</pre>", language.as_deref().unwrap_or_default())
                    .expect("a string takes all");
                continue;
            }
        };
        write!(out, "<{name}>").expect("a string takes all");
        write_inlines(inlines, out);
        write!(out, "</{name}>").expect("a string takes all");
    }
}

fn write_inlines(inlines: &[Inline], out: &mut String) {
    for inline in inlines {
        let (name, inlines) = match inline {
            Inline::Text { text } => {
                out.push_str(text);
                continue;
            }
            Inline::Strong { inlines } => ("b", inlines),
            Inline::Emphasis { inlines } => ("i", inlines),
            Inline::Strike { inlines } => ("s", inlines),
            Inline::Spoiler { inlines } => ("x", inlines),
            Inline::Link { url, label, disguised, .. } => {
                write!(out, "<a {url}{}>", if *disguised { " !" } else { "" }).expect("a string takes all");
                write_inlines(label, out);
                out.push_str("</a>");
                continue;
            }
            Inline::Break => {
                out.push_str("<br>");
                continue;
            }
            Inline::Code { text } => {
                write!(out, "<code>{text}</code>").expect("a string takes all");
                continue;
            }
            Inline::User { id } => {
                write!(out, "<user {id}>").expect("a string takes all");
                continue;
            }
            Inline::Role { id } => {
                write!(out, "<role {id}>").expect("a string takes all");
                continue;
            }
            Inline::Channel { id } => {
                write!(out, "<channel {id}>").expect("a string takes all");
                continue;
            }
            Inline::Everyone => {
                out.push_str("<everyone>");
                continue;
            }
            Inline::Emoji { name } => {
                write!(out, "<emoji {name}>").expect("a string takes all");
                continue;
            }
        };
        write!(out, "<{name}>").expect("a string takes all");
        write_inlines(inlines, out);
        write!(out, "</{name}>").expect("a string takes all");
    }
}

#[test]
fn what_is_no_mark_is_as_typed() {
    for text in [
        r"¯\_(ツ)_/¯",
        "100*100/400*56",
        "2**8 and 3**2",
        "x = a*b; y = c*d",
        "(a+b)*(c+d)*(e)",
        "<_< >_>",
        "__init__.py",
        "a.__init__.b",
        "snake_case_name",
        "nip44_decrypt_batch",
        "a * b * c",
        "int *p, *q",
        "f(*args, **kwargs)",
        r"C:\_new and \\server\share",
        "**a*",
        "**open",
        "***",
        "___",
        "~single~",
        "a || b || c",
        "```\nnever closed",
        ">",
        ">_>",
        ">= 3",
        "#hashtag",
        "#### four",
        "1986.",
        "007. bond",
        "- ",
        "10:30:45",
        "javascript:alert(1)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,x)",
        "http://",
        "xhttps://a.example.com",
        "https://good.example.com@evil.example.com/",
        "<@1>",
        "me@everyone.com@",
        "@everyoneelse",
    ] {
        let inlines: Vec<&str> = text.split('\n').collect();
        assert_eq!(short(text), format!("<p>{}</p>", inlines.join("<br>")), "{text:?}");
    }
}

#[test]
fn marks_make_a_tree() {
    for (text, tree) in [
        ("**strong** and *emphasis*", "<p><b>strong</b> and <i>emphasis</i></p>"),
        ("__strong__ _emphasis_ ~~struck~~", "<p><b>strong</b> <i>emphasis</i> <s>struck</s></p>"),
        ("***both***", "<p><b><i>both</i></b></p>"),
        ("***a** b*", "<p><i><b>a</b> b</i></p>"),
        ("***a* b**", "<p><b><i>a</i> b</b></p>"),
        ("**a *b* c**", "<p><b>a <i>b</i> c</b></p>"),
        ("**a**,**b**", "<p><b>a</b>,<b>b</b></p>"),
        ("*yes*/*no*", "<p><i>yes</i>/<i>no</i></p>"),
        ("(**x**)", "<p>(<b>x</b>)</p>"),
        ("这是**重要**的", "<p>这是<b>重要</b>的</p>"),
        ("**______为**", "<p><b>______为</b></p>"),
        ("🎉**now**🎉", "<p>🎉<b>now</b>🎉</p>"),
        ("un||believable||", "<p>un<x>believable</x></p>"),
        ("||a\n\nb||", "<p><x>a<br><br>b</x></p>"),
        ("||a\n> b||", "<p><x>a<br>> b</x></p>"),
        (r"\*plain\*", "<p>*plain*</p>"),
        (r"\*\*plain\*\*", "<p>**plain**</p>"),
        (r"\`x\`", "<p>`x`</p>"),
        (r"\# no\", r"<p># no\</p>"),
        (r"\> no", "<p>> no</p>"),
        (r"\- no", "<p>- no</p>"),
        ("`**not**`", "<p><code>**not**</code></p>"),
        ("`` a`b ``", "<p><code>a`b</code></p>"),
        ("one\ntwo", "<p>one<br>two</p>"),
        ("one\n\ntwo", "<p>one</p><p>two</p>"),
        ("  kept", "<p>  kept</p>"),
        ("> said\n> so\nanswer", "<quote><p>said<br>so</p></quote><p>answer</p>"),
        ("> a\r\n> b\r\n\r\ntext", "<quote><p>a<br>b</p></quote><p>text</p>"),
        (">> a\n> b", "<quote><quote><p>a</p></quote><p>b</p></quote>"),
        ("- a\r\n- b", "<li><p>a</p></li><li><p>b</p></li>"),
        ("1. a\n3. b", "<li 1><p>a</p></li><li 3><p>b</p></li>"),
        ("- a\n  - b\n    - c\n- d", "<li><p>a</p><li><p>b</p><li><p>c</p></li></li></li><li><p>d</p></li>"),
        ("1. a\n   - b\n\n   more\n2. c", "<li 1><p>a</p><li><p>b</p></li><p>more</p></li><li 2><p>c</p></li>"),
        ("# a\n## b\n### c", "<h1>a</h1><h2>b</h2><h3>c</h3>"),
        ("-# small", "<small>small</small>"),
        ("```js\nlet a = *1*;\n```", "<pre js>let a = *1*;</pre>"),
        ("```let x = 1;\nlet y = 2;\n```", "<pre >let x = 1;\nlet y = 2;</pre>"),
        ("```let x = 1;\nlet y = 2;```", "<pre >let x = 1;\nlet y = 2;</pre>"),
        ("``` hello world\n```", "<pre > hello world</pre>"),
        ("```word\n```", "<pre >word</pre>"),
        ("```code```", "<pre >code</pre>"),
        ("```code``` more", "<p><code>code</code> more</p>"),
        ("````\n```\nx\n```\n````", "<pre >```\nx\n```</pre>"),
        ("text\n```\r\na\r\n```\r\nmore", "<p>text</p><pre >a</pre><p>more</p>"),
        ("@everyone hi", "<p><everyone> hi</p>"),
        (r"\@everyone", "<p>@everyone</p>"),
        ("so :tada: good", "<p>so <emoji tada> good</p>"),
    ] {
        assert_eq!(short(text), tree, "{text:?}");
    }
}

#[test]
fn links_end_where_the_sentence_goes_on() {
    let link = |url: &str| format!("<a {url}>{url}</a>");
    let site = "https://a.example.com";
    for (text, tree) in [
        (format!("see {site}/x?y=1."), format!("see {}.", link(&format!("{site}/x?y=1")))),
        (format!("{site}（日本語版）にあります"), format!("{}（日本語版）にあります", link(site))),
        (format!("{site}/東京。次"), format!("{}。次", link(&format!("{site}/東京")))),
        (format!("“{site}”"), format!("“{}”", link(site))),
        (format!("({site}/b_(c))"), format!("({})", link(&format!("{site}/b_(c)")))),
        (format!("{site}/x=[1]"), link(&format!("{site}/x=[1]"))),
        (format!("{site}/Foo_"), link(&format!("{site}/Foo_"))),
        (format!("{site}/~"), link(&format!("{site}/~"))),
        (format!("{site}/__init__"), link(&format!("{site}/__init__"))),
        (format!("**{site}**"), format!("<b>{}</b>", link(site))),
        (format!("_{site}_"), format!("<i>{}</i>", link(site))),
        (format!("||{site}||"), format!("<x>{}</x>", link(site))),
        (format!("<{site}/x>"), link(&format!("{site}/x"))),
        (format!("{site}/\u{202e}gpj.exe"), format!("{}\u{202e}gpj.exe", link(&format!("{site}/")))),
        ("HTTPS://A.example.com".to_owned(), "<a https://A.example.com>HTTPS://A.example.com</a>".to_owned()),
        ("www.example.com, yes".to_owned(), "<a https://www.example.com>www.example.com</a>, yes".to_owned()),
        ("ann@example.com.".to_owned(), "<a mailto:ann@example.com>ann@example.com</a>.".to_owned()),
        (format!("[t]({site}/a_(b))"), format!("<a {site}/a_(b)>t</a>")),
        (format!("[**t** x](<{site}>)"), format!("<a {site}><b>t</b> x</a>")),
        (format!("[a.example.com]({site})"), format!("<a {site}>a.example.com</a>")),
        (format!("[https://bank.example.com]({site})"), format!("<a {site} !>https://bank.example.com</a>")),
        (format!("[bank.example.com/x]({site})"), format!("<a {site} !>bank.example.com/x</a>")),
        (format!(r"\[t\]({site})"), format!("[t]({})", link(site))),
        (format!("`{site}`"), format!("<code>{site}</code>")),
    ] {
        assert_eq!(short(&text), format!("<p>{tree}</p>"), "{text:?}");
    }
}

#[test]
fn mentions_are_read_and_collected() {
    let (user, role) = ("01890a5d-ac96-774b-bcce-b302099a8057@a.example.com", "01890a5d-ac96-774b-bcce-b302099a8058");
    let text = format!("<@{user}> **<@&{role}>** <#{user}> @everyone <@{user}> `<@{user}>`");
    let markup = parse(&text);
    assert_eq!(
        short(&text),
        format!(
            "<p><user {user}> <b><role {role}></b> <channel {user}> <everyone> <user {user}> <code><@{user}></code></p>"
        )
    );
    assert_eq!(markup.mentions().len(), 4);
    let named = markup.plain_text(|mention| matches!(mention, Mention::User { .. }).then(|| "Ann".to_owned()));
    assert_eq!(named, format!("@Ann <@&{role}> <#{user}> @everyone @Ann <@{user}>"));
}

#[test]
fn lone_emoji_are_counted_as_they_are_drawn() {
    for (text, count) in [
        ("😀", Some(1)),
        (" 😀 😀\n", Some(2)),
        ("👨‍👩‍👧‍👦", Some(1)),
        ("👋🏽", Some(1)),
        ("🇩🇪🇫🇷", Some(2)),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", Some(1)),
        ("❤️❤", Some(2)),
        ("1️⃣", Some(1)),
        ("©️", Some(1)),
        ("1", None),
        ("©", None),
        ("❤\u{fe0e}", None),
        ("😀 x", None),
        ("🇩", None),
        ("", None),
    ] {
        assert_eq!(parse(text).lone_emoji, count, "{text:?}");
    }
    assert_eq!(parse(&"😀".repeat(27)).lone_emoji, Some(27));
    assert_eq!(parse(&"😀".repeat(28)).lone_emoji, None);
}

#[test]
fn a_preview_is_one_line_and_tells_no_secret() {
    let preview = |text, most| parse(text).preview(most, |_| None);
    assert_eq!(preview("**a**\n> b\n\n||secret|| c", 80), "a b ███ c");
    assert_eq!(preview("abcdef", 4), "abc…");
    assert_eq!(preview("abcd", 4), "abcd");
    assert_eq!(preview("abcd", 0), "");
}

/// What people type, and what attackers type.
fn typed() -> impl Strategy<Value = String> {
    let parts = [
        "*",
        "**",
        "***",
        "_",
        "__",
        "~~",
        "||",
        "`",
        "```",
        "````",
        "\\",
        ">",
        "> ",
        "- ",
        "  - ",
        "1. ",
        "# ",
        "-# ",
        "[",
        "]",
        "](",
        "(",
        ")",
        "<",
        "@",
        "<@",
        "@everyone",
        ":",
        ":tada:",
        "https://",
        "https://a.example.com/b",
        "www.example.com",
        "a@b.example.com",
        "http://",
        ".",
        ",",
        "/",
        "\n",
        "\r\n",
        "\n\n",
        " ",
        "    ",
        "\t",
        "a",
        "word",
        "ünï",
        "日本",
        "😀",
        "\u{301}",
        "\u{200d}",
        "\u{202e}",
        "1",
        "js\n",
        "<https://a.example.com>",
        "<@01890a5d-ac96-774b-bcce-b302099a8057@a.example.com>",
        "[t](https://b.example.com)",
    ];
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(parts.to_vec()), 0..40).prop_map(|parts| parts.concat()),
        1 => ".{0,60}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn no_visible_character_is_lost(text in typed()) {
        lost(&text).map_or(Ok(()), |what| Err(TestCaseError::fail(format!("{what:?} is lost of {text:?}"))))?;
    }
}

/// The first character of a text, other than marks, that its tree does not hold in its place.
fn lost(text: &str) -> Option<char> {
    let mut held = String::new();
    everything(&parse(text).blocks, &mut held);
    let mut held = held.chars();
    text.chars()
        .filter(|c| !c.is_whitespace() && !"\\*_~|`>#-[]()<@&.:".contains(*c))
        .find(|wanted| !held.any(|c| c.eq_ignore_ascii_case(wanted)))
}

fn everything(blocks: &[Block], out: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph { inlines } | Block::Heading { inlines, .. } | Block::Small { inlines } => {
                everything_inline(inlines, out);
            }
            Block::Quote { blocks } => everything(blocks, out),
            Block::List { items } => {
                for ListItem { number, blocks } in items {
                    out.extend(number.map(|number| number.to_string()));
                    everything(blocks, out);
                }
            }
            Block::Code { language, text } => out.extend([language.as_deref().unwrap_or_default(), text]),
        }
    }
}

fn everything_inline(inlines: &[Inline], out: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text { text } | Inline::Code { text } => out.push_str(text),
            Inline::Break => out.push('\n'),
            Inline::Strong { inlines }
            | Inline::Emphasis { inlines }
            | Inline::Strike { inlines }
            | Inline::Spoiler { inlines } => everything_inline(inlines, out),
            Inline::Link { url, label, .. } => {
                let mut shown = String::new();
                everything_inline(label, &mut shown);
                out.push_str(&shown);
                // A link that shows where it leads has its address once.
                if !url.ends_with(&shown) && !shown.eq_ignore_ascii_case(url) {
                    out.push_str(url);
                }
            }
            Inline::User { id } => out.push_str(&id.to_string()),
            Inline::Role { id } => out.push_str(&id.to_string()),
            Inline::Channel { id } => out.push_str(&id.to_string()),
            Inline::Everyone => out.push_str("@everyone"),
            Inline::Emoji { name } => out.push_str(name),
        }
    }
}

#[test]
fn hostile_text_takes_time_in_proportion_to_its_length() {
    let size = 40_000;
    for part in [
        "*",
        "**a",
        "*a ",
        "_~*`",
        "https://",
        "http://-",
        "> ",
        ">",
        "> \n",
        "(",
        "[",
        "[a](",
        "](",
        "[a](https://b.example.com ",
        "`",
        "` ``",
        "``` \n",
        "- ",
        "1. a\n",
        "  ",
        "\n",
        "||",
        "||a\n\n",
        "<@",
        "<https://",
        "@everyone",
        ":a",
        "a@",
        "a.",
        "\\",
        "\\*a",
        "\\[",
        "***a** ",
        "*a **b ",
        "😀",
        "```a\n",
        "-# ",
        "\\# ",
    ] {
        let text = part.repeat(size / part.len());
        let markup = parse(&text);
        let depth = depth(&serde_json::to_value(&markup).expect("a tree is JSON"));
        assert!(depth < 100, "{part:?} nests {depth} deep");
        assert_eq!(lost(&text), None, "{part:?}");
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
