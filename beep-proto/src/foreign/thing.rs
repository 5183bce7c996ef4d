//! How each thing that a backend owns is made to fit.

use beep_core::domain::Domain;
use beep_core::facts::MOST_PARTICIPANTS;
use beep_core::reaction::Reactions;
use beep_core::text::{
    AuthorName, Bio, ChannelName, Description, DisplayName, Nickname, Nonce, RoleName, ServerName, SystemEvent, Text,
    Topic, Username,
};

use super::Owned;
use super::text::{UNNAMED, is_plain, rule};
use crate::federation::Space;
use crate::id::{Bare, Full};
use crate::view::{
    Asset, Channel, ChannelKind, Invitation, MOST_COUNTED, Member, Message, Reaction, Role, Server, ServerPreview,
    User, Via,
};

impl Owned for User {
    fn home(&self) -> &Domain {
        self.id.home()
    }

    fn fit_texts(&mut self) -> bool {
        // By this they are called: another name would be that of somebody else.
        let Ok(username) = Username::parse(&self.username) else { return false };
        self.username = username.to_string();
        self.domain = self.id.home().to_string();
        rule!(DisplayName).fit_option(&mut self.display_name);
        rule!(Bio).fit_option(&mut self.bio);
        name(&mut self.avatar);
        true
    }
}

impl Owned for Server {
    fn home(&self) -> &Domain {
        self.id.home()
    }

    fn fit_texts(&mut self) -> bool {
        rule!(ServerName).fit_or(&mut self.name, UNNAMED);
        rule!(Description).fit_or(&mut self.description, "");
        name(&mut self.icon);
        counted(&mut self.member_count);
        counted(&mut self.version);
        true
    }
}

impl Owned for Space {
    fn home(&self) -> &Domain {
        self.server.home()
    }

    fn fit_texts(&mut self) -> bool {
        self.server.fit_texts()
    }
}

impl Owned for ServerPreview {
    fn home(&self) -> &Domain {
        self.id.home()
    }

    fn fit_texts(&mut self) -> bool {
        rule!(ServerName).fit_or(&mut self.name, UNNAMED);
        rule!(Description).fit_or(&mut self.description, "");
        name(&mut self.icon);
        counted(&mut self.member_count);
        true
    }
}

impl Owned for Role {
    fn home(&self) -> &Domain {
        self.server_id.home()
    }

    fn fit_texts(&mut self) -> bool {
        rule!(RoleName).fit_or(&mut self.name, UNNAMED);
        counted(&mut self.version);
        true
    }
}

impl Owned for Channel {
    /// Each of its overrides takes some octets.
    const LIMIT: usize = 1 << 20;

    fn home(&self) -> &Domain {
        self.id.home()
    }

    fn fit_texts(&mut self) -> bool {
        if let Some(name) = &mut self.name {
            rule!(ChannelName).fit_or(name, UNNAMED);
        }
        rule!(Topic).fit_or(&mut self.topic, "");
        self.overrides.retain(|target, _| match (target.strip_prefix("role:"), target.strip_prefix("member:")) {
            (Some(role), _) => role.parse::<Bare<beep_core::id::RoleId>>().is_ok(),
            (_, Some(user)) => user.parse::<Full<beep_core::id::UserId>>().is_ok(),
            (None, None) => false,
        });
        self.restricted.retain(|user, _| user.parse::<Full<beep_core::id::UserId>>().is_ok());
        counted(&mut self.version);
        let home = self.id.home();
        self.participants.truncate(MOST_PARTICIPANTS);
        // Channels with messages alone are in categories, of their own server.
        let is_text = self.kind == ChannelKind::Text;
        self.parent_id = self.parent_id.take().filter(|parent| is_text && parent.is_of(home));
        self.follows_parent &= self.parent_id.is_some();
        // Some kinds have a server and the others have none: whatever is told otherwise is of neither.
        let is_private = self.kind.is_private();
        self.server_id.as_ref().map_or(is_private, |server| !is_private && server.is_of(home))
    }
}

impl Owned for Member {
    fn home(&self) -> &Domain {
        self.server_id.home()
    }

    fn fit_texts(&mut self) -> bool {
        rule!(Nickname).fit_option(&mut self.nickname);
        // Who people are their home says.
        let home = self.server_id.home();
        let is_known = |profile: &mut User| profile.id == self.user && profile.home() == home && profile.fit_texts();
        self.profile = self.profile.take().and_then(|mut profile| is_known(&mut profile).then_some(profile));
        true
    }

    fn member(&mut self) -> Option<&mut Member> {
        Some(self)
    }
}

impl Owned for Message {
    fn home(&self) -> &Domain {
        self.channel_id.home()
    }

    fn author(&self) -> Option<&Full<beep_core::id::UserId>> {
        self.author.as_ref()
    }

    fn fit_texts(&mut self) -> bool {
        if !self.content.is_empty() && !rule!(Text).fit(&mut self.content) {
            return false;
        }
        // A part of it would be the name of something else.
        self.nonce = self.nonce.take().filter(|nonce| Nonce::parse(nonce).is_ok());
        match &mut self.via {
            Some(Via::Webhook { name: shown, avatar, .. }) => {
                rule!(AuthorName).fit_or(shown, UNNAMED);
                name(avatar);
            }
            Some(Via::App { name: shown, .. }) => rule!(AuthorName).fit_or(shown, UNNAMED),
            Some(Via::System { event }) if SystemEvent::parse(event).is_err() => return false,
            Some(Via::System { .. } | Via::Unknown) | None => {}
        }
        self.attachments.retain(|Asset { id, filename, content_type, sha256, .. }| {
            [id, filename, content_type, sha256].into_iter().all(|text| is_plain(text))
        });
        // Each emoji once, as it is written here, and no more than there may be.
        let own = std::mem::take(&mut self.reactions);
        let kept: Reactions = own.iter().filter_map(Reaction::read).collect();
        let me = |emoji: &str| own.iter().find(|told| told.read().is_some_and(|read| read.emoji.as_str() == emoji))?.me;
        let fit = kept.iter().map(|reaction| Reaction { me: me(reaction.emoji.as_str()), ..reaction.into() });
        self.reactions = fit.collect();
        true
    }
}

impl Owned for Invitation {
    fn home(&self) -> &Domain {
        self.server.home()
    }

    fn fit_texts(&mut self) -> bool {
        self.server.fit_texts() && self.code.as_deref().is_none_or(is_plain)
    }
}

/// Drops the name of a picture that is none.
fn name(of: &mut Option<String>) {
    *of = of.take().filter(|name| is_plain(name));
}

/// Clamps what is counted to what can be counted on.
fn counted(count: &mut u64) {
    *count = (*count).min(MOST_COUNTED);
}
