//! The table of bounds in `docs/operations.md`, row by row, tried on running backends: a row that nobody tries is a failure,
//! and so is a trial of no row. What a trial expects it reads in its row. What would take a running backend too long is
//! tried by a test beside the bound, which is named here.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use beep_attack::resident;
use beep_attack::wire::{Heard, Wire};
use beep_proto::gateway::{ClientFrame, ServerFrame};
use beep_tests::database::Engine;
use beep_tests::gateway::{Format, Gateway, ReceivedEntry};
use beep_tests::people::Person;
use beep_tests::server::Server;
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

/// What a row says.
#[derive(Clone, Debug)]
struct Row {
    what: String,
    bound: String,
    past: String,
}

/// What tries a row.
type Trial = fn(Row) -> BoxFuture<'static, ()>;

/// By the first column, what tries each row.
const TRIALS: [(&str, Trial); 17] = [
    ("connections", |row| connections(row).boxed()),
    ("connections of one address that is no trusted proxy", |row| connections_of_one_address(row).boxed()),
    ("file descriptors", |row| descriptors(row).boxed()),
    ("time for the headers of a request", |row| headers(row).boxed()),
    ("time for the body of a request", |row| body(row).boxed()),
    ("octets of a body", |row| octets(row).boxed()),
    ("octets of a body without a valid access token", |row| octets_of_strangers(row).boxed()),
    ("octets of bodies that are being read, of those that have 16 KiB or more", |row| octets_at_once(row).boxed()),
    ("passwords that wait to be hashed", |row| passwords(row).boxed()),
    ("callers and attempts that each rate limit remembers", |row| callers(row).boxed()),
    ("live connections of a user, and requests that wait for events", |row| gateways(row).boxed()),
    ("hellos of a user, and readings of `GET /v1/events` that do not go on where the last page ended", |row| {
        hellos(row).boxed()
    }),
    ("frames of a client in 10 s, pings of WebSocket among them", |row| frames(row).boxed()),
    ("overrides of a channel, and of all channels of a server", |row| overrides(row).boxed()),
    ("access tokens of an address that were not seen before and are not good", |row| tokens(row).boxed()),
    ("requests of an address for what is no operation (`/readyz`, `/docs`, files, whatever is not there)", |row| {
        pages(row).boxed()
    }),
    ("messages that one change deletes, of a channel, server or banned member", |row| deleted_messages(row).boxed()),
];

/// A bound that a test beside it tries.
struct Within {
    what: &'static str,
    file: &'static str,
    /// How the bound is written there.
    bound: &'static str,
    /// Where its test is.
    tests: &'static str,
    test: &'static str,
}

const WITHIN: [Within; 24] = [
    Within {
        what: "messages of a channel that are looked at to count what is unread",
        file: "beep-core/src/read_state.rs",
        bound: "pub const MOST_UNREAD: u32 = 1_000;",
        tests: "beep-store/tests/it/reads.rs",
        test: "what_is_unread_is_counted_as_far_as_that_costs_little",
    },
    Within {
        what: "messages that are looked at to count what is unread in a `ready`, and channels of which it says what was read",
        file: "beep-core/src/backend/reads.rs",
        bound: "pub const MOST_LOOKED_AT: u32 = 20_000;",
        tests: "beep-store/tests/it/reads.rs",
        test: "what_is_unread_is_counted_as_far_as_that_costs_little",
    },
    Within {
        what: "codes of a second factor for an account, once the password was right",
        file: "beep-server/src/rate.rs",
        bound: "const SECOND_FACTOR: Bucket = Bucket { most: 10, period: Duration::from_secs(300) };",
        tests: "tests/tests/contract/second_factor.rs",
        test: "codes_of_a_second_factor_cannot_be_tried_out",
    },
    Within {
        what: "recovery codes of an account",
        file: "beep-core/src/second_factor.rs",
        bound: "pub const RECOVERY_CODES: usize = 10;",
        tests: "beep-core/src/second_factor.rs",
        test: "a_recovery_code_is_good_once_and_for_its_account",
    },
    Within {
        what: "time from beginning to set up a second factor to its first code",
        file: "beep-core/src/second_factor.rs",
        bound: "pub const SETUP_LIFE: Duration = Duration::from_secs(15 * 60);",
        tests: "beep-server/src/http/v1/second_factor.rs",
        test: "a_begun_second_factor_ends_and_no_code_comes_back_with_the_clock",
    },
    Within {
        what: "different reactions of a message",
        file: "beep-core/src/reaction.rs",
        bound: "pub const MOST_EMOJI: usize = 20;",
        tests: "tests/tests/contract/reactions.rs",
        test: "one_emoji_is_what_unicode_recommends_and_there_are_twenty",
    },
    Within {
        what: "names that a search for members reads of its index",
        file: "beep-store/src/sql/members.rs",
        bound: "const MANY: usize = 4_000;",
        tests: "beep-store/src/conformance/search.rs",
        test: "members_are_found_among_many_who_are_called_alike",
    },
    Within {
        what: "words of a search for servers",
        file: "beep-store/src/sql/discovery.rs",
        bound: "const MOST_WORDS: usize = 4;",
        tests: "beep-store/src/sql/discovery.rs",
        test: "the_longest_words_count",
    },
    Within {
        what: "clients whose snapshot and log are read at once",
        file: "beep-server/src/resumes.rs",
        bound: "const MOST: usize = 8;",
        tests: "beep-server/src/resumes.rs",
        test: "nobody_takes_the_turns_of_all",
    },
    Within {
        what: "clients that are told their past at once",
        file: "beep-server/src/resumes.rs",
        bound: "const MOST_TOLD: usize = 512;",
        tests: "beep-server/src/resumes.rs",
        test: "who_has_been_told_for_longest_gives_way",
    },
    Within {
        what: "octets of the servers that are held for those clients, and for those that have no room in `ready`",
        file: "beep-server/src/resumes.rs",
        bound: "const MOST_TOLD_WEIGHT: usize = 128 * 1024 * 1024;",
        tests: "beep-server/src/resumes.rs",
        test: "those_who_are_told_hold_so_much_together",
    },
    Within {
        what: "pasts that are kept between two pages of `GET /v1/events`",
        file: "beep-server/src/resumes.rs",
        bound: "const MOST_KEPT: usize = 256;",
        tests: "beep-server/src/resumes.rs",
        test: "a_past_is_kept_for_the_next_page_of_its_session",
    },
    Within {
        what: "entries of the audit log of a server",
        file: "beep-core/src/audit.rs",
        bound: "pub const MOST_ENTRIES: u64 = 10_000;",
        tests: "beep-store/src/conformance/audit.rs",
        test: "audit_logs_are_bounded_by_number_and_time",
    },
    Within {
        what: "entries of the audit log of the backend",
        file: "beep-core/src/audit.rs",
        bound: "pub const MOST_OF_BACKEND: u64 = 1_000_000;",
        tests: "beep-store/src/conformance/audit.rs",
        test: "the_backend_has_an_audit_log_of_its_own",
    },
    Within {
        what: "reports of a user that are not resolved",
        file: "beep-core/src/report.rs",
        bound: "pub const MOST_UNRESOLVED: u32 = 100;",
        tests: "tests/tests/contract/moderation.rs",
        test: "nobody_floods_the_moderators",
    },
    Within {
        what: "users who are restricted in a channel",
        file: "beep-core/src/channel.rs",
        bound: "pub const MOST_RESTRICTED: usize = 1_000;",
        tests: "beep-store/tests/it/moderation.rs",
        test: "so_many_are_restricted_in_a_channel_and_no_more",
    },
    Within {
        what: "domain bans of a server",
        file: "beep-core/src/backend/domain_bans.rs",
        bound: "pub const MOST: u32 = 1_000;",
        tests: "beep-store/tests/it/domain_bans.rs",
        test: "a_server_has_so_many_domain_bans_at_most",
    },
    Within {
        what: "members that one change removes, of a banned domain",
        file: "beep-core/src/backend/domain_bans.rs",
        bound: "pub const AT_ONCE: u32 = 100;",
        tests: "beep-store/tests/it/domain_bans.rs",
        test: "all_members_of_a_banned_domain_are_removed_with_an_event_for_each",
    },
    Within {
        what: "waits of slow mode that are remembered",
        file: "beep-core/src/backend/slow_mode.rs",
        bound: "const MOST: usize = 200_000;",
        tests: "beep-core/src/backend/slow_mode.rs",
        test: "whoever_fills_the_memory_lifts_their_own_slow_mode_alone",
    },
    Within {
        what: "connections that read the database for one user, address without a login, or other backend",
        file: "beep-store/src/sql/connection.rs",
        bound: "connections as usize / 2",
        tests: "beep-store/src/sql/connection.rs",
        test: "a_caller_has_half_of_the_connections",
    },
    Within {
        what: "events that change facts (joins, roles, channels and the like) between a cursor and the present",
        file: "beep-core/src/backend/events.rs",
        bound: "const MOST_CHANGES: usize = 5_000;",
        tests: "beep-server/src/hub/tests.rs",
        test: "a_cursor_from_before_too_many_changes_needs_a_snapshot",
    },
    Within {
        what: "events that are read to number channels that appear",
        file: "beep-core/src/backend/events.rs",
        bound: "const MOST_NUMBERED: usize = 10_000;",
        tests: "beep-server/src/hub/tests.rs",
        test: "a_server_in_which_much_happened_is_told_whole_where_something_vanished",
    },
    Within {
        what: "octets of the servers in `ready`",
        file: "beep-server/src/hub/room.rs",
        bound: "const MOST_OCTETS: usize = 8 * 1024 * 1024;",
        tests: "beep-server/src/hub/room.rs",
        test: "what_is_too_much_is_left_out",
    },
    Within {
        what: "octets of a frame",
        file: "beep-server/src/gateway.rs",
        bound: "const MOST_UNSENT: usize = 16 * 1024 * 1024;",
        tests: "beep-server/src/gateway.rs",
        test: "a_frame_that_clients_cannot_read_is_refused_in_words",
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn each_bound_is_as_the_table_says() {
    beep_attack::take_descriptors();
    let rows = table();
    let is_tried = |row: &&Row| TRIALS.iter().any(|(what, _)| *what == row.what) || is_tried_within(row);
    let untried: Vec<_> = rows.iter().filter(|row| !is_tried(row)).collect();
    assert!(untried.is_empty(), "no trial of {untried:#?}");
    let trials = TRIALS.iter().map(|(what, trial)| {
        let row = rows.iter().find(|row| row.what == *what);
        let trial = trial(row.unwrap_or_else(|| panic!("a trial of `{what}`, which is no row")).clone());
        tokio::spawn(tokio::time::timeout(PATIENCE, trial))
    });
    for (outcome, (what, _)) in join_all(trials).await.into_iter().zip(TRIALS) {
        assert!(matches!(outcome, Ok(Ok(()))), "`{what}` is not as the table says: {outcome:?}");
    }
}

/// What takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// Whether a test beside the bound of a row tries it.
fn is_tried_within(row: &Row) -> bool {
    let Some(within) = WITHIN.iter().find(|within| within.what == row.what) else { return false };
    for (file, part) in [(within.file, within.bound), (within.tests, &*format!("fn {}(", within.test))] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(text.contains(part), "{file} has no `{part}`, which tries {row:?}");
    }
    true
}

/// The rows of the table.
fn table() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let text = std::fs::read_to_string(path).expect("it is there");
    let (_, section) = text.split_once("\n## Bounds\n").expect("it has the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    let rows: Vec<_> = lines
        .skip(1)
        .map(|line| {
            let mut cells = line.split('|').map(|cell| cell.trim().to_owned());
            let mut cell = || cells.next().unwrap_or_default();
            Row { what: cell(), bound: cell(), past: cell() }
        })
        .collect();
    assert!(rows.len() > 5, "the table has rows: {rows:?}");
    rows
}

impl Row {
    /// The first number of the bound; `KiB` and `MiB` multiply it.
    fn number(&self) -> usize {
        let digits = self.bound.replace(',', "");
        let digits: String =
            digits.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        let number: usize = digits.parse().unwrap_or_else(|_| panic!("a number: {self:?}"));
        match &self.bound {
            bound if bound.contains("MiB") => number * 1024 * 1024,
            bound if bound.contains("KiB") => number * 1024,
            _ => number,
        }
    }

    /// The bound as a time.
    fn time(&self) -> Duration {
        assert!(self.bound.ends_with(" s"), "a time in seconds: {self:?}");
        Duration::from_secs(self.number() as u64)
    }

    /// The status that is answered past the bound.
    fn status(&self) -> u16 {
        self.past.get(..3).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("a status: {self:?}"))
    }

    /// The code that is answered past the bound.
    fn code(&self) -> &str {
        self.past.split('`').nth(1).unwrap_or_else(|| panic!("a code: {self:?}"))
    }

    /// The code that a gateway connection is closed with past the bound.
    fn close(&self) -> u16 {
        let (_, code) = self.past.split_once("closed with ").unwrap_or_else(|| panic!("a close code: {self:?}"));
        code.get(..4).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("a close code: {self:?}"))
    }

    /// The setting that is the bound, with a value for it.
    fn setting(&self, value: usize) -> [String; 2] {
        let key = self.bound.split('`').nth(1).unwrap_or_else(|| panic!("a setting: {self:?}"));
        [format!("--{key}"), value.to_string()]
    }
}

/// Opens connections from an address, one after the other, and gives what each was answered and is still open.
async fn open(server: &Server, from: Ipv4Addr, count: usize) -> Vec<(Wire, Heard)> {
    let mut opened = Vec::new();
    for number in 0..count {
        let mut wire = Wire::open(server.address(), from).await.expect("it is accepted");
        // Who is refused is told so before they ask.
        let refused = match number + 1 == count {
            true => wire.answer_soon().await,
            false => None,
        };
        let answer = match refused {
            Some(refused) => refused,
            None => wire.ask("GET", "/livez", "", b"").await.expect("it is answered"),
        };
        opened.push((wire, answer));
    }
    opened
}

fn statuses(opened: &[(Wire, Heard)]) -> Vec<u16> {
    opened.iter().map(|(_, heard)| heard.status).collect()
}

async fn connections(row: Row) {
    let [flag, value] = row.setting(20);
    let server = Server::start_with(Engine::Memory, &[&flag, &value]).await;
    let opened = open(&server, HERE, 21).await;
    assert_eq!(statuses(&opened), [vec![200; 20], vec![row.status()]].concat());
    let mut opened = opened.into_iter();
    let (mut last, _) = opened.next_back().expect("there are some");
    last.end(SOON).await.expect("the refused one is closed");

    assert!(row.bound.contains("three quarters of the file descriptors"));
    let server = Server::start_under(&["prlimit", "--nofile=200:200"], Engine::Memory, &[]).await;
    let opened = open(&server, HERE, 151).await;
    assert_eq!(statuses(&opened), [vec![200; 150], vec![row.status()]].concat());
}

async fn connections_of_one_address(row: Row) {
    let [flag, value] = row.setting(5);
    let server = Server::start_with(Engine::Memory, &[&flag, &value, "--trusted_proxies", "127.3.0.0/16"]).await;
    let opened = open(&server, HERE, 6).await;
    assert_eq!(statuses(&opened), [vec![200; 5], vec![row.status()]].concat());
    let (mut last, _) = opened.into_iter().next_back().expect("there are some");
    last.end(SOON).await.expect("the refused one is closed");
    let proxy = Ipv4Addr::new(127, 3, 0, 1);
    assert_eq!(statuses(&open(&server, proxy, 20).await), vec![200; 20], "a proxy has as many as it likes");
}

async fn descriptors(row: Row) {
    assert!(row.bound.starts_with("the hard limit of the process"));
    let server = Server::start_under(&["prlimit", "--nofile=100:4000"], Engine::Memory, &[]).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).expect("it runs");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("a limit of files");
    assert_eq!(line.split_whitespace().take(2).collect::<Vec<_>>(), ["4000", "4000"]);
}

async fn headers(row: Row) {
    let server = Server::start_with(Engine::Memory, &[]).await;
    let begun = ["", "GET / HTTP/1.1\r\nhost: x\r\n"].map(|begun| {
        let address = server.address().to_owned();
        async move {
            let mut wire = Wire::open(&address, HERE).await.expect("it is accepted");
            wire.say(begun).await.expect("it is taken");
            closed_after(&mut wire).await.1
        }
    });
    for after in join_all(begun).await {
        assert!(is_about(after, row.time()), "closed after {after:?}");
    }
}

async fn body(row: Row) {
    let server = Server::start_with(Engine::Memory, &[]).await;
    let mut wire = Wire::open(server.address(), HERE).await.expect("it is accepted");
    wire.say("POST /v1/access HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").await.expect("it is taken");
    let (told, after) = closed_after(&mut wire).await;
    assert!(is_about(after, row.time()), "closed after {after:?}");
    assert!(told.starts_with(&format!("HTTP/1.1 {} ", row.status())), "{told}");
    assert!(told.contains(&format!("\"code\":\"{}\"", row.code())), "{told}");
}

/// What comes up to the end of a connection, and when that was.
async fn closed_after(wire: &mut Wire) -> (String, Duration) {
    let begun = Instant::now();
    let told = wire.end(Duration::from_secs(60)).await.expect("it is closed");
    (String::from_utf8_lossy(&told).into_owned(), begun.elapsed())
}

/// Not before, and not long after: the machine may be busy.
fn is_about(after: Duration, bound: Duration) -> bool {
    after + Duration::from_millis(500) >= bound && after < bound + Duration::from_secs(10)
}

async fn octets(row: Row) {
    let server = Server::start_with(Engine::Memory, &[]).await;
    let signed = signed(&Person::sign_up(&server, "ann").await);
    let ask = async |octets: usize| {
        let mut wire = Wire::open(server.address(), HERE).await.expect("it is accepted");
        wire.ask("PATCH", "/v1/self", &signed, filled("{}", octets).as_bytes()).await.expect("it is answered")
    };
    assert_eq!(ask(row.number()).await.status, 200);
    let refused = ask(row.number() + 1).await;
    assert_eq!((refused.status, &*refused.code()), (row.status(), row.code()));
}

async fn octets_of_strangers(row: Row) {
    let server = Server::start_with(Engine::Memory, &[]).await;
    let ask = async |octets: usize| {
        let mut wire = Wire::open(server.address(), HERE).await.expect("it is accepted");
        wire.ask("POST", "/v1/login", "", filled(LOGIN, octets).as_bytes()).await.expect("it is answered")
    };
    assert!(row.bound.starts_with("less than "));
    assert_eq!(ask(row.number() - 1).await.status, 401);
    let refused = ask(row.number()).await;
    assert_eq!((refused.status, &*refused.code()), (row.status(), row.code()));
}

/// A body of so many octets.
fn filled(body: &str, octets: usize) -> String {
    format!("{body}{}", " ".repeat(octets - body.len()))
}

/// The header that shows somebody's access token.
fn signed(person: &Person) -> String {
    format!("authorization: Bearer {}\r\n", person.token)
}

async fn octets_at_once(row: Row) {
    let server = Server::start(Engine::Memory).await;
    let begin = async |person: &Person| {
        let mut wire = Wire::open(server.address(), HERE).await.expect("it is accepted");
        let signed = signed(person);
        let head = format!("PATCH /v1/self HTTP/1.1\r\nhost: x\r\n{signed}content-length: {LARGEST}\r\n\r\n");
        wire.say(format!("{head}{}", " ".repeat(LARGEST - 1))).await.map(|()| wire)
    };
    assert!(row.bound.ends_with("and 16 MiB of a user"));
    let (most, of_a_user) = (row.number() / LARGEST, 16);
    let mut begun = Vec::new();
    // The last one finds what is left of the room of all.
    for (name, has_room) in [("ann", of_a_user), ("bob", of_a_user), ("cid", of_a_user), ("dan", of_a_user), ("eve", 0)]
    {
        let person = Person::sign_up(&server, name).await;
        for _ in 0..has_room {
            begun.push(begin(&person).await.expect("it is taken"));
        }
        // Each lacks an octet, so one more may have room, and what is taken may not be read yet. Who waits keeps their room.
        let refused = loop {
            let mut wire = begin(&person).await.expect("it is accepted");
            match wire.answer_soon().await {
                Some(refused) => break refused,
                None => begun.push(wire),
            }
            assert!(begun.len() <= most + 20, "{} are being read", begun.len());
        };
        assert_eq!((refused.status, &*refused.code()), (row.status(), row.code()));
    }
    let mut wire = Wire::open(server.address(), HERE).await.expect("it is accepted");
    assert_eq!(wire.ask("POST", "/v1/login", "", LOGIN.as_bytes()).await.expect("it is answered").status, 401);
}

async fn passwords(row: Row) {
    let server = Server::start(Engine::Memory).await;
    let logins = (0..4 * row.number()).map(async |number: usize| {
        let mut wire = Wire::open(server.address(), HERE).await.expect("it is accepted");
        let body = format!(r#"{{"login":"nobody{number}","password":"correct horse"}}"#);
        wire.ask("POST", "/v1/login", "", body.as_bytes()).await.expect("it is answered")
    });
    let answers = join_all(logins).await;
    let (refused, hashed): (Vec<_>, Vec<_>) = answers.iter().partition(|heard| heard.status != 401);
    assert!(hashed.len() > row.number(), "{} are in line", hashed.len());
    assert!(!refused.is_empty(), "{} are in line", hashed.len());
    for heard in refused {
        assert_eq!((heard.status, &*heard.code()), (row.status(), row.code()));
    }
}

async fn gateways(row: Row) {
    let server = Server::start_with(Engine::Memory, &[]).await;
    let ann = Person::sign_up(&server, "ann").await;
    let mut live = Vec::new();
    for _ in 0..row.number() {
        live.push(Gateway::connect(&server, &ann).await);
    }
    let mut late = Gateway::open(&server, Format::Json).await;
    late.hello(&ann.token, None).await;
    assert_eq!(late.end().await, (Some(row.close()), vec!["rate_limited".to_owned()]));
    let cursor = ann.get("/events").await.expect(200)["next"].as_str().expect("a cursor").to_owned();
    let begun = Instant::now();
    ann.get(&format!("/events?cursor={cursor}&wait=30")).await.expect(200);
    assert!(begun.elapsed() < SOON, "answered after {:?}", begun.elapsed());
}

async fn hellos(row: Row) {
    let server = Server::start_with(Engine::Memory, &[]).await;
    let ann = Person::sign_up(&server, "ann").await;
    let begun = Instant::now();
    let mut hellos = 0;
    let closed = loop {
        let mut gateway = Gateway::open(&server, Format::Json).await;
        gateway.hello(&ann.token, None).await;
        match gateway.hear().await {
            ReceivedEntry::Frame(frame) if matches!(*frame, ServerFrame::Ready(_)) => hellos += 1,
            _ => break gateway.end().await.0,
        }
        assert!(hellos < 10_000, "hellos are not limited");
    };
    assert_eq!(closed, Some(row.close()));
    let again = usize::try_from(begun.elapsed().as_secs() + 1).expect("few") * 10;
    // A few are spent on what was asked before.
    let burst = row.number();
    assert!((burst - 10..=burst + again).contains(&hellos), "{hellos} hellos in {:?}", begun.elapsed());
}

async fn frames(row: Row) {
    let server = Server::start(Engine::Memory).await;
    let ann = Person::sign_up(&server, "ann").await;
    let json = |frame: &ClientFrame| Message::text(serde_json::to_string(frame).expect("a frame is JSON"));
    for message in [json(&ClientFrame::Ping), json(&ClientFrame::Pong), Message::Ping(Bytes::new())] {
        let (mut gateway, _) = Gateway::connect(&server, &ann).await;
        for _ in 0..2 * row.number() {
            gateway.send(message.clone()).await;
        }
        assert_eq!(gateway.end().await.0, Some(row.close()), "of {message:?}");
    }
    // Nor may a stranger ping without saying hello.
    let mut stranger = Gateway::open(&server, Format::Json).await;
    for _ in 0..2 * row.number() {
        stranger.send(Message::Ping(Bytes::new())).await;
    }
    assert_eq!(stranger.end().await.0, Some(row.close()));
}

async fn overrides(row: Row) {
    let server = Server::start(Engine::Memory).await;
    let ann = Person::sign_up(&server, "ann").await;
    let (garden, channel) = ann.community("private").await;
    let put = async |number: usize| {
        let role = ann.make_role(&garden, &format!("role {number}"), 1, &[]).await;
        let body = json!({ "allow": [], "deny": ["send_messages"] });
        ann.put(&format!("/channels/{channel}/overrides/role/{role}"), body).await
    };
    for number in 0..row.number() {
        put(number).await.expect(200);
    }
    put(row.number()).await.refused(row.status(), row.code());
}

async fn tokens(row: Row) {
    let server = Server::start_with(Engine::Memory, &[]).await;
    let genuine = Person::sign_up(&server, "ann").await.token;
    let made_up = |number: usize| {
        let (start, end) = genuine.split_at(genuine.len() - 20);
        format!("GET /v1/self HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {start}{number:05}{}\r\n\r\n", &end[5..])
    };
    refused_after(&server, &row, made_up).await;
}

async fn pages(row: Row) {
    let server = Server::start_with(Engine::Memory, &[]).await;
    refused_after(&server, &row, |_| "GET /docs HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()).await;
}

/// Asks over several connections until one request is refused, and no sooner than the bound says.
async fn refused_after(server: &Server, row: &Row, ask: impl Fn(usize) -> String) {
    let mut wires = Vec::new();
    for _ in 0..CONNECTIONS {
        wires.push(Wire::open(server.address(), HERE).await.expect("it is accepted"));
    }
    let mut asked = 0;
    for _ in 0..100 {
        let mut waves = Vec::new();
        for wire in &mut wires {
            let some: String = (asked..asked + PIPELINED).map(&ask).collect();
            asked += PIPELINED;
            waves.push(async move {
                wire.say(some).await.expect("it is taken");
                let mut answers = Vec::with_capacity(PIPELINED);
                for _ in 0..PIPELINED {
                    answers.push(wire.answer().await.expect("it is answered"));
                }
                answers
            });
        }
        let answers = join_all(waves).await.concat();
        if let Some(refused) = answers.iter().find(|heard| heard.status == row.status()) {
            assert_eq!(refused.code(), row.code());
            let passed = answers.iter().filter(|heard| heard.status != row.status()).count();
            let passed = asked - answers.len() + passed;
            assert!(passed >= row.number() - PIPELINED, "refused after {passed}");
            return;
        }
    }
    panic!("none of {asked} requests is refused");
}

async fn deleted_messages(row: Row) {
    let server = Server::start(Engine::Memory).await;
    let (owner, writer) = (Person::sign_up(&server, "owner").await, Person::sign_up(&server, "writer").await);
    let (garden, channel) = owner.community("public").await;
    writer.post(&format!("/servers/{garden}/join"), json!({})).await.expect(200);
    let of_member: usize =
        row.bound.split("; ").nth(1).and_then(|text| text.split(' ').next()?.parse().ok()).expect("a number");
    let write = |number: usize| {
        let (writer, channel) = (&writer, &channel);
        async move { writer.says(channel, &format!("message {number}")).await }
    };
    join_all((0..2 * of_member + 10).map(write)).await;
    let ban = json!({ "delete_messages_since": "1970-01-01T00:00:00Z" });
    owner.put(&format!("/servers/{garden}/bans/{}", writer.id), ban).await.expect(200);
    let mut turns = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..600 {
        turns.tick().await;
        let left = owner.get(&format!("/channels/{channel}/messages")).await.expect(200);
        if left["items"] == json!([]) {
            return;
        }
    }
    panic!("messages are left");
}

/// One address asks until it is limited, which is nothing to others. As many as are remembered would take minutes: of a part
/// of them none takes more than a KiB. That there are no more is tested where they are remembered.
async fn callers(row: Row) {
    let server = Server::start_with(Engine::Memory, &[]).await;
    let answers = ask_as(&server, vec!["192.0.2.1".to_owned(); 2_000]).await;
    assert!(answers.contains(&429), "an address is limited");
    let before = resident(server.pid());
    let strangers = row.number() / 16;
    let addresses = (0..strangers).map(|number| Ipv4Addr::from_bits(FIRST + number as u32).to_string());
    let answers = ask_as(&server, addresses.collect()).await;
    assert!(answers.iter().all(|status| *status == 401), "no stranger is limited for what others do");
    let grown = resident(server.pid()) - before;
    assert!(grown < strangers as f64 / 1024.0, "{strangers} callers take {grown:.0} MiB");
}

/// Asks without a good token, once as each of these clients of a proxy, and gives the statuses.
async fn ask_as(server: &Server, addresses: Vec<String>) -> Vec<u16> {
    let shares = addresses.chunks(addresses.len().div_ceil(CONNECTIONS)).map(async |share| {
        let mut wire = Wire::open(server.address(), HERE).await.expect("it is accepted");
        let mut statuses = Vec::with_capacity(share.len());
        for some in share.chunks(PIPELINED) {
            let ask = |from: &String| format!("GET /v1/self HTTP/1.1\r\nhost: x\r\nx-forwarded-for: {from}\r\n\r\n");
            wire.say(some.iter().map(ask).collect::<String>()).await.expect("it is taken");
            for _ in some {
                statuses.push(wire.answer().await.expect("it is answered").status);
            }
        }
        statuses
    });
    join_all(shares).await.concat()
}

/// Of a request that anybody may make.
const LOGIN: &str = r#"{"login":"nobody","password":"x"}"#;
const HERE: Ipv4Addr = Ipv4Addr::new(127, 1, 1, 1);
/// The most octets of a body.
const LARGEST: usize = 1024 * 1024;
const SOON: Duration = Duration::from_secs(10);
const CONNECTIONS: usize = 8;
const PIPELINED: usize = 100;
/// 10.0.0.0
const FIRST: u32 = 0x0a00_0000;
