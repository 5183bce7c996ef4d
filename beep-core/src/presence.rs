//! Presence: whether somebody is there, as they want to be seen.

use crate::id::{UserId, UserKey};
use crate::text::{StatusEmoji, StatusText};

/// What a user has chosen to be seen as. Who has chosen nothing is online while they are connected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PresenceChoice {
    /// The user of this backend.
    pub user: UserId,
    /// How available they are while they are connected.
    pub availability: Availability,
    /// A few words beside it.
    pub text: Option<StatusText>,
    /// An emoji beside it.
    pub emoji: Option<StatusEmoji>,
}

/// How available somebody says that they are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Availability {
    /// They are there.
    #[default]
    Online,
    /// They are away for a while.
    Idle,
    /// They do not want to be disturbed.
    DoNotDisturb,
    /// To others they look as if they were not connected.
    Invisible,
}

/// Somebody as others see them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Presence {
    /// Who.
    pub user: UserKey,
    /// How available they are; `None` if they are not connected, or invisible.
    pub availability: Option<Availability>,
    /// A few words beside it.
    pub text: Option<StatusText>,
    /// An emoji beside it.
    pub emoji: Option<StatusEmoji>,
}

impl Presence {
    /// Somebody who is not there. What they chose to say is not shown.
    pub fn offline(user: UserKey) -> Self {
        Self { user, availability: None, text: None, emoji: None }
    }

    /// Somebody who is connected, as others see them.
    pub fn seen(user: UserKey, choice: Option<&PresenceChoice>) -> Self {
        match choice {
            Some(PresenceChoice { availability: Availability::Invisible, .. }) => Self::offline(user),
            choice => Self::own(user, choice),
        }
    }

    /// Somebody who is connected, as they see themselves.
    pub fn own(user: UserKey, choice: Option<&PresenceChoice>) -> Self {
        Self {
            user,
            availability: Some(choice.map(|choice| choice.availability).unwrap_or_default()),
            text: choice.and_then(|choice| choice.text.clone()),
            emoji: choice.and_then(|choice| choice.emoji.clone()),
        }
    }

    /// Whether they are not there.
    pub fn is_offline(&self) -> bool {
        self.availability.is_none()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::Domain;
    use crate::id::Id;

    #[test]
    fn who_is_invisible_looks_offline_to_others_alone() {
        let id = UserId::from_uuid(Uuid::from_u128(1));
        let user = UserKey::new(id, Domain::parse("a.example.com").expect("a domain"));
        let text = Some(StatusText::parse("in a meeting").expect("a text"));
        let choice = PresenceChoice { user: id, availability: Availability::Invisible, text, emoji: None };
        assert_eq!(Presence::seen(user.clone(), Some(&choice)), Presence::offline(user.clone()));
        let own = Presence::own(user.clone(), Some(&choice));
        assert_eq!((own.availability, own.text), (Some(Availability::Invisible), choice.text.clone()));
        let idle = PresenceChoice { availability: Availability::Idle, ..choice };
        assert_eq!(Presence::seen(user.clone(), Some(&idle)), Presence::own(user.clone(), Some(&idle)));
        assert_eq!(Presence::seen(user, None).availability, Some(Availability::Online));
    }
}
