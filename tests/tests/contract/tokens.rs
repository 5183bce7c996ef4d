//! Tokens that are none: truncated, altered, expired, of another backend, of another kind.

use std::str::FromStr;

use beep_tests::database::Engine;
use beep_tests::gateway::{Format, Gateway};
use beep_tests::people::{Answer, Person, ask_unsigned, http};
use beep_tests::server::Server;
use ed25519_compact::{KeyPair, Seed};
use futures_util::future::join_all;
use pasetors::Public;
use pasetors::keys::AsymmetricSecretKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{PublicToken, V4};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Row};

/// Asks who the caller is with an `Authorization` header as it is.
async fn ask_with(server: &Server, header: &[u8]) -> Answer {
    let request = http().get(format!("{}/v1/self", server.url())).header("authorization", header);
    Answer::read(request.send().await.expect("the server answers")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_whole_token_of_this_backend_is_taken() {
    let server = Server::start(Engine::Sqlite).await;
    let other = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let namesake = Person::sign_up(&other, "ann").await;
    let token = ann.token.as_str();
    for good in [format!("Bearer {token}"), format!("bearer {token}"), format!("BEARER  {token} ")] {
        ask_with(&server, good.as_bytes()).await.expect(200);
    }
    let mut bad: Vec<Vec<u8>> = [
        "",
        "Bearer",
        "Bearer ",
        "Basic YW5uOmFubg==",
        token,
        "Bearer null",
        "Bearer v4.public.",
        "Bearer v4.public..",
    ]
    .iter()
    .map(|header| header.as_bytes().to_vec())
    .collect();
    let bearer = |token: &str| format!("Bearer {token}").into_bytes();
    bad.push(bearer(&namesake.token));
    bad.push(bearer(&ann.refresh));
    bad.push(bearer(&format!("{token}A")));
    bad.push(bearer(&format!("{token}.")));
    bad.push(bearer(&token.replace("v4.public", "v4.local")));
    bad.push(bearer(&token.replace("v4.public", "v3.public")));
    bad.push(bearer(&"A".repeat(20_000)));
    bad.push(b"Bearer \xff\xfe".to_vec());
    bad.push(format!("Bearer {token}\t{token}").into_bytes());
    for cut in [1, 2, 10, token.len() / 2, token.len() - 1] {
        bad.push(bearer(&token[..token.len() - cut]));
        bad.push(bearer(&token[cut..]));
    }
    for at in (0..token.len()).step_by(7) {
        let put = if &token[at..=at] == "A" { "B" } else { "A" };
        bad.push(bearer(&format!("{}{put}{}", &token[..at], &token[at + 1..])));
    }
    for header in bad {
        let answer = ask_with(&server, &header).await;
        let shown = String::from_utf8_lossy(&header).into_owned();
        assert_eq!((answer.status, answer.body["code"].as_str()), (401, Some("unauthenticated")), "{shown}");
        assert_eq!(answer.headers.get("www-authenticate").map(|value| value.as_bytes()), Some(&b"Bearer"[..]));
    }
    ask_unsigned(&server, Method::GET, "/self", None).await.refused(401, "unauthenticated");
    // Without a good token nobody learns what is there, nor whether what they sent makes sense.
    for (method, path) in [(Method::GET, "/servers/x"), (Method::POST, "/servers"), (Method::GET, "/events?limit=x")] {
        ask_unsigned(&server, method, path, None).await.refused(401, "unauthenticated");
    }
    ann.get("/self").await.expect(200);
    assert!(!server.log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_what_is_not_there_is_limited_too() {
    let server = Server::start_with(Engine::Sqlite, &[]).await;
    let ann = Person::sign_up(&server, "ann").await;
    let client = http();
    let ask = async |path: &str| {
        let asked = client.get(format!("{}{path}", server.url())).header("x-forwarded-for", "192.0.2.1");
        asked.send().await.expect("it is answered").status().as_u16()
    };
    for (path, expected) in [("/nothing", 404), ("/readyz", 200), ("/docs", 200), ("/v1/nothing", 404)] {
        assert_eq!(ask(path).await, expected, "{path}");
    }
    let mut asked = 0;
    loop {
        let answers = join_all((0..100).map(|_| ask("/nothing"))).await;
        asked += answers.len();
        if answers.contains(&429) {
            break;
        }
        assert!(asked < 5_000, "there is an end");
    }
    for path in ["/nothing", "/readyz", "/docs", "/v1/nothing"] {
        let answers = join_all((0..50).map(|_| ask(path))).await;
        assert!(answers.contains(&429), "{path}: {answers:?}");
    }
    let mut documents = 0;
    while join_all((0..100).map(|_| ask("/v1/openapi.json"))).await.iter().all(|status| *status == 200) {
        documents += 100;
        assert!(documents < 2_000, "there is an end");
    }
    assert_eq!(ask("/livez").await, 200, "that costs nothing");
    ann.get("/self").await.expect(200);
}

/// The backend's own signing key, as only its database has it, and what a token of it says.
pub(crate) struct Mint {
    key: AsymmetricSecretKey<V4>,
    id: String,
    claims: Value,
}

impl Mint {
    pub(crate) async fn of(server: &Server, token: &str) -> Self {
        let file = format!("sqlite://{}", server.directory().join("beep.db").display());
        let options = SqliteConnectOptions::from_str(&file).expect("it is a database");
        let mut database = SqliteConnection::connect_with(&options).await.expect("the database opens");
        let row = sqlx::query("SELECT id, secret FROM secret_key WHERE purpose = 0").fetch_one(&mut database).await;
        let row = row.expect("the backend has a key");
        let seed: [u8; 32] = row.get::<Vec<u8>, _>(1).try_into().expect("a seed has 32 octets");
        let pair = KeyPair::from_seed(Seed::new(seed));
        let id = uuid::Uuid::from_slice(row.get::<&[u8], _>(0)).expect("a key has an id").to_string();
        let genuine = UntrustedToken::<Public, V4>::try_from(token).expect("it is a token");
        let claims = serde_json::from_slice(genuine.untrusted_payload()).expect("its claims are JSON");
        Self { key: AsymmetricSecretKey::from(&*pair.sk).expect("the key signs"), id, claims }
    }

    /// A token of the same session that expires so many milliseconds after a genuine one was made.
    pub(crate) fn expiring_in(&self, milliseconds: i64) -> String {
        let mut claims = self.claims.clone();
        let life = 15 * 60 * 1_000;
        claims["exp"] = json!(claims["exp"].as_i64().expect("it says when it expires") - life + milliseconds);
        self.sign(&claims, &self.id, "localhost")
    }

    fn sign(&self, claims: &Value, key: &str, domain: &str) -> String {
        let claims = claims.to_string();
        let signed = PublicToken::sign(&self.key, claims.as_bytes(), Some(key.as_bytes()), Some(domain.as_bytes()));
        signed.expect("the key signs")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_told_from_a_bad_one() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let mint = Mint::of(&server, &ann.token).await;
    let with = |exp: i64| {
        let mut claims = mint.claims.clone();
        claims["exp"] = json!(exp);
        claims
    };
    let end = mint.claims["exp"].as_i64().expect("it says when it expires");
    let good = mint.sign(&with(end + 1), &mint.id, "localhost");
    ann.with_token(&good).get("/self").await.expect(200);
    for past in [0, 1, -1, i64::MIN, end - 16 * 60 * 1_000] {
        let expired = ann.with_token(&mint.sign(&with(past), &mint.id, "localhost"));
        expired.get("/self").await.refused(401, "token_expired");
        expired.get("/self").await.refused(401, "token_expired");
        let mut gateway = Gateway::open(&server, Format::Json).await;
        gateway.hello(&expired.token, None).await;
        assert_eq!(gateway.end().await, (Some(4001), vec!["token_expired".to_owned()]));
    }
    let nobody = uuid::Uuid::new_v4().to_string();
    let unsure = [
        mint.sign(&with(end), &mint.id, "b.example.com"),
        mint.sign(&with(end), &nobody, "localhost"),
        mint.sign(&with(end), "", "localhost"),
        mint.sign(&json!({ "exp": end }), &mint.id, "localhost"),
        mint.sign(&json!("claims"), &mint.id, "localhost"),
    ];
    for token in unsure {
        ann.with_token(&token).get("/self").await.refused(401, "unauthenticated");
    }
    // A user who is nobody holds a token that nothing would have signed: still no failure.
    let mut claims = with(end);
    claims["sub"] = json!(beep_tests::chance::nobodys_id());
    let nobody = ann.with_token(&mint.sign(&claims, &mint.id, "localhost"));
    nobody.get("/self").await.refused(401, "unauthenticated");
    assert!(!server.log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_refresh_credential_ends_nobodys_session() {
    let server = Server::start(Engine::Sqlite).await;
    let other = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let namesake = Person::sign_up(&other, "ann").await;
    let refresh = async |path: &str, token: &str| {
        ask_unsigned(&server, Method::POST, path, Some(json!({ "refresh_token": token }))).await
    };
    let good = ann.refresh.as_str();
    let mut bad = vec![String::new(), "x".to_owned(), namesake.refresh.clone(), ann.token.clone(), format!("{good}A")];
    bad.push(format!("{good}="));
    bad.extend([1, 4, 20].map(|cut| good[..good.len() - cut].to_owned()));
    for at in 0..good.len() {
        let put = if &good[at..=at] == "A" { "B" } else { "A" };
        bad.push(format!("{}{put}{}", &good[..at], &good[at + 1..]));
    }
    for token in &bad {
        // The last character's spare bits may be anything: what they spell is the same credential.
        if token.len() == good.len() && token[..good.len() - 1] == good[..good.len() - 1] {
            continue;
        }
        refresh("/access", token).await.refused(401, "unauthenticated");
        refresh("/access/logout", token).await.expect(204);
    }
    ann.get("/self").await.expect(200);
    refresh("/access", good).await.expect(200);
}
