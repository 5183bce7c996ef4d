//! Things to keep.

use std::time::Duration;

use beep_core::account::{Account, User};
use beep_core::author::Author;
use beep_core::ban::Purge;
use beep_core::channel::Channel;
use beep_core::content::Content;
use beep_core::domain::Domain;
use beep_core::event::{EventBody, Scope, Stream};
use beep_core::id::{Id, Qualified, SpaceKey, UserId, UserKey};
use beep_core::invitation::{Admits, Invitation};
use beep_core::mail_code::{Attempts, CodePurpose, MailCode};
use beep_core::member::Member;
use beep_core::message::Draft;
use beep_core::permission::Permissions;
use beep_core::port::{Change, MessageWrite, SecretKey, SecretPurpose, SpaceWrite};
use beep_core::registration::Registration;
use beep_core::role::Role;
use beep_core::session::{Chain, Rotation, Session};
use beep_core::space::{Space, SpaceKind, Visibility};
use beep_core::text::{
    AuthorName, ChannelName, Description, Email, Nonce, RoleName, ServerName, SystemEvent, Username,
};
use beep_core::time::Timestamp;

use super::Stage;

/// When every case begins.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// The domain of the backend.
pub(super) fn domain() -> Domain {
    Domain::parse("a.example.com").expect("a domain")
}

/// The domain of another backend.
pub(super) fn elsewhere() -> Domain {
    Domain::parse("b.example.com").expect("a domain")
}

/// The id that is the `n`th in its order.
pub(super) fn nth<T: Id>(n: u64) -> T {
    T::generate(Timestamp::from_millis(i64::try_from(n).expect("few ids")), [0; 10])
}

/// The whole name of what has the `n`th id of the backend.
pub(super) fn keyed<T: Id>(n: u64) -> Qualified<T> {
    Qualified::new(nth(n), domain())
}

/// The key of the `n`th space, whose id is no user's.
pub(super) fn space_key(n: u64) -> SpaceKey {
    Qualified::new(nth(10_000 + n), domain())
}

/// The `n`th user of the backend.
pub(super) fn user(n: u64) -> UserKey {
    Qualified::new(nth(n), domain())
}

/// The user of another backend whose id is that of the `n`th.
pub(super) fn namesake(n: u64) -> UserKey {
    Qualified::new(nth(n), elsewhere())
}

/// The account of the `n`th user, called `user<n>`.
pub(super) fn account(n: u64) -> Account {
    named(n, &format!("user{n}"))
}

/// The account of the `n`th user with a name.
pub(super) fn named(n: u64, name: &str) -> Account {
    Account {
        user: User {
            key: user(n),
            username: Username::parse(name).expect("a username"),
            display_name: None,
            bio: None,
            created_at: NOW,
            deleted: false,
        },
        email: Email::parse(&format!("{name}@example.com")).expect("an address"),
        first_name: None,
        last_name: None,
        password_hash: "$argon2id$…".to_owned(),
        direct_from: beep_core::account::DirectFrom::Friends,
        two_factor: false,
        global_roles: Vec::new(),
        revision: 0,
    }
}

/// A code of a user, which some network tried already.
pub(super) fn code(user: UserId) -> MailCode {
    let attempts = Attempts::from_octets(&[0, 0, 0, 0, 192, 0, 2, 1, 3]).expect("of one network");
    MailCode { user, purpose: CodePurpose::Activation, hash: [7; 32], expires_at: NOW, attempts }
}

/// A registration for an address, that becomes the account of the `n`th user.
pub(super) fn registration(n: u64, email: &Email, name: &str) -> Registration {
    Registration {
        email: email.clone(),
        user: nth(n),
        username: Username::parse(name).expect("a username"),
        display_name: None,
        password_hash: "$argon2id$…".to_owned(),
        created_at: NOW,
    }
}

/// The `n`th session, of a user.
pub(super) fn session(n: u64, user: UserId) -> Session {
    Session {
        id: nth(n),
        user,
        label: None,
        address: None,
        persist: false,
        created_at: NOW,
        last_used_at: NOW,
        revoked_at: None,
        rotation: Rotation { current: [1; 32], replaced: Chain::default() },
    }
}

pub(super) fn key(n: u64, created_at: Timestamp) -> SecretKey {
    let id = space_key(n).id.uuid();
    SecretKey { id, purpose: SecretPurpose::Access, secret: [3; 32], created_at }
}

pub(super) fn invitation(n: u64, server: &Space) -> Invitation {
    Invitation {
        id: nth(n),
        admits: Admits::Code { code: format!("code{n}"), max_uses: None },
        server: server.id.clone(),
        inviter: server.owner.clone(),
        expires_at: None,
        uses: 0,
        created_at: NOW,
    }
}

/// A server as it is made: one channel, the role `everyone`, its owner the only member.
pub(super) struct Community {
    pub(super) server: Space,
    pub(super) everyone: Role,
    pub(super) channel: Channel,
    pub(super) owner: Member,
}

impl Community {
    /// The deletion of what somebody sent from a time on.
    pub(super) fn purge(&self, author: UserKey, since: Timestamp) -> Purge {
        Purge { server: self.id(), author, since, until: since.after(Duration::from_secs(1_000)), reached: None }
    }

    /// The `n`th server, owned by the first user.
    pub(super) fn new(n: u64) -> Self {
        let id = space_key(n);
        let server = Space {
            id: id.clone(),
            kind: SpaceKind::Community,
            name: ServerName::parse(&format!("server {n}")).expect("a name"),
            description: Description::parse("a place to be").expect("a description"),
            visibility: Visibility::Private,
            owner: user(1),
            member_count: 1,
            created_at: NOW,
            version: 1,
            suspended_until: None,
        };
        let owner = Member::joining(id, user(1), NOW);
        let everyone = Role { everyone: true, position: 0, ..role(1_000 + n, &server) };
        let channel = channel(1_000 + n, &server);
        Self { server, everyone, channel, owner }
    }

    /// The change that makes it.
    pub(super) fn made(&self) -> Change {
        let joined = EventBody::MemberJoined(self.owner.clone());
        let scopes = vec![Scope::Space(self.id()), Scope::User(self.owner.user.clone())];
        Change::default()
            .write(SpaceWrite::Put(self.server.clone()))
            .put(self.everyone.clone())
            .put(self.channel.clone())
            .put(self.owner.clone())
            .event(Stream::Space(self.server.id.clone()), scopes, joined)
    }

    pub(super) fn id(&self) -> SpaceKey {
        self.server.id.clone()
    }

    /// The change by which the `n`th user joins.
    pub(super) fn joined_by(&self, user: UserKey) -> Change {
        let member = self.member(user);
        Change::default().put(member.clone()).space_event(&self.server, EventBody::MemberJoined(member))
    }

    pub(super) fn member(&self, user: UserKey) -> Member {
        Member::joining(self.server.id.clone(), user, NOW)
    }

    /// A change that sends a message of the owner to the channel, at the server's first revision.
    pub(super) fn says(&self, text: &str) -> Change {
        Change::reading(&self.id(), 1).write(self.post(self.draft(text)))
    }

    pub(super) fn draft(&self, text: &str) -> Draft {
        Draft {
            channel: self.channel.id.clone(),
            author: user(1).into(),
            content: Content::parse(text).expect("content"),
            reply_to: None,
            nonce: None,
        }
    }

    pub(super) fn with_nonce(&self, text: &str, nonce: &str) -> Draft {
        Draft { nonce: Some(Nonce::parse(nonce).expect("a nonce")), ..self.draft(text) }
    }

    pub(super) fn post(&self, draft: Draft) -> MessageWrite {
        MessageWrite::Post { server: self.id(), draft }
    }
}

/// An author of each kind.
pub(super) fn authors() -> Vec<Author> {
    let name = |name: &str| AuthorName::parse(name).expect("a name");
    vec![
        user(1).into(),
        namesake(1).into(),
        Author::Webhook { id: nth(1), name: name("\u{1f916} \\%_'\"") },
        Author::App { id: Qualified::new(nth(1), namesake(1).home), name: name("Polls") },
        Author::System(SystemEvent::parse("server.archived").expect("a name")),
    ]
}

/// The `n`th role, which grants nothing.
pub(super) fn role(n: u64, server: &Space) -> Role {
    Role {
        id: nth(n),
        server: server.id.clone(),
        name: RoleName::parse(&format!("role {n}")).expect("a name"),
        color: None,
        position: 1,
        permissions: Permissions::empty(),
        hoist: true,
        mentionable: false,
        everyone: false,
        version: 1,
    }
}

/// The `n`th channel.
pub(super) fn channel(n: u64, server: &Space) -> Channel {
    let name = ChannelName::parse(&format!("channel-{n}")).expect("a name");
    Channel::new(Qualified::new(nth(n), domain()), server.id.id, name)
}

/// Makes the first server on a stage.
pub(super) async fn community(stage: &Stage) -> Community {
    let community = Community::new(1);
    stage.commit(community.made()).await;
    community
}
