//! What a member may do: the thirteen permissions and how roles and overrides add up.
//!
//! Pure: facts in, decision out, with the same answer in a backend, on a phone and in a browser. [`crate::hierarchy`]
//! decides who may act on whom. Rules: contract "authorization", 1 to 6.

use crate::id::{RoleId, UserKey};
use crate::sorted_lookup::SortedLookup;
use crate::time::Timestamp;

bitflags::bitflags! {
    /// A set of permissions. The bits are stored: append, never renumber. On the wire permissions are names in lower
    /// case.
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct Permissions: u64 {
        /// Everything, in every channel, whatever an override says.
        const ADMINISTRATOR = 1 << 0;
        /// Change the server; implies [`Self::MANAGE_CHANNELS`].
        const MANAGE_SERVER = 1 << 1;
        /// Create, change, delete and assign roles below one's own.
        const MANAGE_ROLES = 1 << 2;
        /// Create, change and delete channels and their overrides.
        const MANAGE_CHANNELS = 1 << 3;
        /// See a channel and read it; everything else in a channel needs this first.
        const VIEW_CHANNELS = 1 << 4;
        /// Create, change and delete webhooks.
        const MANAGE_WEBHOOKS = 1 << 5;
        /// Change the nickname of members below oneself; implies [`Self::CHANGE_NICKNAME`].
        const MANAGE_NICKNAMES = 1 << 6;
        /// Change one's own nickname.
        const CHANGE_NICKNAME = 1 << 7;
        /// Send messages.
        const SEND_MESSAGES = 1 << 8;
        /// Delete and pin messages of others; implies [`Self::SEND_MESSAGES`].
        const MANAGE_MESSAGES = 1 << 9;
        /// Attach files to one's messages.
        const ATTACH_FILES = 1 << 10;
        /// Kick, ban and mute members, and assign roles to them.
        const MANAGE_MEMBERS = 1 << 11;
        /// Create and revoke invitations.
        const MANAGE_INVITATIONS = 1 << 12;
    }
}

impl Permissions {
    /// Adds what the held permissions imply.
    pub fn closure(self) -> Self {
        if self.contains(Self::ADMINISTRATOR) {
            return Self::all();
        }
        IMPLIED.iter().fold(self, |held, (has, gives)| if held.contains(*has) { held | *gives } else { held })
    }

    /// The permissions of a community's `everyone`: view, send, attach and change the own nickname.
    pub fn community() -> Self {
        Self::VIEW_CHANNELS | Self::SEND_MESSAGES | Self::ATTACH_FILES | Self::CHANGE_NICKNAME
    }

    /// The permissions of a private conversation's `everyone`, always: view, send and attach. Nobody manages what others
    /// wrote there.
    pub fn participant() -> Self {
        Self::VIEW_CHANNELS | Self::SEND_MESSAGES | Self::ATTACH_FILES
    }

    /// The one permission with this wire name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::all()
            .iter_names()
            .find(|(flag, _)| flag.eq_ignore_ascii_case(name) && !has_upper(name))
            .map(|(_, flag)| flag)
    }

    /// The wire names of the set, in the order of the bits.
    pub fn names(self) -> impl Iterator<Item = String> {
        self.iter_names().map(|(name, _)| name.to_ascii_lowercase())
    }
}

/// What a role or a member is allowed and denied in one channel.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Override {
    /// Granted in this channel.
    pub allow: Permissions,
    /// Denied in this channel.
    pub deny: Permissions,
}

impl Override {
    /// Joins the overrides of several roles: an allow by one wins over a deny by another.
    fn union(self, other: Self) -> Self {
        Self { allow: self.allow | other.allow, deny: self.deny | other.deny }
    }
}

/// The overrides of one channel; each list is sorted by role or member, without duplicates.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Overrides {
    roles: Vec<(RoleId, Override)>,
    members: Vec<(UserKey, Override)>,
}

impl Overrides {
    /// The override for a role, the `everyone` role included.
    pub fn role(&self, role: RoleId) -> Option<Override> {
        find(&self.roles, &role)
    }

    /// The override for one member.
    pub fn member(&self, user: &UserKey) -> Option<Override> {
        find(&self.members, user)
    }

    /// Every override for a role, sorted by role.
    pub fn roles(&self) -> &[(RoleId, Override)] {
        &self.roles
    }

    /// Every override for a member, sorted by member.
    pub fn members(&self) -> &[(UserKey, Override)] {
        &self.members
    }

    /// Whom they are for: roles before members.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        let roles = self.roles.iter().map(|(role, _)| Target::Role(*role));
        roles.chain(self.members.iter().map(|(user, _)| Target::Member(user.clone())))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.roles.len() + self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The override for a role or a member.
    pub fn get(&self, target: &Target) -> Option<Override> {
        match target {
            Target::Role(role) => self.role(*role),
            Target::Member(user) => self.member(user),
        }
    }

    /// Sets the override for a role or a member; `None` removes it.
    pub fn set(&mut self, target: &Target, to: Option<Override>) {
        match target {
            Target::Role(role) => put(&mut self.roles, *role, to),
            Target::Member(user) => put(&mut self.members, user.clone(), to),
        }
    }
}

/// Whom an override is for.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Target {
    /// All members with a role; the role `everyone` means all members.
    Role(RoleId),
    /// One member.
    Member(UserKey),
}

/// A user in a server: the input of the permission engine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MemberContext<'a> {
    /// Who it is.
    pub user: &'a UserKey,
    /// Whether they are a member; others hold no permission.
    pub member: bool,
    /// Whether they hold everything, as the owner of a community does.
    pub owner: bool,
    /// The `everyone` role and what it grants.
    pub everyone: (RoleId, Permissions),
    /// The member's roles and what each grants, without `everyone`.
    pub roles: &'a [(RoleId, Permissions)],
    /// When a mute ends.
    pub muted_until: Option<Timestamp>,
    /// When what a moderator of the backend decided ends: a restriction of the member in the server or in the channel that is
    /// decided about, or the suspension of the server.
    pub restricted_until: Option<Timestamp>,
}

impl MemberContext<'_> {
    /// Whether a mute is in force at `now`. It ends exactly at its time, and never applies to the owner.
    pub fn muted(&self, now: Timestamp) -> bool {
        !self.owner && self.muted_until.is_some_and(|until| now < until)
    }

    /// Whether a restriction is in force at `now`. It ends exactly at its time, and applies to the owner too.
    pub fn restricted(&self, now: Timestamp) -> bool {
        self.restricted_until.is_some_and(|until| now < until)
    }

    /// The permissions from the member's roles, without regard to a mute or a restriction.
    fn granted(&self) -> Permissions {
        self.given(self.roles.iter().fold(Permissions::empty(), |all, (_, granted)| all | *granted))
    }

    /// The same, where `own` is what all roles but `everyone` grant.
    fn given(&self, own: Permissions) -> Permissions {
        match (self.member, self.owner) {
            (false, _) => Permissions::empty(),
            (true, true) => Permissions::all(),
            (true, false) => (self.everyone.1 | own).closure(),
        }
    }
}

/// The permissions of a user in a server (rules 1 to 4 and 6).
pub fn in_server(member_context: &MemberContext<'_>, now: Timestamp) -> Permissions {
    silence(member_context, member_context.granted(), now)
}

/// The permissions of a user in a channel (rules 1 to 6); empty if they may not see it.
pub fn in_channel(member_context: &MemberContext<'_>, overrides: &Overrides, now: Timestamp) -> Permissions {
    in_channel_with(member_context, member_context.roles.iter().copied(), overrides, now)
}

/// The same, with roles that are looked up during the decision in place of those of `member_context`.
pub(crate) fn in_channel_with(
    member_context: &MemberContext<'_>,
    roles: impl Iterator<Item = (RoleId, Permissions)>,
    overrides: &Overrides,
    now: Timestamp,
) -> Permissions {
    let mut of_roles = SortedLookup::new(&overrides.roles);
    let (mut own, mut here) = (Permissions::empty(), Override::default());
    for (role, granted) in roles {
        own |= granted;
        if let Some(one) = of_roles.find(role) {
            here = here.union(*one);
        }
    }
    let granted = member_context.given(own);
    if granted.contains(Permissions::ADMINISTRATOR) {
        return silence(member_context, granted, now);
    }
    let held = layered(granted, layers(member_context, here, overrides));
    if !member_context.member || !held.contains(Permissions::VIEW_CHANNELS) {
        return Permissions::empty();
    }
    let held = if held.contains(Permissions::SEND_MESSAGES) { held } else { held - Permissions::ATTACH_FILES };
    silence(member_context, held, now)
}

/// Why a user has a permission or not, for `GET /servers/{s}/permissions`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// Granted: the owner holds everything.
    Owner,
    /// Granted or denied by a role of the server, `everyone` included.
    Role(RoleId),
    /// Granted: implied by this permission, which the user has in the server or the channel.
    Implied(Permissions),
    /// Granted or denied by the override for a role in the channel.
    RoleOverride(RoleId),
    /// Granted or denied by the member's own override in the channel.
    MemberOverride,
    /// Denied: no role grants it.
    NotGranted,
    /// Denied: the user cannot see the channel, or cannot attach files because they cannot send.
    Needs(Permissions),
    /// Denied: a mute is in force.
    Muted,
    /// Denied: a restriction of a moderator of the backend is in force.
    Restricted,
    /// Denied: not a member.
    NotMember,
}

/// Says for each permission whether the user has it, and why; agrees with [`in_server`] and [`in_channel`].
///
/// If several roles grant it, the reason is `everyone`, else the oldest of them, so the order of the roles does not
/// matter.
pub fn explain(
    member_context: &MemberContext<'_>,
    overrides: Option<&Overrides>,
    now: Timestamp,
) -> Vec<(Permissions, bool, Reason)> {
    let decide = |member_context: &MemberContext<'_>| match overrides {
        Some(overrides) => in_channel(member_context, overrides, now),
        None => in_server(member_context, now),
    };
    let decided = decide(member_context);
    let before_mute = decide(&MemberContext { muted_until: None, restricted_until: None, ..member_context.clone() });
    Permissions::all()
        .iter()
        .map(|one| {
            let held = decided.contains(one);
            let reason = if !member_context.member {
                Reason::NotMember
            } else if !held && member_context.restricted(now) && before_mute.contains(one) {
                Reason::Restricted
            } else if member_context.owner {
                Reason::Owner
            } else if !held && before_mute.contains(one) {
                Reason::Muted
            } else {
                because(member_context, overrides, one, before_mute)
            };
            (one, held, reason)
        })
        .collect()
}

/// Why a member who is not the owner holds `one` or not while no mute is looked at: the narrowest override
/// that speaks of it, else a role, else what implies it.
fn because(
    member_context: &MemberContext<'_>,
    overrides: Option<&Overrides>,
    one: Permissions,
    before_mute: Permissions,
) -> Reason {
    if let Some(role) = granting(member_context, Permissions::ADMINISTRATOR) {
        return Reason::Role(role);
    }
    let granted = match overrides.and_then(|overrides| stated(member_context, overrides, one)) {
        Some((false, reason)) => return reason,
        Some((true, reason)) => Some(reason),
        None => granting(member_context, one)
            .map(Reason::Role)
            .or_else(|| implying(member_context, overrides, one).map(Reason::Implied)),
    };
    match granted {
        None => Reason::NotGranted,
        Some(reason) if before_mute.contains(one) => reason,
        Some(_) if before_mute.is_empty() => Reason::Needs(Permissions::VIEW_CHANNELS),
        Some(_) => Reason::Needs(Permissions::SEND_MESSAGES),
    }
}

/// What the overrides say of `one` last, from wide to narrow: allowed or denied, and which one says so.
fn stated(member_context: &MemberContext<'_>, overrides: &Overrides, one: Permissions) -> Option<(bool, Reason)> {
    if one == Permissions::ADMINISTRATOR {
        return None; // a channel can neither give nor take it
    }
    let says = |of: Option<Override>| {
        of.and_then(|of| match (of.allow.contains(one), of.deny.contains(one)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        })
    };
    if let Some(allowed) = says(overrides.member(member_context.user)) {
        return Some((allowed, Reason::MemberOverride));
    }
    let among_roles = |wanted: bool| {
        let roles = member_context.roles.iter().map(|(role, _)| *role);
        roles.filter(|role| says(overrides.role(*role)) == Some(wanted)).min()
    };
    if let Some(role) = among_roles(true) {
        return Some((true, Reason::RoleOverride(role)));
    }
    if let Some(role) = among_roles(false) {
        return Some((false, Reason::RoleOverride(role)));
    }
    let everyone = member_context.everyone.0;
    says(overrides.role(everyone)).map(|allowed| (allowed, Reason::RoleOverride(everyone)))
}

/// A role of the member that grants `one` by name: `everyone`, else the oldest.
fn granting(member_context: &MemberContext<'_>, one: Permissions) -> Option<RoleId> {
    if member_context.everyone.1.contains(one) {
        return Some(member_context.everyone.0);
    }
    member_context.roles.iter().filter(|(_, granted)| granted.contains(one)).map(|(role, _)| *role).min()
}

/// The permission that implies `one` and is held in the server or, whatever may be seen of it, in the channel.
fn implying(
    member_context: &MemberContext<'_>,
    overrides: Option<&Overrides>,
    one: Permissions,
) -> Option<Permissions> {
    let granted = member_context.granted();
    let here = overrides.map_or(granted, |overrides| {
        let roles = member_context.roles.iter().filter_map(|(role, _)| overrides.role(*role));
        let roles = roles.fold(Override::default(), Override::union);
        granted | layered(granted, layers(member_context, roles, overrides))
    });
    IMPLIED.iter().find(|(has, gives)| *gives == one && here.contains(*has)).map(|(has, _)| *has)
}

/// What is left of `granted` after the layers of a channel, before anything that needs to see or to send is taken
/// away; not for those who hold `administrator`.
fn layered(granted: Permissions, layers: [Override; 3]) -> Permissions {
    let mut held = granted;
    let mut denied = Permissions::empty();
    for layer in layers {
        held = (held - layer.deny) | layer.allow;
        denied = (denied | layer.deny) - layer.allow;
    }
    // An override cannot make an administrator of anybody.
    (held - Permissions::ADMINISTRATOR).closure() - denied
}

/// The three layers of a channel, from widest to narrowest: everyone, the member's roles united, the member.
fn layers(member_context: &MemberContext<'_>, roles: Override, overrides: &Overrides) -> [Override; 3] {
    let everyone = overrides.role(member_context.everyone.0).unwrap_or_default();
    let member = overrides.member(member_context.user).unwrap_or_default();
    [everyone, roles, member]
}

/// Leaves `view_channels` alone while a restriction or a mute is in force (rules 1 and 6).
fn silence(member_context: &MemberContext<'_>, held: Permissions, now: Timestamp) -> Permissions {
    let silenced = member_context.restricted(now) || member_context.muted(now);
    if silenced { held & Permissions::VIEW_CHANNELS } else { held }
}

fn find<K: Ord>(list: &[(K, Override)], key: &K) -> Option<Override> {
    list.binary_search_by(|(at, _)| at.cmp(key)).ok().map(|at| list[at].1)
}

fn put<K: Ord>(list: &mut Vec<(K, Override)>, key: K, to: Option<Override>) {
    match (list.binary_search_by(|(at, _)| at.cmp(&key)), to) {
        (Ok(at), Some(to)) => list[at].1 = to,
        (Ok(at), None) => drop(list.remove(at)),
        (Err(at), Some(to)) => list.insert(at, (key, to)),
        (Err(_), None) => {}
    }
}

fn has_upper(name: &str) -> bool {
    name.bytes().any(|b| b.is_ascii_uppercase())
}

/// What implies what, other than `administrator`; no chain is longer than one step, and each gives one.
const IMPLIED: [(Permissions, Permissions); 3] = [
    (Permissions::MANAGE_SERVER, Permissions::MANAGE_CHANNELS),
    (Permissions::MANAGE_NICKNAMES, Permissions::CHANGE_NICKNAME),
    (Permissions::MANAGE_MESSAGES, Permissions::SEND_MESSAGES),
];
