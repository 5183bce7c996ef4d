//! Rows that somebody or something damaged: each is skipped by itself.

use std::sync::Arc;

use beep_core::channel::Channel;
use beep_core::domain::Domain;
use beep_core::event::{EventBody, Position, Scope, Stream};
use beep_core::id::{Id, Qualified, UserKey};
use beep_core::member::Member;
use beep_core::message::{Draft, Message};
use beep_core::permission::Permissions;
use beep_core::port::{Change, CommitError, Events, MessagePage, MessageWrite, Messages, SpaceWrite, Store, Which};
use beep_core::role::Role;
use beep_core::space::{Space, SpaceKind, Visibility};
use beep_core::text::{ChannelName, Description, Nonce, RoleName, ServerName, Text};
use beep_core::time::Timestamp;
use beep_store::SqlStore;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use crate::sql::{file_in, new_postgres, open};

/// A server with one channel and one member.
struct Place {
    server: Space,
    channel: Channel,
    member: UserKey,
}

impl Place {
    fn new() -> Self {
        let domain = Domain::parse("a.example.com").expect("a domain");
        let at = Timestamp::from_millis(1);
        let member = UserKey::new(Id::generate(at, [1; 10]), domain.clone());
        let server = Space {
            kind: SpaceKind::Community,
            id: Qualified::new(Id::generate(at, [2; 10]), domain.clone()),
            name: ServerName::parse("server").expect("a name"),
            description: Description::parse("").expect("may be empty"),
            visibility: Visibility::Private,
            owner: member.clone(),
            member_count: 1,
            created_at: at,
            version: 1,
            suspended_until: None,
        };
        let name = ChannelName::parse("channel").expect("a name");
        let channel = Channel::new(Qualified::new(Id::generate(at, [3; 10]), domain), server.id.id, name);
        Self { server, channel, member }
    }

    fn made(&self) -> Change {
        let everyone = Role {
            id: Id::generate(Timestamp::from_millis(1), [4; 10]),
            server: self.server.id.clone(),
            name: RoleName::parse("everyone").expect("a name"),
            color: None,
            position: 0,
            permissions: Permissions::empty(),
            hoist: false,
            mentionable: false,
            everyone: true,
            version: 1,
        };
        let joined = Member::joining(self.server.id.clone(), self.member.clone(), Timestamp::from_millis(1));
        let scopes = vec![Scope::Space(self.server.id.clone())];
        Change::default()
            .write(SpaceWrite::Put(self.server.clone()))
            .put(everyone)
            .put(self.channel.clone())
            .put(joined.clone())
            .event(Stream::Space(self.server.id.clone()), scopes, EventBody::MemberJoined(joined))
    }

    async fn says(&self, store: &SqlStore, nonce: &str) -> Result<Message, CommitError> {
        let draft = Draft {
            channel: self.channel.id.clone(),
            author: self.member.clone().into(),
            content: Text::parse(nonce).expect("a text").into(),
            reply_to: None,
            nonce: Some(Nonce::parse(nonce).expect("a nonce")),
        };
        let change = Change::default().write(MessageWrite::Post { server: self.server.id.clone(), draft });
        Ok(store.commit(change).await?.posted.remove(0))
    }
}

/// What damage does to messages and events, and what it must not do to those beside them.
async fn hurts_nobody_else<C: Connection>(url: &str)
where
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
{
    let place = Place::new();
    let store = open(url, "a.example.com").await.expect("it opens");
    store.commit(place.made()).await.expect("it is sound"); // 1
    let mut said = Vec::new();
    for nonce in ["a", "b", "c", "d", "e"] {
        said.push(place.says(&store, nonce).await.expect("it is sound")); // 2 to 6
    }
    store.close().await;
    let mut connection = C::connect(url).await.expect("it is reached");
    for damage in [
        "UPDATE message SET content = NULL WHERE nonce = 'b'",
        "UPDATE message SET author_origin = 77 WHERE nonce = 'd'",
        "UPDATE event SET stream_kind = 7 WHERE position = 4",
        "UPDATE event SET stream_origin = 77 WHERE position = 6",
    ] {
        connection.execute(AssertSqlSafe(damage)).await.expect(damage);
    }
    connection.close().await.expect("it is let go of");

    let store = Arc::new(open(url, "a.example.com").await.expect("it opens"));
    let (channel, good) = (&place.channel.id, [&said[0], &said[2], &said[4]]);
    let page = async |page, limit| store.messages(channel, page, limit).await.expect("read");
    let all = page(MessagePage::After(said[0].id), 10).await;
    assert!(all.iter().eq(good[1..].iter().copied()), "{all:?}");
    let newest = page(MessagePage::Newest, 3).await;
    assert!(newest.iter().eq(good.iter().rev().copied()), "what was skipped is made up for: {newest:?}");
    assert_eq!(page(MessagePage::Before(said[2].id), 1).await, [said[0].clone()]);
    assert_eq!(page(MessagePage::Newest, 0).await, []);
    assert_eq!(store.message(channel, said[1].id).await.expect("read"), None);
    assert_eq!(store.message(channel, said[2].id).await.expect("read").as_ref(), Some(&said[2]));

    let told = store.events_after(Position(0), 10).await.expect("read");
    assert!(told.iter().map(|event| event.position.0).eq(1..=6), "nobody misses a place: {told:?}");
    let bodies: Vec<_> = told.iter().map(|event| event.body.clone()).collect();
    let lost = EventBody::Unreadable { kind: "message.created".to_owned() };
    assert_eq!(bodies[1], EventBody::MessageCreated(said[0].clone()));
    assert_eq!(bodies[2..], [lost.clone(), lost.clone(), lost.clone(), lost]);
    assert_eq!(told[3].stream, told[1].stream, "its channel says what it was");
    assert_eq!(told[3].seq, 3);
    let own = store.events_for(&place.member, Which::All, Position(0), Position(9), 10).await.expect("read");
    assert_eq!(own, told);
    // Whoever sends what is damaged again fails alone.
    let (again, other, same) = tokio::join!(place.says(&store, "b"), place.says(&store, "f"), place.says(&store, "c"));
    assert!(matches!(again, Err(CommitError::Store(_))), "{again:?}");
    other.expect("it is sound");
    assert_eq!(same.expect("it was sent"), said[2]);
    store.close().await;
}

#[tokio::test]
async fn hurts_nobody_else_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    hurts_nobody_else::<SqliteConnection>(&file_in(&folder)).await;
}

#[tokio::test]
async fn hurts_nobody_else_on_postgres() {
    if let Some(url) = new_postgres().await {
        hurts_nobody_else::<PgConnection>(&url).await;
    }
}
