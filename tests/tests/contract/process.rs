//! The program: its settings, what it says when it starts, stops and fails, and what it keeps to itself.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use beep_tests::PATIENCE;
use beep_tests::chance::Chance;
use beep_tests::database::Engine;
use beep_tests::gateway::{Format, Gateway};
use beep_tests::people::{Answer, PASSWORD, Person, ask_unsigned, http};
use beep_tests::proxy::Proxy;
use beep_tests::server::{Server, command};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

/// What a run of the program left.
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) error: String,
}

/// Runs the program to its end, in a directory of its own.
async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let place = tempfile::tempdir().expect("a directory can be made");
    run_in(place.path(), arguments, environment).await
}

pub(super) async fn run_in(place: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut command = command();
    command.args(arguments).envs(environment.iter().copied()).current_dir(place).stdin(Stdio::null());
    let ended = timeout(PATIENCE, command.kill_on_drop(true).output()).await;
    let output = ended.unwrap_or_else(|_| panic!("{arguments:?} does not end")).expect("the program runs");
    let text = |octets: Vec<u8>| String::from_utf8(octets).expect("it writes text");
    Ran { code: output.status.code(), out: text(output.stdout), error: text(output.stderr) }
}

/// The value of a dotted key in a settings file.
fn value(file: &str, key: &str) -> Option<String> {
    let (area, name) = key.rsplit_once('.').unwrap_or(("", key));
    let mut section = "";
    file.lines().find_map(|line| {
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = header;
        }
        let (found, value) = line.split_once(" = ")?;
        (section == area && found == name).then(|| value.trim_matches('"').to_owned())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_come_from_flag_then_environment_then_file_then_default() {
    let place = tempfile::tempdir().expect("a directory can be made");
    let file = "domain = \"file.example.com\"\nlisten = \"127.0.0.1:1\"\nregistration = \"invite\"\n\
                [limits]\nevent_retention_s = 604801\n[log]\nfilter = \"warn\"\n\
                [federation]\nenabled = false\nkey = \"file.pem\"\nallow_list = [\"file.example.com\"]\n";
    std::fs::write(place.path().join("beep.toml"), file).expect("a file can be written");
    let environment = [
        ("BEEP_LISTEN", "127.0.0.1:2"),
        ("BEEP_DOMAIN", "environment.example.com"),
        ("BEEP_LIMITS__EVENT_RETENTION_S", "604802"),
        ("BEEP_DATABASE__URL", "sqlite://environment.db"),
        ("BEEP_FEDERATION__ALLOW_LIST", "b.example.com, a.example.com"),
        ("BEEP_FEDERATION__CERTIFICATE", "environment.pem"),
        ("BEEP_FEDERATION__ENABLED", "true"),
        ("BEEP_FEDERATION__MAX_BACKLOG", "18"),
    ];
    let flags = "config --config beep.toml --listen 127.0.0.1:3 --limits.event_retention_s=604803 \
                 --federation.resolver 127.0.0.1:53 --federation.max-backlog=17";
    let flags: Vec<_> = flags.split_whitespace().collect();
    let ran = run_in(place.path(), &flags, &environment).await;
    assert_eq!((ran.code, ran.error.as_str()), (Some(0), ""));
    for (key, expected) in [
        ("federation.enabled", "true"),
        ("federation.key", "file.pem"),
        ("federation.allow_list", "[\"a.example.com\", \"b.example.com\"]"),
        ("federation.max_backlog", "17"),
        ("federation.resolver", "127.0.0.1:53"),
        ("federation.srv_service", "wire-server-federator"),
        ("listen", "127.0.0.1:3"),
        ("limits.event_retention_s", "604803"),
        ("domain", "environment.example.com"),
        ("database.url", "sqlite://environment.db"),
        ("registration", "invite"),
        ("log.filter", "warn"),
        ("log.format", "text"),
        ("limits.rates", "on"),
        ("public_url", "http://127.0.0.1:3"),
        ("data_dir", "./beep-data"),
    ] {
        assert_eq!(value(&ran.out, key).as_deref(), Some(expected), "{key} in\n{}", ran.out);
    }
    let ran = run_in(place.path(), &["config"], &[("BEEP_CONFIG", "beep.toml"), ("BEEP_LIMITS__RATES", "off")]).await;
    assert_eq!(value(&ran.out, "domain").as_deref(), Some("file.example.com"));
    assert_eq!(value(&ran.out, "limits.rates").as_deref(), Some("off"));
    let ran = run(&["--set", "log.format=json", "config", "--data-dir", "here", "--domain=b.example.com"], &[]).await;
    assert_eq!(value(&ran.out, "log.format").as_deref(), Some("json"));
    assert_eq!(value(&ran.out, "data_dir").as_deref(), Some("here"));
    assert_eq!(value(&ran.out, "domain").as_deref(), Some("b.example.com"));

    // The sample is a file of the defaults.
    let sample = run(&["config", "--default"], &[]).await;
    assert_eq!((sample.code, sample.error.as_str()), (Some(0), ""));
    std::fs::write(place.path().join("sample.toml"), &sample.out).expect("a file can be written");
    let read = run_in(place.path(), &["config", "--config", "sample.toml"], &[]).await;
    assert_eq!(read.code, Some(0), "{}", read.error);
    assert_eq!(read.out, run_in(place.path(), &["config"], &[]).await.out);
    // What is printed is a file too.
    std::fs::write(place.path().join("printed.toml"), &read.out).expect("a file can be written");
    assert_eq!(run_in(place.path(), &["config", "--config", "printed.toml"], &[]).await.out, read.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_does_not_fit_is_one_line_and_exit_2() {
    let place = tempfile::tempdir().expect("a directory can be made");
    let refused = async |arguments: &[&str], environment: &[(&str, &str)], named: &str| {
        wrong_use(place.path(), arguments, environment, named).await;
    };
    for (text, named) in [
        ("lisen = \"127.0.0.1:0\"", "lisen"),
        ("[limits]\nrate = \"off\"", "rate"),
        ("[nats]\nurl = 17", "nats"),
        ("listen = \"nonsense\"", "listen"),
        ("listen = 17", "listen"),
        ("domain = \"no domain\"", "domain"),
        ("registration = \"sometimes\"", "registration"),
        ("database = \"sqlite://x\"", "database"),
        ("[limits]\nrates = \"perhaps\"", "limits.rates"),
        ("[limits]\nevent_retention_s = -1", "limits.event_retention_s"),
        ("[log]\nformat = \"xml\"", "log.format"),
        ("[log]\nfilter = \"[[[\"", "log.filter"),
        ("[metrics]\nlisten = \"here\"", "metrics.listen"),
        ("[federation]\nenabled = \"perhaps\"", "federation.enabled"),
        ("[federation]\nenabled = true", "`federation.enabled` needs `federation.certificate`"),
        ("[federation]\nenabled = true\ncertificate = \"c.pem\"", "`federation.enabled` needs `federation.key`"),
        ("[federation]\nlisten = \"here\"", "federation.listen"),
        ("[federation]\ninfra_domain = \"10.0.0.1\"", "federation.infra_domain"),
        ("[federation]\nallow_list = [\"a.example.com\", \"10.0.0.1\"]", "federation.allow_list"),
        ("[federation]\nallow_list = \"\"", "federation.allow_list"),
        ("[federation]\nresolver = \"dns.example.com\"", "federation.resolver"),
        ("[federation]\nsrv_service = \"_wire\"", "federation.srv_service"),
        ("[federation]\nretention_s = 0", "federation.retention_s"),
        ("[federation]\nmax_backlog = -1", "federation.max_backlog"),
        ("[federation]\nsearch = \"some\"", "federation.search"),
        ("[federation]\ncertificat = \"c.pem\"", "federation.certificat"),
        ("listen = ", "line 1"),
    ] {
        std::fs::write(place.path().join("beep.toml"), text).expect("a file can be written");
        refused(&["serve", "--config", "beep.toml"], &[], named).await;
    }
    refused(&["--config", "absent.toml"], &[], "absent.toml").await;
    refused(&[], &[("BEEP_LISTEN", "nonsense")], "listen").await;
    refused(&["--listen", "nonsense"], &[], "listen").await;
    refused(&["--listen=99999"], &[], "listen").await;
    refused(&["--limits.rates", "perhaps"], &[], "limits.rates").await;
    refused(&["--set", "log.format=xml"], &[], "log.format").await;
    refused(&["--set", "nonsense"], &[], "nonsense").await;
    refused(&["--set", "no.such=1"], &[], "no").await;
    refused(&["config", "--public_url", "nonsense"], &[], "`public_url` must be a URL").await;
    refused(&["config"], &[("BEEP_MAIL__URL", "")], "`mail.url` must be `smtp://…`").await;
    refused(&["--mail.url", "foo"], &[], "`mail.url` must be").await;
    refused(&["--database.url", "mysql://me:s3cret@h/beep"], &[], "`database.url` must be `sqlite://`").await;
    refused(&["migrate", "--database.url", "nonsense"], &[], "`database.url` must be").await;
    refused(&["config", "--limits.event_retention_s", "60"], &[], "at least 604800").await;
    refused(&["--registration", "x"], &[], "`registration` is `x`; it must be `open`, `invite` or `closed`").await;
    refused(&["--set", "database=x"], &[], "`database` is a group of settings, such as `database.url`").await;
    refused(&["config", "--listen"], &[], "`--listen` needs a value").await;
    refused(&["--federation.enabled", "true"], &[], "`federation.enabled` needs `federation.certificate`").await;
    refused(&["config"], &[("BEEP_FEDERATION__ALLOW_LIST", "a.example.com,x y")], "federation.allow_list").await;
    for not_yet in ["tls.key=key.pem", "nats.url=nats://h", "sso.corp.kind=oidc", "otel.endpoint=http://h"] {
        refused(&["config", "--set", not_yet], &[], "has no effect in this version").await;
    }
    let defaults = ["config", "--federation.enabled", "false", "--set", "federation.listen=0.0.0.0:8448"];
    assert_eq!(run(&defaults, &[("BEEP_NATS__URL", "")]).await.code, Some(0));
    // What looks like a number is text where text is meant.
    for given in
        [run(&["config", "--data_dir", "2026"], &[]).await, run(&["config"], &[("BEEP_DATA_DIR", "2026")]).await]
    {
        assert_eq!(value(&given.out, "data_dir").as_deref(), Some("2026"), "{}", given.error);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_is_no_setting_is_named_and_stops_nothing() {
    for name in ["BEEP_LISEN", "BEEP_LIMITS__RATE", "BEEP_PORT", "BEEP_DATABASE"] {
        let ran = run(&["config"], &[(name, "tcp://10.0.0.1:80"), ("BEEP_LISTEN", "127.0.0.1:2")]).await;
        assert_eq!((ran.code, value(&ran.out, "listen").as_deref()), (Some(0), Some("127.0.0.1:2")), "{name}");
        assert!(ran.error.contains(name) && ran.error.lines().count() == 1, "{}", ran.error);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_is_no_setting_is_one_line_and_exit_2() {
    let place = tempfile::tempdir().expect("a directory can be made");
    for (arguments, named) in [
        (&["--lisen", "127.0.0.1:0"][..], "lisen"),
        (&["--no.such=1"], "no.such"),
        (&["dance"], "dance"),
        (&["--listen"], "listen"),
    ] {
        wrong_use(place.path(), arguments, &[], named).await;
    }
}

/// Expects one line that names what is wrong, and exit code 2.
async fn wrong_use(place: &Path, arguments: &[&str], environment: &[(&str, &str)], named: &str) {
    let ran = run_in(place, arguments, environment).await;
    let what = format!("{arguments:?} {environment:?} said {:?} {:?}", ran.error, ran.out);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{what}");
    assert!(ran.error.ends_with('\n') && ran.error.lines().count() == 1, "one line: {what}");
    assert!(ran.error.contains(named), "it names `{named}`: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_world_refuses_is_one_line_and_exit_1() {
    let refused = async |arguments: &[&str], named: &str| {
        let ran = run(arguments, &[]).await;
        assert_eq!(ran.code, Some(1), "{arguments:?}: {}", ran.error);
        let lines: Vec<_> = ran.error.lines().filter(|line| line.starts_with("beep-server: ")).collect();
        assert_eq!(lines.len(), 1, "one line: {}", ran.error);
        assert!(lines[0].contains(named) && !ran.error.contains("panicked"), "it names `{named}`: {}", ran.error);
    };
    let server = Server::start(Engine::Sqlite).await;
    refused(&["--listen", server.address()], "listen").await;
    refused(&["--listen", "127.0.0.1:0", "--data_dir", "/proc/nowhere"], "data_dir").await;
    refused(&["--listen", "127.0.0.1:0", "--database.url", "sqlite:///nowhere/at/all.db"], "database").await;
    let began = Instant::now();
    refused(&["migrate", "--database.url", "postgres://beep@127.0.0.1:1/beep"], "refused").await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    if let Some(absent) = absent() {
        refused(&["--listen", "127.0.0.1:0", "--database.url", &absent], "database").await;
        refused(&["migrate", "--database.url", &absent], "database").await;
    }
    refused(&["--listen", "127.0.0.1:0", "--metrics.listen", server.address()], "metrics.listen").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_masked_where_settings_are_shown() {
    let environment = [
        ("BEEP_DATABASE__URL", "postgres://beep:s3cret@db.example.com:5432/beep?password=s3cret"),
        ("BEEP_MAIL__URL", "smtps://beep:p%40ssw0rd@mail.example.com"),
    ];
    let ran = run(&["config"], &environment).await;
    assert_eq!(ran.code, Some(0), "{}", ran.error);
    for secret in ["s3cret", "p%40ssw0rd", "p@ssw0rd"] {
        assert!(!ran.out.contains(secret), "{}", ran.out);
    }
    let url = value(&ran.out, "database.url").expect("it is shown");
    assert!(url.starts_with("postgres://beep:") && url.contains("db.example.com:5432/beep"), "{url}");
    if let Some(absent) = absent() {
        let failed = run(&["--listen", "127.0.0.1:0", "--database.url", &absent], &[]).await;
        assert!(!failed.error.contains("s3cret"), "{}", failed.error);
    }
}

/// The URL, with a password, of a database that is not there, on the PostgreSQL at hand.
fn absent() -> Option<String> {
    let url = std::env::var("BEEP_TEST_POSTGRES_URL").ok()?;
    let (_, host) = url.split_once("://")?;
    let host = host.split_once('@').map_or(host, |(_, host)| host);
    let host = host.split('/').next()?;
    Some(format!("postgres://postgres:s3cret@{host}/absent"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_is_private_and_of_one_domain() {
    let mut server = Server::start_with(Engine::Sqlite, &["--domain", "a.example.com"]).await;
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(server.directory()), 0o700);
    for file in ["beep.db", "beep.db-wal", "beep.db.lock"] {
        assert_eq!(mode(&server.directory().join(file)), 0o600, "{file}: a database may be in a directory of others");
    }
    let ann = Person::sign_up(&server, "ann").await;
    assert!(ann.id.ends_with("@a.example.com"));
    assert_eq!(server.stop().await, Some(0));
    let directory = server.directory().to_str().expect("a path is text").to_owned();
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o755)).expect("it can be opened up");
    let database = format!("sqlite://{directory}/beep.db");
    let other = ["--listen", "127.0.0.1:0", "--data_dir", &directory, "--database.url", &database];
    for verb in ["serve", "migrate"] {
        for domain in ["b.example.com", "localhost"] {
            let ran = run(&[&[verb, "--domain", domain], &other[..]].concat(), &[]).await;
            assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.error);
            let line = ran.error.lines().find(|line| line.starts_with("beep-server: ")).expect("it says why");
            assert!(line.contains("domain") && line.contains("a.example.com"), "{line}");
        }
    }
    server.run().await;
    assert_eq!(mode(server.directory()), 0o700, "made private again");
    ann.get("/self").await.expect(200);
    // A name is the same in upper case.
    assert_eq!(server.stop().await, Some(0));
    let ran = run(&[&["migrate", "--domain", "A.Example.COM"], &other[..]].concat(), &[]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_others_is_left_as_it_is() {
    let place = tempfile::tempdir().expect("a directory can be made");
    let open_up = || std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    let mode = || std::fs::metadata(&place).expect("it is there").permissions().mode() & 0o777;
    let migrate = async || {
        let directory = place.path().to_str().expect("a path is text");
        let database = format!("sqlite://{directory}/beep.db");
        run(&["migrate", "--data_dir", directory, "--database.url", &database], &[]).await
    };
    open_up();
    std::fs::create_dir(place.path().join("letters")).expect("a directory can be made");
    let refused = migrate().await;
    assert_eq!((refused.code, mode()), (Some(1), 0o755), "{}", refused.error);
    assert!(refused.error.contains("data_dir") && refused.error.lines().count() == 1, "{}", refused.error);
    std::fs::remove_dir(place.path().join("letters")).expect("it is there");
    let taken = migrate().await;
    assert_eq!((taken.code, mode()), (Some(0), 0o700), "{}", taken.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_data_is_refused() {
    for engine in Engine::at_hand() {
        let mut server = Server::start(engine).await;
        let directory = server.directory().to_str().expect("a path is text").to_owned();
        let same = ["--listen", "127.0.0.1:0", "--data_dir", &directory, "--database.url", server.database()];
        for verb in ["serve", "migrate"] {
            let ran = run(&[&[verb], &same[..]].concat(), &[]).await;
            assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.error);
            assert!(ran.error.contains("another beep-server uses this database"), "{}", ran.error);
            assert_eq!(ran.error.lines().count(), 1, "{}", ran.error);
        }
        server.kill().await;
        server.run().await;
        assert_eq!(server.stop().await, Some(0));
        server.run().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_it_says_so_soon_and_stops_in_time() {
    if !Engine::at_hand().contains(&Engine::Postgres) {
        return;
    }
    let postgres = Engine::Postgres.fresh(Path::new("")).await;
    let (_, rest) = postgres.split_once("://").expect("it is a URL");
    let (user, rest) = rest.split_once('@').unwrap_or(("postgres", rest));
    let (host, name) = rest.split_once('/').expect("it names a database");
    let proxy = Proxy::start(host, Chance::new(1)).await;
    let database = format!("postgres://{user}@{}/{name}", proxy.address());
    let mut server = Server::start_with(Engine::Sqlite, &["--database.url", &database]).await;
    let ann = Person::sign_up(&server, "ann").await;
    drop(proxy);
    let ready = http().get(format!("{}/readyz", server.url())).send();
    let ready = timeout(Duration::from_secs(3), ready).await.expect("it answers soon").expect("it answers");
    assert_eq!(ready.status(), 503);
    let ask = ann.patch("/self", json!({ "bio": "lost" }));
    assert_eq!(timeout(Duration::from_secs(8), ask).await.expect("it does not hang").status, 500);
    let under_way = tokio::spawn(ann.request(Method::GET, "/self").send());
    assert_eq!(server.stop().await, Some(0), "within the 10 s that `stop` waits");
    let _ = under_way.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_brought_up_without_serving() {
    for engine in Engine::at_hand() {
        let place = tempfile::tempdir().expect("a directory can be made");
        let database = engine.fresh(place.path()).await;
        for _ in 0..2 {
            let ran = run_in(place.path(), &["migrate", "--data_dir", "data", "--database.url", &database], &[]).await;
            assert_eq!(ran.code, Some(0), "{}", ran.error);
            assert!(ran.out.contains("schema"), "{}", ran.out);
        }
        let server = Server::start_with(Engine::Sqlite, &["--database.url", &database]).await;
        Person::sign_up(&server, "ann").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_when_it_is_ready_and_how_it_is() {
    let server = Server::start_with(Engine::Sqlite, &["--metrics.listen", "127.0.0.1:0"]).await;
    let get = async |url: String| http().get(url).send().await.expect("it answers");
    for path in ["livez", "readyz"] {
        assert_eq!(get(format!("{}/{path}", server.url())).await.status(), 200, "{path}");
    }
    let told = ask_unsigned(&server, Method::GET, "/backend", None).await.expect(200);
    assert_eq!((&told["domain"], &told["software"]), (&json!("localhost"), &json!("beep-server")));
    assert_eq!((&told["federation"], &told["sso"], &told["registration"]), (&json!(false), &json!([]), &json!("open")));
    assert_eq!(told["mail"], "spool", "there is no relay");
    assert_eq!(told["limits"]["message_characters"], 4_000);
    let ann = Person::sign_up(&server, "ann").await;
    let (_gateway, _) = Gateway::connect(&server, &ann).await;
    let log = server.log();
    let bound = log.split("address=").nth(1).and_then(|rest| rest.split_whitespace().next());
    let bound = bound.unwrap_or_else(|| panic!("the log says where metrics are served:\n{log}"));
    let metrics = get(format!("http://{bound}/metrics")).await.text().await.expect("it is text");
    for name in ["beep_http_requests_total{status=\"2\"}", "beep_http_request_seconds", "beep_gateway_connections 1"] {
        assert!(metrics.contains(name), "{name} in\n{metrics}");
    }
    assert_eq!(get(format!("{}/metrics", server.url())).await.status(), 404, "not where clients ask");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_when_it_is_told_and_lets_clients_go_on() {
    let mut server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let (_, channel) = ann.community("private").await;
    let (mut json_gateway, ready) = Gateway::connect(&server, &ann).await;
    let (mut proto_gateway, _) = Gateway::connect_in(&server, &bob, Format::Proto).await;
    let mut silent = Gateway::open(&server, Format::Json).await;
    let cursor = ann.get("/events").await.expect(200)["next"].as_str().expect("a cursor").to_owned();
    let waits = tokio::spawn(ann.request(Method::GET, &format!("/events?cursor={cursor}&wait=30")).send());
    // Asked after it and answered: what waits has reached the backend before that stops.
    ann.get("/self").await.expect(200);
    let going_away = (Some(4004), vec!["remote_unavailable".to_owned()]);
    let ends = async { tokio::join!(json_gateway.end(), proto_gateway.end(), silent.end()) };
    let (stopped, (one, other, unheard)) = tokio::join!(server.stop(), ends);
    assert_eq!((stopped, one, other, unheard), (Some(0), going_away.clone(), going_away.clone(), going_away));
    let waited = waits.await.expect("it ends").expect("who waits is answered");
    assert_eq!(Answer::read(waited).await.expect(200)["items"], json!([]));
    server.run().await;
    ann.says(&channel, "again").await;
    let (_, events, _) = Gateway::resume(&server, &ann, &ready.cursor).await;
    assert_eq!(events.len(), 1);
    assert!(!server.log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn warnings_have_request_ids_when_nothing_else_is_logged() {
    let flags = ["--log.format", "json", "--log.filter", "warn"];
    let mut server = Server::start_with(Engine::Sqlite, &flags).await;
    let ann = Person::sign_up(&server, "ann").await;
    let url = format!("{}/v1/access", server.url());
    let refresh = async |token: &str| {
        let request = http().post(&url).json(&json!({ "refresh_token": token }));
        Answer::read(request.send().await.expect("the server answers")).await
    };
    refresh(&ann.refresh).await.expect(200);
    server.stop().await;
    server.age_replaced_tokens().await;
    server.run().await;
    let reused = refresh(&ann.refresh).await;
    let request = reused.headers["x-request-id"].to_str().expect("it is text").to_owned();
    reused.refused(401, "unauthenticated");
    assert_eq!(server.stop().await, Some(0));
    let log = server.log();
    let line: Value = serde_json::from_str(log.lines().next().expect("the reuse is logged")).expect("it is JSON");
    assert_eq!((&line["level"], &line["span"]["id"]), (&json!("WARN"), &json!(request)), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_have_request_ids_and_no_secrets() {
    let flags = ["--log.format", "json", "--log.filter", "debug", "--limits.rates", "off"];
    let mut server = Server::start_with(Engine::Sqlite, &flags).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let mut secrets = vec![PASSWORD.to_owned(), "a wrong secret".to_owned(), "sealed lips".to_owned()];
    secrets.push(server.mailed_code("ann@example.com"));
    let (hall, channel) = ann.community("private").await;
    let code = ann.invite(&hall).await;
    ask_unsigned(&server, Method::GET, &format!("/invitations/{code}"), None).await.expect(200);
    bob.accept(&code).await;
    bob.says(&channel, "sealed lips").await;
    let login = json!({ "login": "ann", "password": "a wrong secret" });
    ask_unsigned(&server, Method::POST, "/login", Some(login)).await.refused(401, "invalid_credentials");
    let url = format!("{}/v1/access", server.url());
    let refresh = async |token: &str| {
        let request = http().post(&url).json(&json!({ "refresh_token": token }));
        Answer::read(request.send().await.expect("the server answers")).await
    };
    let second = refresh(&bob.refresh).await.expect(200);
    let third = refresh(second["refresh_token"].as_str().expect("a credential")).await.expect(200);
    server.stop().await;
    server.age_replaced_tokens().await;
    server.run().await;
    refresh(&bob.refresh).await.refused(401, "unauthenticated");
    let (mut gateway, _) = Gateway::connect(&server, &ann).await;
    gateway.send(tokio_tungstenite::tungstenite::Message::text(format!("not a frame {}", ann.token))).await;
    gateway.end().await;
    for person in [&ann, &bob] {
        secrets.extend([person.token.clone(), person.refresh.clone()]);
    }
    for answer in [&second, &third] {
        secrets
            .extend(["access_token", "refresh_token"].map(|name| answer[name].as_str().expect("a token").to_owned()));
    }
    secrets.push(code);
    let answer = ann.get("/self").await;
    let request = answer.headers.get("x-request-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let request = request.expect("an answer has an id");
    assert_eq!(server.stop().await, Some(0));
    let log = server.log();
    let mut told = false;
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string() && line["target"].is_string(), "{line}");
        told |= line["span"]["id"] == *request && line["fields"]["path"] == "/v1/self";
    }
    assert!(told, "the log has the request under its id");
    for secret in secrets {
        let leak = log.lines().find(|line| line.contains(&secret));
        assert!(leak.is_none(), "`{secret}` is in the log: {leak:?}");
    }
}
