//! What somebody does in a hall: an operation of the table, and to whom or what.

use std::fmt;

use beep_proto::operation::{Effect, Owner};
use beep_tests::operation::{self, Entry};
use reqwest::Method;
use serde_json::{Value, json};

/// An operation with those of the things that its path names.
#[derive(Clone, Debug)]
pub(super) struct Act {
    pub(super) entry: Entry,
    /// Of each name in the path, which of the things of a hall it is.
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
}

/// Every operation that changes a server, once for each thing that its path may name.
pub(super) fn all() -> Vec<Act> {
    let changes = |entry: &Entry| {
        // Who takes part in private channels is none of a server's business.
        entry.method != Method::GET
            && !entry.name.starts_with("conversations.")
            // Nothing of it is stored.
            && entry.name != "channels.typing"
            && matches!(entry.owner, Some(Owner::HomeOf("server" | "channel" | "code")))
    };
    operation::all().into_iter().filter(changes).flat_map(variants).collect()
}

fn variants(entry: Entry) -> Vec<Act> {
    let mut all = vec![Vec::new()];
    for name in entry.path_names() {
        let longer = |things: &Vec<(&'static str, &'static str)>| {
            let things = things.clone();
            named(name).iter().map(move |thing| things.iter().copied().chain([(name, *thing)]).collect())
        };
        all = all.iter().flat_map(longer).collect();
    }
    // There are no messages in a category.
    all.retain(|things| entry.name.starts_with("channels.") || !things.iter().any(|(_, thing)| *thing == "wing"));
    let (who, members) = (who(&entry), members(&entry));
    all.into_iter().map(|things| Act { entry: entry.clone(), things, members: members.clone(), who }).collect()
}

/// The things of a hall that a name of a path may be.
fn named(name: &str) -> &'static [&'static str] {
    match name {
        "server" => &["server"],
        "channel" => &["channel", "wing"],
        "role" => &["role"],
        "message" => &["message"],
        "emoji" => &["emoji"],
        "user" => &["member", "stranger"],
        "domain" => &["domain"],
        "code" => &["code", "personal"],
        "invitation" => &["invitation", "personal"],
        other => panic!("no hall has a `{other}`: make one in Hall, and name it here"),
    }
}

fn who(entry: &Entry) -> Who {
    match (entry.effect, entry.name) {
        (Effect::Enters | Effect::Declines, _) => Who::Stranger,
        (Effect::Leaves, _) | (_, "messages.send" | "messages.edit" | "reactions.put") => Who::Member,
        _ => Who::Owner,
    }
}

/// What an operation is to say so that it changes something.
fn members(entry: &Entry) -> Value {
    match entry.name {
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

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.entry.name)?;
        for (_, thing) in self.things.iter().filter(|(name, thing)| name != thing) {
            write!(f, " ({thing})")?;
        }
        Ok(())
    }
}
