//! What the fields of operations hold: whether it is secret, and a sample of it.

use beep_core::domain::Domain;
use beep_core::id::{Id, MessageId, Qualified};
use beep_core::permission::Permissions as CorePermissions;
use beep_core::time::Timestamp;
use uuid::Uuid;

use crate::id::{Bare, Ref};
use crate::operation::channels::{Audience, ChannelPlace, ServerChannelKind};
use crate::operation::conversations::PrivateKind;
use crate::operation::friend_requests::Direction;
use crate::operation::reports::Reported;
use crate::operation::servers::Template;
use crate::text::{Nullable, Secret};
use crate::time::Time;
use crate::view::{DirectFrom, GlobalRole, Permissions, PresenceStatus, ReportKind, ReportState, Visibility};

/// What a field of an operation may hold.
pub trait Argument: Sized {
    /// Whether no log may show it.
    const SECRET: bool = false;

    /// One of its values, which stands for any other in tests and in fuzzing.
    fn sample() -> Self;
}

macro_rules! samples {
    ($($type:ty = $sample:expr;)+) => { $(
        impl Argument for $type {
            fn sample() -> Self {
                $sample
            }
        }
    )+ };
}

samples! {
    bool = true;
    i32 = 7;
    u32 = 7;
    u64 = 7;
    String = "sample".to_owned();
    Audience = Audience { roles: Argument::sample(), members: Argument::sample() };
    ChannelPlace = ChannelPlace { id: Argument::sample(), parent_id: Argument::sample(), position: 7 };
    DirectFrom = DirectFrom::Friends;
    Direction = Direction::Incoming;
    GlobalRole = GlobalRole::UserModerator;
    PrivateKind = PrivateKind::Group;
    PresenceStatus = PresenceStatus::Idle;
    ReportState = ReportState::Open;
    Reported = Reported {
        kind: ReportKind::Message,
        id: Bare::<MessageId>::sample().to_string(),
        channel_id: Some(Argument::sample()),
    };
    Permissions = (CorePermissions::VIEW_CHANNELS | CorePermissions::SEND_MESSAGES).into();
    ServerChannelKind = ServerChannelKind::Category;
    Template = Template::Community;
    Time = Timestamp::from_millis(1_795_372_200_123).into(); // 2026-11-22T18:30:00.123Z
    Visibility = Visibility::Private;
}

impl Argument for Secret {
    const SECRET: bool = true;
    fn sample() -> Self {
        "correct horse".into()
    }
}

impl<T: Argument> Argument for Nullable<T> {
    const SECRET: bool = T::SECRET;
    fn sample() -> Self {
        Self::set(T::sample())
    }
}

impl<T: Argument> Argument for Vec<T> {
    const SECRET: bool = T::SECRET;
    fn sample() -> Self {
        vec![T::sample()]
    }
}

impl<T: Id> Argument for Bare<T> {
    fn sample() -> Self {
        Self(T::from_uuid(Uuid::from_bytes(SAMPLE_ID)))
    }
}

impl<T: Id> Argument for Ref<T> {
    fn sample() -> Self {
        let home = Domain::parse("a.example.com").expect("it is a domain");
        Qualified::new(T::from_uuid(Uuid::from_bytes(SAMPLE_ID)), home).into()
    }
}

/// 01932c07-209d-7cc9-a31d-5f3a1f1c0f6b
const SAMPLE_ID: [u8; 16] = *b"\x01\x93\x2c\x07\x20\x9d\x7c\xc9\xa3\x1d\x5f\x3a\x1f\x1c\x0f\x6b";
