//! What was deleted or replaced is kept nowhere and told to nobody.

use std::path::Path;
use std::time::Duration;

use beep_core::backend::bans::{self, NewBan};
use beep_core::backend::inbound::{self, Received, ReceivedEntry, UnreadEntry};
use beep_core::backend::messages::{self, NewMessage};
use beep_core::backend::outbound::OutboundStream;
use beep_core::backend::{Actor, Backend, servers};
use beep_core::content::Content;
use beep_core::event::{EventBody, Position, Stream};
use beep_core::id::{ChannelKey, UserKey};
use beep_core::message::Message;
use beep_core::port::{Change, Place, StreamWrite, Which};
use beep_core::replica_delta::{ReplicaDelta, ReplicatedEvent};
use beep_core::time::Timestamp;
use beep_proto::federation::{Entry, outline};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use crate::pair::{Kept, Pair};

/// Is in every text that is to be gone, and in nothing else.
const HUSH: &str = "hush";

#[tokio::test]
async fn what_was_deleted_is_kept_nowhere_and_told_to_nobody() {
    let folder = tempfile::tempdir().expect("a folder for the databases");
    let files = ["near", "far"].map(|name| folder.path().join(format!("{name}.db")));
    let mut pair = Pair::new(31, Kept::Files(folder)).await;
    let (owner, guest, stays) = (pair.owner.clone(), pair.guests[0].clone(), pair.guests[1].clone());
    servers::join(&pair.far, &Actor::user(stays.clone()), &pair.server).await.expect("it is public");
    pair.deliver(usize::MAX).await;
    let channel = pair.channels().await.into_iter().next().expect("a channel");
    let deleted = say(&pair.far, &owner, &channel, "hush, one").await;
    let edited = say(&pair.far, &owner, &channel, "hush, two").await;
    for text in ["hush, three", "hush, four"] {
        say(&pair.far, &guest, &channel, text).await;
    }
    pair.deliver(usize::MAX).await;
    set_aside(&pair, &channel, &deleted).await;
    for file in &files {
        assert_eq!(places(file).await, ["message.content"], "it is looked for, and a message is where it is");
    }

    messages::delete(&pair.far, &Actor::user(owner.clone()), &channel, deleted.id).await.expect("it is theirs");
    let calm = Content::parse("calm").expect("a text");
    messages::edit(&pair.far, &Actor::user(owner.clone()), &channel, edited.id, calm).await.expect("it is theirs");
    let ban = NewBan { delete_messages_since: Some(Timestamp::from_millis(0)) };
    bans::put(&pair.far, &Actor::user(owner.clone()), &pair.server, &guest, ban).await.expect("they own it");
    // The stream to the peer, from its beginning on as far as it is kept.
    let mark = pair.far.store.outbound_to(&pair.near.domain).await.expect("it reads").expect("it began").acknowledged;
    let mut stream = OutboundStream::new(pair.near.domain.clone());
    let batch = stream.read(&pair.far, mark.seq, 1_000).await.expect("all is kept");
    assert!(batch.deltas.len() > 3, "it tells of all that: {batch:?}");
    let written: Vec<_> = batch.deltas.iter().map(Entry::from).collect();
    assert_silent(&serde_json::to_string(&written).expect("it can be written"));
    pair.deliver(usize::MAX).await;

    for backend in [&pair.near, &pair.far] {
        assert_silent(&format!("{:?}", backend.store.events_after(Position(0), 1_000).await.expect("it reads")));
        assert_silent(&format!("{:?}", backend.store.channel_events(&channel, 0, 1_000).await.expect("it reads")));
        let head = backend.store.log_state().await.expect("it reads").head;
        for user in [&owner, &guest, &stays] {
            let kept = backend.store.events_for(user, Which::All, Position(0), head, 1_000).await.expect("it reads");
            assert_silent(&format!("{kept:?}"));
        }
        assert!(backend.store.message(&channel, edited.id).await.expect("it reads").is_some());
        backend.store.close().await;
    }
    for file in &files {
        assert_eq!(places(file).await, [""; 0]);
    }
}

#[tokio::test]
async fn what_came_of_messages_goes_with_the_last_who_could_see_them() {
    let folder = tempfile::tempdir().expect("a folder for the databases");
    let near = folder.path().join("near.db");
    let mut pair = Pair::new(32, Kept::Files(folder)).await;
    pair.deliver(usize::MAX).await;
    let channel = pair.channels().await.into_iter().next().expect("a channel");
    let said = say(&pair.far, &pair.owner, &channel, "hush, one").await;
    pair.deliver(usize::MAX).await;
    let guest = Actor::user(pair.guests[0].clone());
    servers::leave(&pair.far, &guest, &pair.server).await.expect("anybody may");
    pair.deliver(usize::MAX).await;
    // Nobody tells the near backend of it.
    messages::delete(&pair.far, &Actor::user(pair.owner.clone()), &channel, said.id).await.expect("it is theirs");
    pair.deliver(usize::MAX).await;
    assert_eq!(places(&near).await, [""; 0]);
}

#[tokio::test]
async fn what_nobody_here_understands_is_kept_no_longer_than_the_log() {
    let folder = tempfile::tempdir().expect("a folder for the databases");
    let near = folder.path().join("near.db");
    let mut pair = Pair::new(33, Kept::Files(folder)).await;
    pair.deliver(usize::MAX).await;
    let channel = pair.channels().await.into_iter().next().expect("a channel");
    let data = br#"{"text":"hush"}"#.to_vec();
    // Its sender says that it is of a time to come.
    let at = pair.near.clock.now().after(Duration::from_secs(1_000_000_000));
    let unknown = told(&channel, &pair, EventBody::Unknown { kind: "message.sung".to_owned(), data }, at);
    receive(&pair, vec![unknown.into()]).await;
    set_aside(&pair, &channel, &say(&pair.far, &pair.owner, &channel, "loud").await).await;
    assert_eq!(places(&near).await, ["event.data"]);
    let later = pair.near.clock.now().after(Duration::from_secs(1));
    pair.near.store.prune(later).await.expect("it goes");
    assert_eq!(places(&near).await, [""; 0]);
    assert!(pair.near.store.dead_letters(10).await.expect("it reads").is_empty());
}

/// Has the near backend set aside what holds the text of a message, read and unread.
async fn set_aside(pair: &Pair, channel: &ChannelKey, message: &Message) {
    let absent = ChannelKey::new(beep_core::id::Id::from_uuid(uuid::Uuid::nil()), channel.home.clone());
    let content = Content::parse("hush, set aside").expect("a text");
    let of_nowhere = Message { channel: absent.clone(), content, ..message.clone() };
    let read = told(&absent, pair, EventBody::MessageCreated(of_nowhere), message.created_at);
    let text = r#"{"event":{"type":"message.created","seq":7,"data":{"content":"hush"}}}"#;
    let error = serde_json::from_str::<Entry>(text).expect_err("it has no stream");
    let unread = UnreadEntry { error: beep_proto::federation::misfit(&error), about: outline(text) };
    let before = pair.near.store.dead_letters(10).await.expect("it reads");
    receive(pair, vec![read.into(), ReceivedEntry { delta: Err(unread) }]).await;
    let after = pair.near.store.dead_letters(10).await.expect("it reads");
    let kept = |letters: &std::collections::BTreeMap<_, beep_core::port::DeadLetters>| {
        letters.get(&pair.far.domain).map_or(0, |letters| letters.kept)
    };
    assert_eq!(kept(&after), kept(&before) + 2);
}

fn told(channel: &ChannelKey, pair: &Pair, body: EventBody, at: Timestamp) -> ReplicaDelta {
    let stream = Stream::Channel { id: channel.clone(), server: pair.server.id };
    ReplicaDelta {
        event: Some(ReplicatedEvent { stream, place: Place { seq: 1_000, at }, body }),
        ..ReplicaDelta::default()
    }
}

/// Has the near backend receive what the far one did not say, and the far one believe that it did.
async fn receive(pair: &Pair, entries: Vec<ReceivedEntry>) {
    let before = pair.near.store.inbound(&pair.far.domain).await.expect("it reads").expect("something was applied");
    let received = Received { stream: before.stream, first_seq: before.seq + 1, entries };
    inbound::receive(&pair.near, &pair.far.domain, &received).await.expect("nothing stops it");
    // Back to where the far one's stream is.
    let back = Change::default().write(StreamWrite::Receive(pair.far.domain.clone(), before));
    pair.near.store.commit(back).await.expect("it is kept");
}

async fn say(at: &Backend, who: &UserKey, channel: &ChannelKey, text: &str) -> Message {
    let content = Content::parse(text).expect("a text");
    let new = NewMessage { content, nonce: None, reply_to: None };
    messages::send(at, &Actor::user(who.clone()), channel, new).await.expect("they may")
}

fn assert_silent(text: &str) {
    assert!(!text.contains(HUSH), "{text}");
}

/// The columns of a database that hold such a text, of whatever type they are.
async fn places(file: &Path) -> Vec<String> {
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.expect("it opens");
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT tables.name, columns.name
        FROM sqlite_master AS tables
        CROSS JOIN pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table'
        ORDER BY tables.name, columns.cid",
    )
    .fetch_all(&mut connection)
    .await
    .expect("there is a schema");
    assert!(columns.len() > 100, "all tables are seen");
    let mut found = Vec::new();
    for (table, column) in columns {
        let holds =
            format!("SELECT COUNT(*) FROM {table} WHERE INSTR(CAST({column} AS BLOB), CAST('{HUSH}' AS BLOB)) > 0");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(holds)).fetch_one(&mut connection).await.expect("it reads");
        if count > 0 {
            found.push(format!("{table}.{column}"));
        }
    }
    connection.close().await.expect("it closes");
    found
}
