//! The forms of what events are made of, as records hold them. Numbers of fields are stored: append, never reuse.

mod read_state;

use beep_core::account::User;
use beep_core::channel::{Channel, ChannelKind};
use beep_core::domain::Domain;
use beep_core::friendship::FriendRequest;
use beep_core::id::{ChannelId, ChannelKey, Id, InvitationId, MessageId, Qualified, SessionId, SpaceKey, UserKey};
use beep_core::invitation::{Admits, Invitation, Invited};
use beep_core::member::Member;
use beep_core::message::Message;
use beep_core::permission::{Override, Overrides, Permissions, Target};
use beep_core::port::StoredMessages;
use beep_core::role::Role;
use beep_core::space::{Preview, Space, SpaceKind, Visibility};
use beep_core::text::{
    Bio, ChannelName, Color, Description, DisplayName, Emoji, Nickname, RoleName, ServerName, Topic, Username,
};
use beep_core::time::Timestamp;
use uuid::Uuid;

/// What a record can hold.
pub(super) trait Stored: Sized {
    /// How it is written.
    type Form: prost::Message + Default;

    /// Writes it.
    fn form(&self) -> Self::Form;

    /// Reads it; a message is taken from those that are there.
    fn read(form: Self::Form, messages: &StoredMessages) -> Result<Self, Unread>;
}

/// Why a part cannot be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// It is not what was written.
    Damaged(String),
    /// This message is not among those that are there.
    Needs(ChannelKey, MessageId),
}

/// An id of this backend or of what the record is about.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct IdForm {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
}

/// An id and its owner.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct KeyForm {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(string, tag = "2")]
    home: String,
}

/// Which message: what it says is in no record.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct MessageForm {
    #[prost(message, required, tag = "1")]
    channel: KeyForm,
    #[prost(bytes = "vec", tag = "2")]
    id: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ChannelForm {
    #[prost(message, required, tag = "1")]
    id: KeyForm,
    #[prost(bytes = "vec", tag = "2")]
    server: Vec<u8>,
    #[prost(string, optional, tag = "3")]
    name: Option<String>,
    #[prost(string, tag = "4")]
    topic: String,
    #[prost(sint32, tag = "5")]
    position: i32,
    #[prost(uint32, tag = "6")]
    slow_mode_s: u32,
    #[prost(message, repeated, tag = "7")]
    roles: Vec<OverrideForm>,
    #[prost(message, repeated, tag = "8")]
    members: Vec<MemberOverrideForm>,
    #[prost(bytes = "vec", optional, tag = "9")]
    last_message: Option<Vec<u8>>,
    #[prost(uint64, tag = "10")]
    version: u64,
    #[prost(uint32, tag = "11")]
    kind: u32,
    #[prost(message, repeated, tag = "12")]
    participants: Vec<KeyForm>,
    #[prost(bytes = "vec", optional, tag = "13")]
    parent: Option<Vec<u8>>,
    #[prost(bool, tag = "14")]
    follows_parent: bool,
    #[prost(message, repeated, tag = "15")]
    restricted: Vec<RestrictedForm>,
}

/// Who is restricted in a channel, and until when.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct RestrictedForm {
    #[prost(message, required, tag = "1")]
    user: KeyForm,
    #[prost(sint64, tag = "2")]
    until: i64,
}

/// What an override says, and the id of the role that it is for or of the channel that it stands in.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct OverrideForm {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(uint64, tag = "2")]
    allow: u64,
    #[prost(uint64, tag = "3")]
    deny: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct MemberOverrideForm {
    #[prost(message, required, tag = "1")]
    user: KeyForm,
    #[prost(uint64, tag = "2")]
    allow: u64,
    #[prost(uint64, tag = "3")]
    deny: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct OverridesForm {
    #[prost(message, repeated, tag = "1")]
    of: Vec<OverrideForm>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct UsersForm {
    #[prost(message, repeated, tag = "1")]
    users: Vec<KeyForm>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct EmojiForm {
    #[prost(string, tag = "1")]
    emoji: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct CountForm {
    #[prost(uint64, tag = "1")]
    count: u64,
}

/// A user, or nobody.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SomebodyForm {
    #[prost(message, optional, tag = "1")]
    user: Option<KeyForm>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ServerForm {
    #[prost(message, required, tag = "1")]
    id: KeyForm,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    description: String,
    #[prost(bool, tag = "4")]
    public: bool,
    #[prost(message, required, tag = "5")]
    owner: KeyForm,
    #[prost(uint64, tag = "6")]
    member_count: u64,
    #[prost(sint64, tag = "7")]
    created_at: i64,
    #[prost(uint64, tag = "8")]
    version: u64,
    #[prost(uint32, tag = "9")]
    kind: u32,
    #[prost(sint64, optional, tag = "10")]
    suspended_until: Option<i64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct MemberForm {
    #[prost(message, required, tag = "1")]
    server: KeyForm,
    #[prost(message, required, tag = "2")]
    user: KeyForm,
    #[prost(string, optional, tag = "3")]
    nickname: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "4")]
    roles: Vec<Vec<u8>>,
    #[prost(sint64, tag = "5")]
    joined_at: i64,
    #[prost(sint64, optional, tag = "6")]
    muted_until: Option<i64>,
    #[prost(sint64, optional, tag = "7")]
    restricted_until: Option<i64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct RoleForm {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(message, required, tag = "2")]
    server: KeyForm,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(uint32, optional, tag = "4")]
    color: Option<u32>,
    #[prost(sint32, tag = "5")]
    position: i32,
    #[prost(uint64, tag = "6")]
    permissions: u64,
    #[prost(bool, tag = "7")]
    everyone: bool,
    #[prost(uint64, tag = "8")]
    version: u64,
    #[prost(bool, tag = "9")]
    hoist: bool,
    #[prost(bool, tag = "10")]
    mentionable: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct UserForm {
    #[prost(message, required, tag = "1")]
    key: KeyForm,
    #[prost(string, tag = "2")]
    username: String,
    #[prost(string, optional, tag = "3")]
    display_name: Option<String>,
    #[prost(string, optional, tag = "4")]
    bio: Option<String>,
    #[prost(sint64, tag = "5")]
    created_at: i64,
    #[prost(bool, tag = "6")]
    deleted: bool,
}

/// An invitation, with what it shows of the server.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct FriendRequestForm {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(message, required, tag = "2")]
    from: UserForm,
    #[prost(message, required, tag = "3")]
    to: UserForm,
    #[prost(sint64, tag = "4")]
    created_at: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct InvitedForm {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    user: Option<KeyForm>,
    #[prost(message, required, tag = "3")]
    server: KeyForm,
    #[prost(message, required, tag = "4")]
    inviter: KeyForm,
    #[prost(sint64, optional, tag = "5")]
    expires_at: Option<i64>,
    #[prost(uint32, tag = "6")]
    uses: u32,
    #[prost(sint64, tag = "7")]
    created_at: i64,
    #[prost(string, tag = "8")]
    name: String,
    #[prost(string, tag = "9")]
    description: String,
    #[prost(uint64, tag = "10")]
    member_count: u64,
    /// Of one that lets in whoever knows it.
    #[prost(string, optional, tag = "11")]
    code: Option<String>,
    #[prost(uint32, optional, tag = "12")]
    max_uses: Option<u32>,
}

macro_rules! ids {
    ($($id:ident),+) => { $(
        impl Stored for $id {
            type Form = IdForm;
            fn form(&self) -> IdForm {
                IdForm { id: octets(*self) }
            }
            fn read(form: IdForm, _: &StoredMessages) -> Result<Self, Unread> {
                id(&form.id)
            }
        }
    )+ };
}

ids!(InvitationId, MessageId, SessionId);

impl<T: Id> Stored for Qualified<T> {
    type Form = KeyForm;
    fn form(&self) -> KeyForm {
        key(self)
    }
    fn read(form: KeyForm, _: &StoredMessages) -> Result<Self, Unread> {
        read_key(form)
    }
}

impl Stored for Message {
    type Form = MessageForm;
    fn form(&self) -> MessageForm {
        MessageForm { channel: key(&self.channel), id: octets(self.id) }
    }
    fn read(form: MessageForm, messages: &StoredMessages) -> Result<Self, Unread> {
        let which = (read_key(form.channel)?, id(&form.id)?);
        messages.get(&which).cloned().ok_or(Unread::Needs(which.0, which.1))
    }
}

impl Stored for Channel {
    type Form = ChannelForm;
    fn form(&self) -> ChannelForm {
        let (members, restricted) = (self.overrides.members().iter(), self.restricted.iter());
        ChannelForm {
            id: key(&self.id),
            server: octets(self.server),
            name: self.name.as_ref().map(ToString::to_string),
            topic: self.topic.to_string(),
            position: self.position,
            slow_mode_s: self.slow_mode_s,
            roles: self.overrides.roles().iter().map(|(role, of)| override_form(octets(*role), *of)).collect(),
            members: members
                .map(|(user, of)| MemberOverrideForm { user: key(user), allow: of.allow.bits(), deny: of.deny.bits() })
                .collect(),
            last_message: self.last_message.map(octets),
            version: self.version,
            kind: channel_kind(self.kind),
            parent: self.parent.map(octets),
            follows_parent: self.follows_parent,
            participants: self.participants.iter().map(key).collect(),
            restricted: restricted
                .map(|(user, until)| RestrictedForm { user: key(user), until: until.millis() })
                .collect(),
        }
    }
    fn read(form: ChannelForm, _: &StoredMessages) -> Result<Self, Unread> {
        let mut overrides = Overrides::default();
        for of in form.roles {
            overrides.set(&Target::Role(id(&of.id)?), Some(read_override(of.allow, of.deny)));
        }
        for of in form.members {
            overrides.set(&Target::Member(read_key(of.user)?), Some(read_override(of.allow, of.deny)));
        }
        Ok(Self {
            id: read_key(form.id)?,
            server: id(&form.server)?,
            name: form.name.map(ChannelName::stored),
            topic: Topic::stored(form.topic),
            position: form.position,
            slow_mode_s: form.slow_mode_s,
            overrides,
            restricted: form
                .restricted
                .into_iter()
                .map(|of| Ok((read_key(of.user)?, Timestamp::from_millis(of.until))))
                .collect::<Result<_, _>>()?,
            kind: read_channel_kind(form.kind)?,
            parent: form.parent.as_deref().map(id).transpose()?,
            follows_parent: form.follows_parent,
            participants: form.participants.into_iter().map(read_key).collect::<Result<_, _>>()?,
            last_message: form.last_message.as_deref().map(id).transpose()?,
            version: form.version,
        })
    }
}

impl Stored for Vec<(ChannelId, Override)> {
    type Form = OverridesForm;
    fn form(&self) -> OverridesForm {
        OverridesForm { of: self.iter().map(|(channel, of)| override_form(octets(*channel), *of)).collect() }
    }
    fn read(form: OverridesForm, _: &StoredMessages) -> Result<Self, Unread> {
        form.of.into_iter().map(|of| Ok((id(&of.id)?, read_override(of.allow, of.deny)))).collect()
    }
}

impl Stored for Vec<UserKey> {
    type Form = UsersForm;
    fn form(&self) -> UsersForm {
        UsersForm { users: self.iter().map(key).collect() }
    }
    fn read(form: UsersForm, _: &StoredMessages) -> Result<Self, Unread> {
        form.users.into_iter().map(read_key).collect()
    }
}

impl Stored for Emoji {
    type Form = EmojiForm;
    fn form(&self) -> EmojiForm {
        EmojiForm { emoji: self.to_string() }
    }
    fn read(form: EmojiForm, _: &StoredMessages) -> Result<Self, Unread> {
        Ok(Self::stored(form.emoji))
    }
}

impl Stored for u64 {
    type Form = CountForm;
    fn form(&self) -> CountForm {
        CountForm { count: *self }
    }
    fn read(form: CountForm, _: &StoredMessages) -> Result<Self, Unread> {
        Ok(form.count)
    }
}

impl Stored for Option<UserKey> {
    type Form = SomebodyForm;
    fn form(&self) -> SomebodyForm {
        SomebodyForm { user: self.as_ref().map(key) }
    }
    fn read(form: SomebodyForm, _: &StoredMessages) -> Result<Self, Unread> {
        form.user.map(read_key).transpose()
    }
}

impl Stored for Space {
    type Form = ServerForm;
    fn form(&self) -> ServerForm {
        ServerForm {
            id: key(&self.id),
            name: self.name.to_string(),
            description: self.description.to_string(),
            public: match self.visibility {
                Visibility::Public => true,
                Visibility::Private => false,
            },
            owner: key(&self.owner),
            member_count: self.member_count,
            created_at: self.created_at.millis(),
            version: self.version,
            kind: space_kind(self.kind),
            suspended_until: self.suspended_until.map(Timestamp::millis),
        }
    }
    fn read(form: ServerForm, _: &StoredMessages) -> Result<Self, Unread> {
        Ok(Self {
            id: read_key(form.id)?,
            kind: read_space_kind(form.kind)?,
            name: ServerName::stored(form.name),
            description: Description::stored(form.description),
            visibility: if form.public { Visibility::Public } else { Visibility::Private },
            owner: read_key(form.owner)?,
            member_count: form.member_count,
            created_at: Timestamp::from_millis(form.created_at),
            version: form.version,
            suspended_until: form.suspended_until.map(Timestamp::from_millis),
        })
    }
}

impl Stored for Member {
    type Form = MemberForm;
    fn form(&self) -> MemberForm {
        MemberForm {
            server: key(&self.server),
            user: key(&self.user),
            nickname: self.nickname.as_ref().map(ToString::to_string),
            roles: self.roles.iter().map(|role| octets(*role)).collect(),
            joined_at: self.joined_at.millis(),
            muted_until: self.muted_until.map(Timestamp::millis),
            restricted_until: self.restricted_until.map(Timestamp::millis),
        }
    }
    fn read(form: MemberForm, _: &StoredMessages) -> Result<Self, Unread> {
        Ok(Self {
            server: read_key(form.server)?,
            user: read_key(form.user)?,
            nickname: form.nickname.map(Nickname::stored),
            roles: form.roles.iter().map(|role| id(role)).collect::<Result<_, _>>()?,
            joined_at: Timestamp::from_millis(form.joined_at),
            muted_until: form.muted_until.map(Timestamp::from_millis),
            restricted_until: form.restricted_until.map(Timestamp::from_millis),
        })
    }
}

impl Stored for Role {
    type Form = RoleForm;
    fn form(&self) -> RoleForm {
        RoleForm {
            id: octets(self.id),
            server: key(&self.server),
            name: self.name.to_string(),
            color: self.color.map(Color::rgb),
            position: self.position,
            permissions: self.permissions.bits(),
            everyone: self.everyone,
            version: self.version,
            hoist: self.hoist,
            mentionable: self.mentionable,
        }
    }
    fn read(form: RoleForm, _: &StoredMessages) -> Result<Self, Unread> {
        Ok(Self {
            id: id(&form.id)?,
            server: read_key(form.server)?,
            name: RoleName::stored(form.name),
            color: form.color.and_then(Color::new),
            position: form.position,
            permissions: Permissions::from_bits_retain(form.permissions),
            hoist: form.hoist,
            mentionable: form.mentionable,
            everyone: form.everyone,
            version: form.version,
        })
    }
}

impl Stored for User {
    type Form = UserForm;
    fn form(&self) -> UserForm {
        UserForm {
            key: key(&self.key),
            username: self.username.to_string(),
            display_name: self.display_name.as_ref().map(ToString::to_string),
            bio: self.bio.as_ref().map(ToString::to_string),
            created_at: self.created_at.millis(),
            deleted: self.deleted,
        }
    }
    fn read(form: UserForm, _: &StoredMessages) -> Result<Self, Unread> {
        Ok(Self {
            key: read_key(form.key)?,
            username: Username::stored(form.username),
            display_name: form.display_name.map(DisplayName::stored),
            bio: form.bio.map(Bio::stored),
            created_at: Timestamp::from_millis(form.created_at),
            deleted: form.deleted,
        })
    }
}

impl Stored for FriendRequest {
    type Form = FriendRequestForm;
    fn form(&self) -> FriendRequestForm {
        FriendRequestForm {
            id: octets(self.id),
            from: self.from.form(),
            to: self.to.form(),
            created_at: self.created_at.millis(),
        }
    }
    fn read(form: FriendRequestForm, messages: &StoredMessages) -> Result<Self, Unread> {
        Ok(Self {
            id: id(&form.id)?,
            from: User::read(form.from, messages)?,
            to: User::read(form.to, messages)?,
            created_at: Timestamp::from_millis(form.created_at),
        })
    }
}

impl Stored for Invited {
    type Form = InvitedForm;
    fn form(&self) -> InvitedForm {
        let Self { invitation, server } = self;
        InvitedForm {
            id: octets(invitation.id),
            user: invitation.user().map(key),
            server: key(&invitation.server),
            inviter: key(&invitation.inviter),
            expires_at: invitation.expires_at.map(Timestamp::millis),
            uses: invitation.uses,
            created_at: invitation.created_at.millis(),
            name: server.name.to_string(),
            description: server.description.to_string(),
            member_count: server.member_count,
            code: invitation.code().map(str::to_owned),
            max_uses: invitation.max_uses(),
        }
    }
    fn read(form: InvitedForm, _: &StoredMessages) -> Result<Self, Unread> {
        let admits = match (form.code, form.user) {
            (Some(code), _) => Admits::Code { code, max_uses: form.max_uses },
            (None, Some(user)) => Admits::User(read_key(user)?),
            (None, None) => return Err(Unread::Damaged("an invitation has neither code nor user".to_owned())),
        };
        let server: SpaceKey = read_key(form.server)?;
        let invitation = Invitation {
            id: id(&form.id)?,
            admits,
            server: server.clone(),
            inviter: read_key(form.inviter)?,
            expires_at: form.expires_at.map(Timestamp::from_millis),
            uses: form.uses,
            created_at: Timestamp::from_millis(form.created_at),
        };
        let (name, description) = (ServerName::stored(form.name), Description::stored(form.description));
        let server = Preview { id: server, name, description, member_count: form.member_count };
        Ok(Self { invitation, server })
    }
}

fn octets(id: impl Id) -> Vec<u8> {
    id.uuid().as_bytes().to_vec()
}

fn id<T: Id>(octets: &[u8]) -> Result<T, Unread> {
    Uuid::from_slice(octets).map(T::from_uuid).map_err(|error| Unread::Damaged(format!("an id: {error}")))
}

fn key<T: Id>(of: &Qualified<T>) -> KeyForm {
    KeyForm { id: octets(of.id), home: of.home.as_str().to_owned() }
}

fn read_key<T: Id>(form: KeyForm) -> Result<Qualified<T>, Unread> {
    let home = Domain::parse(&form.home).map_err(|error| Unread::Damaged(format!("an owner: {error}")))?;
    Ok(Qualified::new(id(&form.id)?, home))
}

fn override_form(id: Vec<u8>, of: Override) -> OverrideForm {
    OverrideForm { id, allow: of.allow.bits(), deny: of.deny.bits() }
}

fn read_override(allow: u64, deny: u64) -> Override {
    Override { allow: Permissions::from_bits_retain(allow), deny: Permissions::from_bits_retain(deny) }
}

fn space_kind(kind: SpaceKind) -> u32 {
    match kind {
        SpaceKind::Community => COMMUNITY,
        SpaceKind::Group => GROUP,
        SpaceKind::Direct => DIRECT,
    }
}

fn read_space_kind(kind: u32) -> Result<SpaceKind, Unread> {
    match kind {
        COMMUNITY => Ok(SpaceKind::Community),
        GROUP => Ok(SpaceKind::Group),
        DIRECT => Ok(SpaceKind::Direct),
        kind => Err(Unread::Damaged(format!("a space of kind {kind}"))),
    }
}

fn channel_kind(kind: ChannelKind) -> u32 {
    match kind {
        ChannelKind::Category => CATEGORY,
        ChannelKind::Text | ChannelKind::Group | ChannelKind::Direct => space_kind(kind.space()),
    }
}

fn read_channel_kind(kind: u32) -> Result<ChannelKind, Unread> {
    match kind {
        CATEGORY => Ok(ChannelKind::Category),
        kind => read_space_kind(kind).map(Into::into),
    }
}

const COMMUNITY: u32 = 0;
const GROUP: u32 = 1;
const DIRECT: u32 = 2;
const CATEGORY: u32 = 3;
