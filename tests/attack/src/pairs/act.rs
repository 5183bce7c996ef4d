//! What somebody does in a scene: an operation of the table, and to whom or what.

use std::fmt;

use beep_proto::operation::{Effect, Owner};
use beep_tests::operation::{self, Entry};
use reqwest::Method;
use serde_json::{Value, json};

/// An operation with those of the things that its path names.
#[derive(Clone, Debug)]
pub(super) struct Act {
    pub(super) entry: Entry,
    /// Of each name in the path, which of the things of the scene it is.
    pub(super) things: Vec<(&'static str, &'static str)>,
    /// What it says beside; a text that is the name of a thing stands for its id.
    pub(super) members: Value,
    pub(super) who: Who,
}

/// Who does it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Who {
    /// Who may do everything.
    Owner,
    /// Who has a role and wrote the messages.
    Member,
    /// Who is no member, and has an invitation.
    Stranger,
    /// Who moderates the whole backend.
    Warden,
}

/// What the operations are done to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// A server: all that changes it, and what moderators of the backend do in it.
    Hall,
    /// A group: all that changes it, and blocks of who may be added to it.
    Parlour,
}

impl Place {
    pub(super) const ALL: [Self; 2] = [Self::Hall, Self::Parlour];

    /// Every operation that changes something there, once for each thing that its path may name and each who may do it.
    pub(super) fn acts(self) -> Vec<Act> {
        operation::all()
            .into_iter()
            .filter(|entry| self.is_changed_by(entry))
            .flat_map(|entry| self.variants(entry))
            .collect()
    }

    fn is_changed_by(self, entry: &Entry) -> bool {
        let (area, _) = entry.name.split_once('.').unwrap_or((entry.name, ""));
        // Of who is writing nothing is stored.
        if entry.method == Method::GET || entry.name == "channels.typing" {
            return false;
        }
        let is_of = |things: &[&str]| matches!(entry.owner, Some(Owner::HomeOf(thing)) if things.contains(&thing));
        match (self, area) {
            (Self::Hall, "conversations") => false,
            (Self::Hall, "admin") => {
                entry.path_names().next().is_some()
                    && entry.path_names().all(|name| ["server", "channel", "user"].contains(&name))
            }
            (Self::Hall, _) => is_of(&["server", "channel", "code"]),
            (Self::Parlour, "conversations" | "messages" | "pins" | "reactions") => is_of(&["channel"]),
            (Self::Parlour, "blocks") => true,
            (Self::Parlour, _) => entry.name == "channels.update",
        }
    }

    fn variants(self, entry: Entry) -> Vec<Act> {
        let mut all = vec![Vec::new()];
        for name in entry.path_names() {
            let longer = |things: &Vec<(&'static str, &'static str)>| {
                let things = things.clone();
                let named = self.named(&entry, name).iter();
                named.map(move |thing| things.iter().copied().chain([(name, *thing)]).collect())
            };
            all = all.iter().flat_map(longer).collect();
        }
        // There are no messages in a category.
        let is_for_any = entry.name.starts_with("channels.") || entry.name.starts_with("admin.");
        all.retain(|things| is_for_any || !things.iter().any(|(_, thing)| *thing == "wing"));
        let members = self.members(&entry);
        let act =
            |things: &Vec<_>, who| Act { entry: entry.clone(), things: things.clone(), members: members.clone(), who };
        all.iter().flat_map(|things| self.who(&entry).iter().map(move |who| act(things, *who))).collect()
    }

    /// The things of the place that a name of a path may be.
    fn named(self, entry: &Entry, name: &str) -> &'static [&'static str] {
        match (self, name) {
            (Self::Hall, "server") => &["server"],
            (Self::Hall, "channel") => &["channel", "wing"],
            (Self::Parlour, "channel") => &["channel"],
            (_, "role") => &["role"],
            (_, "message") => &["message"],
            (_, "emoji") => &["emoji"],
            // Whoever is suspended is signed out: that is to be somebody who does nothing more.
            (Self::Hall, "user") if entry.name.ends_with("suspend_user") => &["guest"],
            (Self::Parlour, "user") if entry.name.starts_with("blocks.") => &["owner"],
            (_, "user") => &["member", "stranger"],
            (_, "domain") => &["domain"],
            (_, "code") => &["code", "personal"],
            (_, "invitation") => &["invitation", "personal"],
            (_, other) => panic!("no place has a `{other}`: make one in Scene, and name it here"),
        }
    }

    fn who(self, entry: &Entry) -> &'static [Who] {
        match (entry.effect, entry.name) {
            (_, name) if name.starts_with("admin.") => &[Who::Warden],
            (_, name) if name.starts_with("blocks.") => &[Who::Stranger],
            (Effect::Enters | Effect::Declines, _) => &[Who::Stranger],
            // Who made a group may leave it as well.
            (Effect::Leaves | Effect::Adds, _) if self == Self::Parlour => &[Who::Owner, Who::Member],
            (Effect::Leaves, _) | (_, "messages.send" | "messages.edit" | "reactions.put") => &[Who::Member],
            _ => &[Who::Owner],
        }
    }

    /// What an operation is to say so that it changes something.
    fn members(self, entry: &Entry) -> Value {
        match entry.name {
            "channels.update" if self == Self::Parlour => json!({ "name": "Renamed" }),
            "conversations.add" => json!({ "user": "stranger" }),
            name if name.starts_with("admin.") && entry.method == Method::PUT => {
                json!({ "reason": "spam", "until": "2099-01-01T00:00:00Z" })
            }
            "servers.update" => json!({ "name": "Renamed" }),
            "channels.create" => json!({ "name": "attic", "kind": "category" }),
            "channels.update" => json!({ "parent_id": null, "position": 4 }),
            "channels.order" => json!({ "channels": [{ "id": "channel", "parent_id": "wing", "position": 3 }] }),
            "channels.put_role_override" => json!({ "allow": [], "deny": ["view_channels"] }),
            "channels.put_member_override" => json!({ "allow": ["manage_messages"], "deny": [] }),
            "roles.create" => json!({ "name": "made", "position": 1, "permissions": ["view_channels"] }),
            "roles.update" => json!({ "permissions": ["manage_messages"], "position": 2 }),
            "roles.order" => json!({ "roles": ["role", "porter"] }),
            "members.update" => json!({ "nickname": "renamed" }),
            "members.mute" => json!({ "until": "2099-01-01T00:00:00Z" }),
            "bans.put" => json!({ "delete_messages_since": "1970-01-01T00:00:00Z" }),
            "messages.send" => json!({ "content": "sent meanwhile" }),
            "messages.edit" => json!({ "content": "edited meanwhile" }),
            "invitations.create" => json!({ "max_uses": 7 }),
            name => {
                let required = entry.fields.iter().filter(|field| field.required).map(|field| field.name);
                let left: Vec<_> = required.filter(|field| !entry.path_names().any(|name| name == *field)).collect();
                assert!(left.is_empty(), "`{name}` needs {left:?}: say here what it changes");
                json!({})
            }
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.entry.name)?;
        if self.who == Who::Member && self.entry.effect != Effect::None {
            write!(f, " (by the member)")?;
        }
        for (_, thing) in self.things.iter().filter(|(name, thing)| name != thing) {
            write!(f, " ({thing})")?;
        }
        Ok(())
    }
}
