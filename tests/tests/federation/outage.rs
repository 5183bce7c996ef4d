//! Backends that are down, killed, cut off, moved and shut out: nothing that was answered is lost, doubled or reordered.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use beep_client::{ChannelId, Client, EventData, Full};
use beep_tests::database::Engine;
use beep_tests::federation::authority::Wanted;
use beep_tests::federation::dns::Service;
use beep_tests::federation::link::{Flow, Link};
use beep_tests::federation::realm::{Backend, Realm};
use beep_tests::making::ids;
use beep_tests::people::Person;
use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::follower::Follower;
use crate::repair::repairs;
use crate::talk::{history, holds_once, same_story, talk};
use crate::{chance, within};

/// Bea owns a server at `b`, and Ann of `a` is a member.
struct Hall {
    bea: Person,
    ann: Person,
    server: String,
    channel: String,
}

impl Hall {
    async fn of(a: &Backend, b: &Backend) -> Self {
        let (bea, ann) = (b.sign_up("bea").await, a.sign_up("ann").await);
        let (server, channel) = bea.community("public").await;
        ann.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
        Self { bea, ann, server, channel }
    }

    fn id(&self) -> Full<ChannelId> {
        self.channel.parse().expect("it is an id")
    }
}

/// People who talk in the background.
struct Talking {
    sent: watch::Sender<usize>,
    calm: watch::Sender<bool>,
    tasks: Vec<JoinHandle<BTreeMap<String, String>>>,
}

impl Talking {
    /// Each client sends at least so many messages, and goes on until the end.
    fn begin(clients: &[(&str, &Client)], channel: &Full<ChannelId>, least: usize) -> Self {
        let (sent, calm) = (watch::Sender::new(0), watch::Sender::new(false));
        let tasks = clients.iter().map(|(name, client)| {
            let (name, client, channel) = ((*name).to_owned(), (*client).clone(), channel.clone());
            tokio::spawn(talk(client, name, channel, least, sent.clone(), calm.subscribe()))
        });
        let tasks = tasks.collect();
        Self { sent, calm, tasks }
    }

    /// Waits until so many more messages were answered.
    async fn goes_on(&self, by: usize) {
        let mut sent = self.sent.subscribe();
        let enough = *sent.borrow_and_update() + by;
        within("messages are sent", sent.wait_for(|sent| *sent >= enough)).await.expect("somebody sends");
    }

    /// What was answered, once all is said.
    async fn end(self) -> BTreeMap<String, String> {
        self.calm.send_replace(true);
        let mut answered = BTreeMap::new();
        for task in self.tasks {
            answered.extend(within("all is said", task).await.expect("a talker ends well"));
        }
        answered
    }
}

/// Says the last word at the owner's, and holds what everybody was told against what the owner keeps.
async fn all_agree(hall: &Hall, followers: Vec<&mut Follower>, answered: &BTreeMap<String, String>) {
    hall.bea.says(&hall.channel, "good night").await;
    let mut kept = Vec::new();
    for follower in followers {
        if kept.is_empty() {
            kept = history(&follower.client, &hall.id()).await;
            holds_once(&kept, answered);
        }
        follower.reads("good night").await;
        if follower.resyncs == 0 {
            same_story(&follower.name, &follower.told_of(&hall.channel), &kept);
        }
        follower.is_up_to_date().await;
        let through = history(&follower.client, &hall.id()).await;
        same_story(&follower.name, &through, &kept);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_the_other_was_down_is_told_when_it_is_back() {
    for engine in Engine::at_hand() {
        catching_up(engine).await;
    }
}

async fn catching_up(engine: Engine) {
    let (_realm, [mut a, b]) = Realm::of(engine, ["a", "b"]).await;
    let hall = Hall::of(&a, &b).await;
    let mut ann = Follower::begin(&a.server, &hall.ann).await;
    let mut bea = Follower::begin(&b.server, &hall.bea).await;
    hall.bea.says(&hall.channel, "before").await;
    ann.reads("before").await;
    a.server.kill().await;
    let (talkers, clients) = (16, join_all((0..16).map(|_| on_another_device(&b, &hall.bea))).await);
    let names: Vec<String> = (0..talkers).map(|number| format!("voice {number}")).collect();
    let voices: Vec<_> = names.iter().map(String::as_str).zip(&clients).collect();
    let from = Instant::now();
    let answered = Talking::begin(&voices, &hall.id(), EVENTS / talkers).end().await;
    let said = from.elapsed();
    assert_eq!(answered.len(), EVENTS / talkers * talkers);
    let from = Instant::now();
    a.server.run().await;
    all_agree(&hall, vec![&mut ann, &mut bea], &answered).await;
    eprintln!("{EVENTS} events in {said:?} while the other was down, told in {:?}", from.elapsed());
    assert_eq!((ann.resyncs, bea.resyncs), (0, 0));
    // Live again.
    hall.ann.says(&hall.channel, "I am back").await;
    bea.reads("I am back").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_nothing_is_lost_doubled_or_reordered() {
    for engine in Engine::at_hand() {
        twenty_kills(engine).await;
    }
}

async fn twenty_kills(engine: Engine) {
    let mut chance = chance();
    let (_realm, [mut a, mut b]) = Realm::of(engine, ["a", "b"]).await;
    let hall = Hall::of(&a, &b).await;
    let mut ann = Follower::begin(&a.server, &hall.ann).await;
    let mut bea = Follower::begin(&b.server, &hall.bea).await;
    let others = [on_another_device(&a, &hall.ann).await, on_another_device(&b, &hall.bea).await];
    let voices = [("ann", &ann.client), ("bea", &bea.client), ("ann too", &others[0]), ("bea too", &others[1])];
    let talking = Talking::begin(&voices, &hall.id(), 0);
    for kill in 0..KILLS {
        talking.goes_on(1 + chance.below(20)).await;
        // Both are killed as often as the other, and now and then both at once.
        let (victim, other) = if kill % 2 == 0 { (&mut a, &mut b) } else { (&mut b, &mut a) };
        victim.server.kill().await;
        if chance.below(5) == 0 {
            other.crash().await;
        }
        victim.server.run().await;
    }
    talking.goes_on(20).await;
    let answered = talking.end().await;
    eprintln!("{} messages answered through {KILLS} kills", answered.len());
    all_agree(&hall, vec![&mut ann, &mut bea], &answered).await;
    assert_eq!((ann.resyncs, bea.resyncs), (0, 0));
    for backend in [&a, &b] {
        assert!(!backend.server.log().contains("panicked"));
        assert_eq!(repairs(&backend.server), 0, "what was told was enough");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_bad_wires_nothing_is_lost_doubled_or_reordered() {
    let mut chance = chance();
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let hall = Hall::of(&a, &b).await;
    let mut ann = Follower::begin(&a.server, &hall.ann).await;
    let mut bea = Follower::begin(&b.server, &hall.bea).await;
    let voices = [("ann", &ann.client), ("bea", &bea.client)];
    let talking = Talking::begin(&voices, &hall.id(), 0);
    for _ in 0..FAULTS {
        talking.goes_on(1 + chance.below(20)).await;
        let link = if chance.below(2) == 0 { &a.link } else { &b.link };
        match chance.below(6) {
            0 | 1 => link.lose_answers(1 + chance.below(2)),
            2 => link.truncate_after(chance.below(5_000) as u64),
            3 => link.reset(),
            4 => {
                link.set(Flow::Delay(Duration::from_millis(20)));
                talking.goes_on(5).await;
                link.mend();
            }
            _ => {
                // Bea is heard at home whatever becomes of the wires.
                link.cut();
                talking.goes_on(5).await;
                link.mend();
            }
        }
    }
    talking.goes_on(20).await;
    let answered = talking.end().await;
    let (to_a, to_b) = (a.link.taken(), b.link.taken());
    eprintln!("{} messages answered through {FAULTS} faults; {to_a} and {to_b} connections", answered.len());
    assert!(to_a > 3 && to_b > 3, "the wires were hardly broken: {to_a} and {to_b} connections");
    all_agree(&hall, vec![&mut ann, &mut bea], &answered).await;
    assert_eq!((ann.resyncs, bea.resyncs), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_backend_is_said_to_be_and_comes_back() {
    let (_realm, [a, mut b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let hall = Hall::of(&a, &b).await;
    b.server.kill().await;
    let from = Instant::now();
    for path in [format!("/servers/{}/members", hall.server), format!("/channels/{}/messages", hall.channel)] {
        hall.ann.get(&path).await.refused(503, "remote_unavailable");
    }
    let message = json!({ "content": "anybody?" });
    let path = format!("/channels/{}/messages", hall.channel);
    for _ in 0..20 {
        hall.ann.post(&path, message.clone()).await.refused(503, "remote_unavailable");
    }
    assert!(from.elapsed().as_secs() < 20, "it takes {:?} to be told that nobody is there", from.elapsed());
    // What is at home goes on, and what is known is still shown.
    let (_, own) = hall.ann.community("public").await;
    hall.ann.says(&own, "at home all is well").await;
    assert_eq!(ids(&hall.ann.get("/servers").await.expect(200)).len(), 2);
    b.server.run().await;
    let back = async { while hall.ann.post(&path, message.clone()).await.status != 201 {} };
    within("the backend is back", back).await;
    let asked = hall.ann.get(&path).await.expect(200);
    assert_eq!(ids(&asked).len(), 1, "what was refused was not done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_moves_while_people_talk() {
    let (realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let hall = Hall::of(&a, &b).await;
    let mut ann = Follower::begin(&a.server, &hall.ann).await;
    let mut bea = Follower::begin(&b.server, &hall.bea).await;
    let voices = [("ann", &ann.client), ("bea", &bea.client)];
    let talking = Talking::begin(&voices, &hall.id(), 0);
    talking.goes_on(20).await;
    // As an operator does it: first a certificate for both names, then the record, then the new name alone.
    let moved = "moved.b.example.com";
    b.shows(&realm.authority.issue(&[&b.infra, moved]));
    let peer = realm.peer(None);
    let shown = async { while peer.dial(b.ingress, moved).await.is_err() {} };
    within("the certificate for both names is shown", shown).await;
    let link = Link::start("127.0.0.1", &b.ingress.to_string()).await;
    realm.dns.host(moved, link.address().ip());
    realm.dns.serves(&b.domain, vec![Service::at(moved, link.address().port())]);
    within("the new way is taken", link.until_taken(1)).await;
    talking.goes_on(20).await;
    // Whoever asked before the record changed may have gone the old way until now.
    b.link.cut();
    b.shows(&realm.authority.issue_as(&Wanted::new(&[moved])));
    let old_is_gone = async { while peer.dial(b.ingress, &b.infra).await.is_ok() {} };
    within("the old name is not shown any more", old_is_gone).await;
    talking.goes_on(40).await;
    let answered = talking.end().await;
    all_agree(&hall, vec![&mut ann, &mut bea], &answered).await;
    assert_eq!((ann.resyncs, bea.resyncs), (0, 0));
    // Both directions go on by the new name alone.
    hall.ann.says(&hall.channel, "all moved").await;
    bea.reads("all moved").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_backends_one_is_dead_and_the_others_notice_nothing() {
    let (_realm, [a, b, mut c]) = Realm::of(Engine::Sqlite, ["a", "b", "c"]).await;
    let hall = Hall::of(&a, &b).await;
    let cleo = c.sign_up("cleo").await;
    cleo.post(&format!("/servers/{}/join", hall.server), json!({})).await.expect(200);
    let mut ann = Follower::begin(&a.server, &hall.ann).await;
    let mut bea = Follower::begin(&b.server, &hall.bea).await;
    let mut cleo = Follower::begin(&c.server, &cleo).await;
    hall.ann.says(&hall.channel, "all three").await;
    cleo.reads("all three").await;
    let whole = rounds(&hall, &mut ann, &mut bea, "whole").await;
    c.server.kill().await;
    let broken = rounds(&hall, &mut ann, &mut bea, "broken").await;
    eprintln!("{ROUNDS} rounds with three took {whole:?}, with one dead {broken:?}");
    assert!(broken < whole * 3 + Duration::from_millis(500), "{whole:?} became {broken:?}");
    c.server.run().await;
    all_agree(&hall, vec![&mut ann, &mut bea, &mut cleo], &BTreeMap::new()).await;
    assert_eq!((ann.resyncs, bea.resyncs, cleo.resyncs), (0, 0, 0));
}

/// Ann and Bea answer each other; gives how long it took.
async fn rounds(hall: &Hall, ann: &mut Follower, bea: &mut Follower, word: &str) -> Duration {
    let from = Instant::now();
    for round in 0..ROUNDS {
        let (there, back) = (format!("{word} {round}?"), format!("{word} {round}!"));
        hall.ann.says(&hall.channel, &there).await;
        bea.reads(&there).await;
        hall.bea.says(&hall.channel, &back).await;
        ann.reads(&back).await;
    }
    from.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_elsewhere_are_removed_and_kept_out() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let hall = Hall::of(&a, &b).await;
    let mut ann = Follower::begin(&a.server, &hall.ann).await;
    let (server, member) = (&hall.server, format!("/servers/{}/members/{}", hall.server, hall.ann.id));
    hall.bea.delete(&member).await.expect(204);
    let gone = |data: &EventData| matches!(data, EventData::MemberLeft(gone) if gone.user.to_string() == hall.ann.id);
    ann.until("being removed", gone).await;
    hall.ann.get(&format!("/channels/{}/messages", hall.channel)).await.refused(404, "not_found");
    assert!(ids(&hall.ann.get("/servers").await.expect(200)).is_empty());
    hall.ann.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    hall.ann.says(&hall.channel, "back again").await;
    ann.reads("back again").await;
    let ban = format!("/servers/{server}/bans/{}", hall.ann.id);
    let banned = hall.bea.put(&ban, json!({ "reason": "spoke of turnips" })).await.expect(200);
    assert_eq!((&banned["user"], banned["reason"].as_str()), (&json!(hall.ann.id), Some("spoke of turnips")));
    hall.ann.post(&format!("/servers/{server}/join"), json!({})).await.refused(403, "banned");
    let code = hall.bea.invite(server).await;
    let code = format!("/invitations/{code}@{}/accept", b.domain);
    hall.ann.post(&code, json!({})).await.refused(403, "banned");
    hall.bea.says(&hall.channel, "in her absence").await;
    let kept_out =
        |data: &EventData| matches!(data, EventData::MemberBanned(gone) if gone.user.to_string() == hall.ann.id);
    ann.until("being kept out", kept_out).await;
    assert!(ids(&hall.ann.get("/servers").await.expect(200)).is_empty());
    ann.is_up_to_date().await;
    assert!(ann.told.iter().all(|(.., content)| content != "in her absence"));
    hall.bea.delete(&ban).await.expect(204);
    hall.ann.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    // A member from elsewhere with the permission may do the same, within the hierarchy.
    let role = hall.bea.make_role(server, "Guard", 2, &["manage_members"]).await;
    hall.bea.give(server, &hall.ann, &role).await;
    let carl = b.sign_up("carl").await;
    carl.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    hall.ann.delete(&format!("/servers/{server}/members/{}", hall.bea.id)).await.refused(403, "hierarchy");
    hall.ann.delete(&format!("/servers/{server}/members/{}", carl.id)).await.expect(204);
    assert!(ids(&carl.get("/servers").await.expect(200)).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_allowed_has_no_access_and_catches_up_when_they_are() {
    let (_realm, [mut a, mut b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let hall = Hall::of(&a, &b).await;
    let mut ann = Follower::begin(&a.server, &hall.ann).await;
    hall.bea.says(&hall.channel, "in the light").await;
    ann.reads("in the light").await;
    let path = format!("/channels/{}/messages", hall.channel);
    b.server.restart_with(&["--federation.allow_list", "c.example.com"]).await;
    let question = json!({ "content": "may I?" });
    hall.ann.post(&path, question.clone()).await.refused(403, "federation_denied");
    hall.ann.get(&path).await.refused(403, "federation_denied");
    hall.bea.says(&hall.channel, "in the dark").await;
    let (_, own) = hall.ann.community("public").await;
    hall.ann.says(&own, "at home all is well").await;
    ann.is_up_to_date().await;
    assert!(ann.told.iter().all(|(.., content)| content != "in the dark"));
    assert!(hall.bea.get(&format!("/users?handle=ann@{}", a.domain)).await.status == 403);
    b.server.restart_with(&["--federation.allow_list", "c.example.com,a.example.com"]).await;
    hall.bea.says(&hall.channel, "in the light again").await;
    ann.reads("in the light again").await;
    ann.is_up_to_date().await;
    assert!(
        ann.resyncs > 0 || ann.told.iter().any(|(.., content)| content == "in the dark"),
        "what was missed is lost"
    );
    let kept = history(&ann.client, &hall.id()).await;
    assert_eq!(
        kept.iter().map(|(_, content)| content.as_str()).collect::<Vec<_>>(),
        ["in the light", "in the dark", "in the light again"]
    );
    // The own list keeps people in as well, and nothing goes out.
    a.server.restart_with(&["--federation.allow_list", "c.example.com"]).await;
    let carried = b.link.taken();
    hall.ann.post(&path, question).await.refused(403, "federation_denied");
    assert_eq!(b.link.taken(), carried, "who is not on the list is not called");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_who_does_not_answer_and_what_waits_for_them() {
    let (_realm, [mut a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let hall = Hall::of(&a, &b).await;
    let mut ann = Follower::begin(&a.server, &hall.ann).await;
    hall.bea.says(&hall.channel, "before").await;
    ann.reads("before").await;
    hall.bea.get("/admin/federation").await.refused(403, "permission_denied");
    assert!(b.server.admin(&["grant", &hall.bea.name, "application_administrator"]).await.status.success());
    let remote = async || hall.bea.get("/admin/federation").await.expect(200)["remotes"][0].clone();
    let comes = async |what: &str, is: &dyn Fn(&serde_json::Value) -> bool| {
        within(what, async {
            loop {
                let remote = remote().await;
                if is(&remote) {
                    return remote;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    };
    let well = |remote: &serde_json::Value| {
        remote["circuit"] == "closed" && remote["queue"] == 0 && remote["last_error"].is_null()
    };
    comes("all is well", &well).await;

    a.server.kill().await;
    for number in 0..3 {
        hall.bea.says(&hall.channel, &format!("meanwhile {number}")).await;
    }
    let handle = format!("/users?handle=nobody@{}", a.domain);
    let open = comes("the circuit opens", &|remote| {
        remote["circuit"] == "open" && remote["queue"] == 3 && !remote["last_error"].is_null()
    });
    // Each failure counts, whoever asked.
    let asks = async { while hall.bea.get(&handle).await.status != 200 {} };
    let open = tokio::select! {
        open = open => open,
        () = asks => unreachable!("nobody answers"),
    };
    for since in ["probe_at", "waits_since", "failed_at"] {
        assert!(open[since].as_str().is_some_and(|at| at.ends_with('Z')), "{since} in {open}");
    }
    assert_eq!((&open["domain"], &open["allowed"], &open["dead_letters"]), (&json!(a.domain), &json!(true), &json!(0)));

    a.server.run().await;
    ann.reads("meanwhile 2").await;
    let after = comes("all is well again", &well).await;
    for gone in ["probe_at", "waits_since", "failed_at"] {
        assert!(after[gone].is_null(), "{gone} in {after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_allow_list_changes_at_run_time_and_outlives_a_crash() {
    let (_realm, [a, mut b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let hall = Hall::of(&a, &b).await;
    let mut ann = Follower::begin(&a.server, &hall.ann).await;
    let (path, list) = (format!("/channels/{}/messages", hall.channel), "/admin/federation/allow-list");
    hall.bea.put(list, json!({ "domains": [] })).await.refused(403, "permission_denied");
    assert!(b.server.admin(&["grant", &hall.bea.name, "application_administrator"]).await.status.success());
    hall.bea.put(list, json!({ "domains": ["nonsense"] })).await.refused(422, "invalid_request");
    hall.bea.put(list, json!({ "domains": ["c.example.com"] })).await.expect(200);
    hall.ann.post(&path, json!({ "content": "may I?" })).await.refused(403, "federation_denied");
    hall.bea.says(&hall.channel, "in the dark").await;
    b.crash().await;
    hall.ann.get(&path).await.refused(403, "federation_denied");
    ann.is_up_to_date().await;
    assert!(ann.told.iter().all(|(.., content)| content != "in the dark"));
    let status = hall.bea.put(list, json!({ "domains": ["a.example.com"] })).await.expect(200);
    assert_eq!(status["allow_list"], json!(["a.example.com"]));
    hall.bea.says(&hall.channel, "in the light again").await;
    ann.reads("in the light again").await;
    ann.is_up_to_date().await;
    assert!(
        ann.resyncs > 0 || ann.told.iter().any(|(.., content)| content == "in the dark"),
        "what was missed is lost"
    );
    let kept = history(&ann.client, &hall.id()).await;
    assert_eq!(
        kept.iter().map(|(_, content)| content.as_str()).collect::<Vec<_>>(),
        ["in the dark", "in the light again"]
    );
    let status = hall.bea.get("/admin/federation").await.expect(200);
    let remote = &status["remotes"][0];
    let shown = ["domain", "allowed", "circuit", "last_error"].map(|name| remote[name].clone());
    assert_eq!(json!(shown), json!(["a.example.com", true, "closed", null]));
    hall.ann.get("/admin/federation").await.refused(403, "permission_denied");
}

async fn on_another_device(backend: &Backend, person: &Person) -> Client {
    let client = Client::builder(backend.server.url()).build().expect("the URL is one");
    client.login(&person.name, beep_tests::people::PASSWORD).await.expect("the password is right");
    client
}

/// Events while the other side is down.
const EVENTS: usize = 5_000;

/// How often either side is killed.
const KILLS: usize = 20;

/// How often a wire misbehaves.
const FAULTS: usize = 25;

/// Questions and answers between two backends.
const ROUNDS: usize = 20;
