//! A second reading of the contract, to judge the test vectors by: one permission at a time, on the JSON alone.
//!
//! It shares nothing with the engine, neither sets nor layers: it asks who speaks last of a permission.

use std::cmp::Ordering;

use serde_json::Value;

/// What `case` should say under `server` and `channel`: for each permission whether it is held.
pub(crate) fn holds(case: &Value, permission: &str, in_channel: bool) -> bool {
    let asker = Asker::new(case);
    if asker.member.is_none() {
        return false;
    }
    if asker.is_restricted(in_channel) && permission != "view_channels" {
        return false;
    }
    if asker.is_owner() {
        return true;
    }
    if asker.is_muted() && permission != "view_channels" {
        return false;
    }
    if asker.granted_by_name("administrator") {
        return true;
    }
    if !in_channel {
        return asker.granted(permission);
    }
    let may = |one: &str| asker.in_channel_but_for_sight(one);
    may("view_channels") && may(permission) && (permission != "attach_files" || may("send_messages"))
}

/// Whether what a case of the hierarchy tries is allowed.
pub(crate) fn allowed(case: &Value) -> bool {
    let server = &case["server"];
    let (kind, act) = case["act"].as_object().and_then(|act| act.iter().next()).expect("one act");
    if kind == "on_member" && *act == server["owner"] {
        return false;
    }
    if case["user"] == server["owner"] {
        return true;
    }
    let order = order(server);
    match kind.as_str() {
        "on_member" => above(top(case, &case["user"], &order), top(case, act, &order)),
        "on_role" => above(top(case, &case["user"], &order), place(&order, act)),
        "make_role" | "move_role" => {
            let mut after = server.clone();
            let roles = after["roles"].as_array_mut().expect("a list of roles");
            let existed = roles.iter().any(|role| role["id"] == act["id"]);
            roles.retain(|role| role["id"] != act["id"]);
            roles.push(act.clone());
            let after = self::order(&after);
            let may_before = !existed || above(top(case, &case["user"], &order), place(&order, &act["id"]));
            may_before && above(top(case, &case["user"], &after), place(&after, &act["id"]))
        }
        other => panic!("unknown act {other}"),
    }
}

/// The permissions of `after` that whoever holds `held` may not hand out where `before` was.
pub(crate) fn beyond(case: &Value) -> Vec<String> {
    let (before, after, held) = (&case["before"], &case["after"], &case["held"]);
    let new = |one: &str| names(after, one) && !names(before, one);
    let handed = |one: &str| new(one) || (!names(before, one) && implied_by(one).any(|by| new(by) && names(held, by)));
    NAMES.iter().filter(|one| handed(one) && !names(held, one)).map(|one| (*one).to_owned()).collect()
}

/// All permissions.
pub(crate) const NAMES: [&str; 13] = [
    "administrator",
    "manage_server",
    "manage_roles",
    "manage_channels",
    "view_channels",
    "manage_webhooks",
    "manage_nicknames",
    "change_nickname",
    "send_messages",
    "manage_messages",
    "attach_files",
    "manage_members",
    "manage_invitations",
];

/// Who implies a permission, `administrator` included.
fn implied_by(permission: &str) -> impl Iterator<Item = &'static str> {
    let special = match permission {
        "manage_channels" => Some("manage_server"),
        "change_nickname" => Some("manage_nicknames"),
        "send_messages" => Some("manage_messages"),
        _ => None,
    };
    let administrator = (permission != "administrator").then_some("administrator");
    special.into_iter().chain(administrator)
}

/// Whoever asks in a case.
struct Asker<'a> {
    case: &'a Value,
    member: Option<&'a Value>,
}

impl<'a> Asker<'a> {
    fn new(case: &'a Value) -> Self {
        let members = case["server"]["members"].as_array().expect("a list of members");
        Self { case, member: members.iter().find(|member| member["user"] == case["user"]) }
    }

    fn is_owner(&self) -> bool {
        self.case["user"] == self.case["server"]["owner"]
    }

    fn is_muted(&self) -> bool {
        let until = self.member.and_then(|member| member["muted_until"].as_i64());
        until.is_some_and(|until| self.case["now"].as_i64().expect("a time") < until)
    }

    /// Whether a moderator of the backend took all but seeing away, from them or from everybody.
    fn is_restricted(&self, in_channel: bool) -> bool {
        let now = self.case["now"].as_i64().expect("a time");
        let user = self.case["user"].as_str().expect("a user");
        let here = in_channel.then(|| self.case["restricted"][user].as_i64()).flatten();
        let member = self.member.and_then(|member| member["restricted_until"].as_i64());
        [self.case["server"]["suspended_until"].as_i64(), member, here].iter().flatten().any(|until| now < *until)
    }

    fn has_role(&self, id: &Value) -> bool {
        self.member.is_some_and(|member| member["roles"].as_array().expect("a list").contains(id))
    }

    fn granted_by_name(&self, permission: &str) -> bool {
        let server = &self.case["server"];
        let mut own = server["roles"].as_array().expect("a list").iter().filter(|role| self.has_role(&role["id"]));
        names(&server["everyone"]["permissions"], permission) || own.any(|role| names(&role["permissions"], permission))
    }

    fn granted(&self, permission: &str) -> bool {
        self.granted_by_name(permission) || implied_by(permission).any(|by| self.granted_by_name(by))
    }

    fn in_channel_but_for_sight(&self, permission: &str) -> bool {
        let by_itself = |one: &str| match self.last_word(one) {
            Some(allowed) => allowed && one != "administrator",
            None => self.granted(one),
        };
        by_itself(permission) || (self.last_word(permission) != Some(false) && implied_by(permission).any(by_itself))
    }

    /// Whether the narrowest override that speaks of a permission allows it.
    fn last_word(&self, permission: &str) -> Option<bool> {
        let mut word: (u8, Option<bool>) = (0, None);
        for one in self.case["overrides"].as_array().expect("a list") {
            let target = one["for"].as_str().expect("a target");
            let user = self.case["user"].as_str().expect("a user");
            let everyone = self.case["server"]["everyone"]["id"].as_str().expect("an id");
            let width = match target.split_once(':').expect("a kind and an id") {
                ("member", id) if id == user => 3,
                ("role", id) if id == everyone => 1,
                ("role", id) if self.has_role(&Value::from(id)) => 2,
                _ => continue,
            };
            let says = if names(&one["allow"], permission) {
                true
            } else if names(&one["deny"], permission) {
                false
            } else {
                continue;
            };
            match width.cmp(&word.0) {
                Ordering::Greater => word = (width, Some(says)),
                Ordering::Equal => word.1 = word.1.map(|before| before || says),
                Ordering::Less => {}
            }
        }
        word.1
    }
}

/// The ids of all roles, lowest first.
fn order(server: &Value) -> Vec<Value> {
    let mut roles: Vec<(i64, String)> = server["roles"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|role| (role["position"].as_i64().expect("a position"), role["id"].as_str().expect("an id").to_owned()))
        .collect();
    roles.push((0, server["everyone"]["id"].as_str().expect("an id").to_owned()));
    // Of two at one position the older one is the higher.
    roles.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| other.cmp(one)));
    roles.into_iter().map(|(_, id)| Value::from(id)).collect()
}

fn place(order: &[Value], role: &Value) -> Option<usize> {
    order.iter().position(|id| id == role)
}

/// The place of the highest role of a member, if they have one.
fn top(case: &Value, user: &Value, order: &[Value]) -> Option<usize> {
    let asker = Asker::new(case);
    let members = asker.case["server"]["members"].as_array().expect("a list");
    let member = members.iter().find(|member| member["user"] == *user).expect("a member");
    member["roles"].as_array().expect("a list").iter().filter_map(|role| place(order, role)).max()
}

/// Whether the one place is above the other; those without a role are below all.
fn above(one: Option<usize>, other: Option<usize>) -> bool {
    match (one, other) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(one), Some(other)) => one > other,
    }
}

fn names(list: &Value, permission: &str) -> bool {
    list.as_array().expect("a list of permissions").iter().any(|one| one == permission)
}
