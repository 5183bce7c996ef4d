//! The permission engine by itself, asked in the format of its test vectors: see `beep-core/vectors/README.md`.

use std::collections::BTreeMap;

use beep_client::{Bare, Full, RoleId, Timestamp, UserId};
use beep_core::hierarchy::{self, Rank, RoleRank};
use beep_core::permission::{self, MemberContext, Override, Overrides, Target};
use beep_proto::view::{Explained, Permissions};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::failure::{json, misused};

#[derive(Deserialize)]
struct Server {
    owner: Full<UserId>,
    everyone: Everyone,
    roles: Vec<Role>,
    members: Vec<Member>,
    suspended_until: Option<i64>,
}

#[derive(Deserialize)]
struct Everyone {
    id: Bare<RoleId>,
    permissions: Permissions,
}

#[derive(Deserialize)]
struct Role {
    id: Bare<RoleId>,
    position: i32,
    permissions: Permissions,
}

#[derive(Deserialize)]
struct Member {
    user: Full<UserId>,
    roles: Vec<Bare<RoleId>>,
    muted_until: Option<i64>,
    restricted_until: Option<i64>,
}

#[derive(Deserialize)]
struct Decision {
    server: Server,
    user: Full<UserId>,
    now: i64,
    /// Left out, the question is about the server.
    overrides: Option<Vec<Stated>>,
    /// Who is restricted in the channel, and until when.
    #[serde(default)]
    restricted: BTreeMap<Full<UserId>, i64>,
}

#[derive(Deserialize)]
struct Stated {
    #[serde(rename = "for")]
    target: String,
    allow: Permissions,
    deny: Permissions,
}

/// What a user may do in a server, or in a channel when there are `overrides`: a list of names.
#[wasm_bindgen]
pub fn decide(question: &str) -> Result<String, JsValue> {
    ask(question, |member_context, overrides, now| {
        json(&Permissions(match overrides {
            Some(overrides) => permission::in_channel(member_context, overrides, now),
            None => permission::in_server(member_context, now),
        }))
    })
}

/// The same with the reason for each permission, as `servers.permissions` answers it.
#[wasm_bindgen]
pub fn explain(question: &str) -> Result<String, JsValue> {
    ask(question, |member_context, overrides, now| {
        json(&Explained::new(&permission::explain(member_context, overrides, now)))
    })
}

/// Puts a question about a user to the engine.
fn ask(
    question: &str,
    answer: impl Fn(&MemberContext<'_>, Option<&Overrides>, Timestamp) -> String,
) -> Result<String, JsValue> {
    let Decision { server, user, now, overrides, restricted } = read(question)?;
    let member = server.members.iter().find(|member| member.user == user);
    let granted: BTreeMap<_, _> = server.roles.iter().map(|role| (role.id, role.permissions.0)).collect();
    let roles = member.into_iter().flat_map(|member| &member.roles);
    let roles: Vec<_> = roles.filter_map(|role| Some((role.0, *granted.get(role)?))).collect();
    let here = restricted.get(&user).copied().filter(|_| overrides.is_some());
    let restricted_until = member.and_then(|member| member.restricted_until).max(server.suspended_until).max(here);
    let member_context = MemberContext {
        user: &user.0,
        member: member.is_some(),
        owner: server.owner == user,
        everyone: (server.everyone.id.0, server.everyone.permissions.0),
        roles: &roles,
        muted_until: member.and_then(|member| member.muted_until).map(Timestamp::from_millis),
        restricted_until: restricted_until.map(Timestamp::from_millis),
    };
    let overrides = overrides.map(stated).transpose()?;
    Ok(answer(&member_context, overrides.as_ref(), Timestamp::from_millis(now)))
}

fn stated(list: Vec<Stated>) -> Result<Overrides, JsValue> {
    let mut overrides = Overrides::default();
    for Stated { target, allow, deny } in list {
        let role = target.strip_prefix("role:").and_then(|role| role.parse::<Bare<_>>().ok());
        let member = target.strip_prefix("member:").and_then(|user| user.parse::<Full<_>>().ok());
        let target = role.map(|role| Target::Role(role.0)).or(member.map(|user| Target::Member(user.0)));
        let target = target.ok_or_else(|| misused("`for` is `role:<id>` or `member:<id>@<domain>`"))?;
        overrides.set(&target, Some(Override { allow: allow.0, deny: deny.0 }));
    }
    Ok(overrides)
}

#[derive(Deserialize)]
struct Attempt {
    server: Server,
    user: Full<UserId>,
    act: Act,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    OnMember(Full<UserId>),
    OnRole(Bare<RoleId>),
    MakeRole(Placed),
    MoveRole(Placed),
}

#[derive(Deserialize)]
struct Placed {
    id: Bare<RoleId>,
    position: i32,
}

/// Whether rank lets a member act.
#[wasm_bindgen(js_name = rankAllows)]
pub fn rank_allows(question: &str) -> Result<bool, JsValue> {
    let Attempt { server, user, act } = read(question)?;
    let actor = server.rank(&user);
    let allowed = match act {
        Act::OnMember(other) => hierarchy::act_on_member(actor, server.rank(&other)),
        Act::OnRole(role) => hierarchy::act_on_role(actor, server.role_rank(role)?),
        Act::MakeRole(Placed { id, position }) => hierarchy::act_on_role(actor, RoleRank { position, role: id.0 }),
        Act::MoveRole(Placed { id, position }) => {
            hierarchy::move_role(actor, server.role_rank(id)?, RoleRank { position, role: id.0 })
        }
    };
    Ok(allowed.is_ok())
}

impl Server {
    fn rank(&self, user: &Full<UserId>) -> Rank {
        if self.owner == *user {
            return Rank::Owner;
        }
        let member = self.members.iter().find(|member| member.user == *user);
        let roles = member.into_iter().flat_map(|member| &member.roles);
        let held = roles.filter_map(|id| self.roles.iter().find(|role| role.id == *id));
        held.map(Role::rank).max().map_or(Rank::Everyone, Rank::Role)
    }

    fn role_rank(&self, id: Bare<RoleId>) -> Result<RoleRank, JsValue> {
        if id == self.everyone.id {
            return Ok(RoleRank { position: 0, role: id.0 });
        }
        let role = self.roles.iter().find(|role| role.id == id);
        role.map(Role::rank).ok_or_else(|| misused(format_args!("the server has no role `{id}`")))
    }
}

impl Role {
    fn rank(&self) -> RoleRank {
        RoleRank { position: self.position, role: self.id.0 }
    }
}

#[derive(Deserialize)]
struct Change {
    held: Permissions,
    before: Permissions,
    after: Permissions,
}

/// What a change hands out beyond what the actor holds: a list of names.
#[wasm_bindgen]
pub fn beyond(question: &str) -> Result<String, JsValue> {
    let Change { held, before, after } = read(question)?;
    Ok(json(&Permissions(hierarchy::beyond(held.0, before.0, after.0))))
}

/// Every permission.
#[wasm_bindgen(js_name = allPermissions)]
pub fn all_permissions() -> String {
    json(&Permissions(permission::Permissions::all()))
}

fn read<T: DeserializeOwned>(question: &str) -> Result<T, JsValue> {
    beep_proto::json::read(question).map_err(misused)
}
