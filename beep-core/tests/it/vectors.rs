//! `vectors/permissions.json`: the engine's answers for others to check theirs against.
//!
//! The file is written anew by `BEEP_BLESS=1 cargo test -p beep-core --all-features vectors`. Without that, a
//! difference to what the engine says fails, and so does any answer that [`crate::model`] does not share.

use std::fmt::Write;
use std::path::Path;
use std::sync::LazyLock;

use beep_core::hierarchy::beyond;
use beep_core::id::RoleId;
use beep_core::member::Member;
use beep_core::permission::{Override, Permissions, Target};
use beep_core::testing::{NOW, nth, nth_user};
use beep_core::time::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::hierarchy::Act;
use crate::model;
use crate::scenario::{EVERYONE, Scenario};
use crate::{cases, hierarchy};

#[test]
fn the_vectors_are_what_the_engine_says() {
    let (kept, made) = (KEPT.as_str(), made());
    let first = kept.lines().zip(made.lines()).find(|(kept, made)| kept != made);
    assert!(kept == made, "{FILE} differs; BEEP_BLESS=1 writes it anew. First: {first:#?}");
}

#[test]
fn a_second_reading_of_the_contract_agrees_with_the_vectors() {
    let file = kept();
    let mut asked = 0;
    for case in list(&file["decisions"]) {
        for (answer, in_channel) in [("server", false), ("channel", true)] {
            let expected: Vec<&str> =
                model::NAMES.into_iter().filter(|one| model::holds(case, one, in_channel)).collect();
            assert_eq!(case["expected"][answer], Value::from(expected), "{answer} of {}", case["name"]);
            asked += 1;
        }
    }
    for case in list(&file["hierarchy"]) {
        assert_eq!(case["allowed"], Value::from(model::allowed(case)), "{}", case["name"]);
        asked += 1;
    }
    for case in list(&file["grants"]) {
        assert_eq!(case["beyond"], Value::from(model::beyond(case)), "{}", case["name"]);
        asked += 1;
    }
    assert!(asked > 700, "only {asked} questions");
}

#[test]
fn the_vectors_tell_implementations_apart() {
    let file = kept();
    let mut names: Vec<&Value> = Vec::new();
    for part in ["decisions", "hierarchy", "grants"] {
        names.extend(list(&file[part]).iter().map(|case| &case["name"]));
    }
    let count = names.len();
    names.sort_by_key(|name| name.as_str());
    names.dedup();
    assert_eq!(names.len(), count, "names are unique");
    let decisions = list(&file["decisions"]);
    let with = |of: &dyn Fn(&Value) -> bool| decisions.iter().filter(|case| of(case)).count();
    assert!(with(&|case| case["expected"]["channel"] == case["expected"]["server"]) < decisions.len() / 2);
    assert!(with(&|case| list(&case["expected"]["channel"]).is_empty()) < decisions.len() / 2);
    for permission in model::NAMES {
        for answer in ["server", "channel"] {
            let holding = with(&|case| list(&case["expected"][answer]).contains(&Value::from(permission)));
            assert!(holding > 10 && holding < decisions.len() - 10, "{permission} in {answer}: {holding}");
        }
    }
    let allowed = list(&file["hierarchy"]).iter().filter(|case| case["allowed"] == true).count();
    assert!(allowed > 30 && allowed < list(&file["hierarchy"]).len() - 30, "{allowed}");
}

const FILE: &str = "vectors/permissions.json";

/// The file as it is kept, written anew first if that is asked for.
static KEPT: LazyLock<String> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("BEEP_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, made()).expect("the folder of the vectors can be written");
    }
    std::fs::read_to_string(path).expect("the vectors are part of the crate")
});

fn kept() -> Value {
    serde_json::from_str(&KEPT).expect("the vectors are JSON")
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

/// The whole file: one case a line, so that a difference is a line as well.
fn made() -> String {
    let mut dice = Dice { rolls: 0 };
    let named = cases::cases().into_iter().map(|(name, scenario, ..)| (name.to_owned(), scenario));
    let named: Vec<_> = named.collect();
    let drawn = (1..=DRAWN_DECISIONS).map(|n| (format!("drawn: {n}"), dice.scenario()));
    let decisions: Vec<String> =
        named.into_iter().chain(drawn).map(|(name, scenario)| decision(&name, &scenario)).collect();

    let named = hierarchy::cases().into_iter().map(|(name, scenario, act, _)| (name.to_owned(), scenario, act));
    let named: Vec<_> = named.collect();
    let drawn = (1..=DRAWN_ACTS).map(|n| {
        let mut scenario = dice.scenario();
        let act = dice.act(&mut scenario);
        (format!("drawn act: {n}"), scenario, act)
    });
    let acts: Vec<String> =
        named.into_iter().chain(drawn).map(|(name, scenario, act)| act_case(&name, &scenario, act)).collect();

    let named =
        hierarchy::grants().into_iter().map(|(name, held, before, after, _)| (name.to_owned(), held, before, after));
    let named: Vec<_> = named.collect();
    let drawn = (1..=DRAWN_GRANTS)
        .map(|n| (format!("drawn grant: {n}"), dice.permissions().closure(), dice.permissions(), dice.permissions()));
    let grants: Vec<String> =
        named.into_iter().chain(drawn).map(|(name, held, before, after)| grant(&name, held, before, after)).collect();

    let mut file = String::from("{\n  \"format\": 1,\n");
    let _ = writeln!(file, "  \"permissions\": {},", names(Permissions::all()));
    for (part, cases, end) in [("decisions", decisions, ","), ("hierarchy", acts, ","), ("grants", grants, "")] {
        let _ = writeln!(file, "  \"{part}\": [\n    {}\n  ]{end}", cases.join(",\n    "));
    }
    file.push_str("}\n");
    file
}

fn decision(name: &str, scenario: &Scenario) -> String {
    let (server, channel) = scenario.decide();
    let overrides = scenario.overrides.iter().map(|(target, says)| {
        let target = match target {
            Target::Role(role) => format!("role:{role}"),
            Target::Member(user) => format!("member:{user}"),
        };
        object(&[("for", text(&target)), ("allow", names(says.allow)), ("deny", names(says.deny))])
    });
    let restricted: Vec<String> =
        scenario.restricted_here.iter().map(|(user, until)| format!("\"{user}\": {}", until.millis())).collect();
    let restricted = format!("{{{}}}", restricted.join(", "));
    object(&[
        ("name", text(name)),
        ("server", server_of(scenario)),
        ("overrides", array(overrides)),
        ("restricted", restricted),
        ("user", text(&scenario.user.to_string())),
        ("now", scenario.now.millis().to_string()),
        ("expected", object(&[("server", names(server)), ("channel", names(channel))])),
    ])
}

fn act_case(name: &str, scenario: &Scenario, act: Act) -> String {
    let id = |n: u64| text(&nth::<RoleId>(n).to_string());
    let placed = |n: u64, position: i32| object(&[("id", id(n)), ("position", position.to_string())]);
    let (kind, what) = match act {
        Act::OnMember(user) => ("on_member", text(&nth_user(user).to_string())),
        Act::OnRole(role) => ("on_role", id(role)),
        Act::Make(position) => ("make_role", placed(hierarchy::NEW_ROLE, position)),
        Act::Move(role, position) => ("move_role", placed(role, position)),
    };
    object(&[
        ("name", text(name)),
        ("server", server_of(scenario)),
        ("user", text(&scenario.user.to_string())),
        ("act", object(&[(kind, what)])),
        ("allowed", act.decide(scenario).to_string()),
    ])
}

fn grant(name: &str, held: Permissions, before: Permissions, after: Permissions) -> String {
    object(&[
        ("name", text(name)),
        ("held", names(held)),
        ("before", names(before)),
        ("after", names(after)),
        ("beyond", names(beyond(held, before, after))),
    ])
}

fn server_of(scenario: &Scenario) -> String {
    let (everyone, _, granted) = &scenario.roles[0];
    let roles = scenario.roles[1..].iter().map(|(id, position, granted)| {
        object(&[("id", text(&id.to_string())), ("position", position.to_string()), ("permissions", names(*granted))])
    });
    let members = scenario.members.iter().map(|member| {
        object(&[
            ("user", text(&member.user.to_string())),
            ("roles", array(member.roles.iter().map(|role| text(&role.to_string())))),
            ("muted_until", time(member.muted_until)),
            ("restricted_until", time(member.restricted_until)),
        ])
    });
    object(&[
        ("owner", text(&scenario.owner.to_string())),
        ("everyone", object(&[("id", text(&everyone.to_string())), ("permissions", names(*granted))])),
        ("roles", array(roles)),
        ("members", array(members)),
        ("suspended_until", time(scenario.suspended_until)),
    ])
}

// Written by hand: the order of members that `serde_json` gives depends on what else is built with it.
fn object(members: &[(&str, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    format!("{{{}}}", members.join(", "))
}

fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or("null".to_owned(), |at| at.millis().to_string())
}

fn names(set: Permissions) -> String {
    array(set.names().map(|name| text(&name)))
}

fn text(plain: &str) -> String {
    Value::from(plain).to_string()
}

/// The draws behind the generated cases: SHA-256 over the seed and a counter.
struct Dice {
    rolls: u64,
}

const SEED: &[u8] = b"beep permission vectors, format 1";
const DRAWN_DECISIONS: u32 = 240;
const DRAWN_ACTS: u32 = 80;
const DRAWN_GRANTS: u32 = 40;

impl Dice {
    fn bits(&mut self) -> u64 {
        self.rolls += 1;
        let hash = Sha256::new().chain_update(SEED).chain_update(self.rolls.to_be_bytes()).finalize();
        u64::from_be_bytes(hash[..8].try_into().expect("eight octets"))
    }

    fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    fn chance(&mut self, in_a_hundred: u64) -> bool {
        self.below(100) < in_a_hundred
    }

    /// A quarter, a half or three quarters of the permissions; rarely `administrator`.
    fn permissions(&mut self) -> Permissions {
        let (a, b) = (self.bits(), self.bits());
        let bits = [a & b, a, a | b][usize::try_from(self.below(3)).expect("below three")];
        let set = Permissions::from_bits_truncate(bits) - Permissions::ADMINISTRATOR;
        if self.chance(6) { set | Permissions::ADMINISTRATOR } else { set }
    }

    /// A server of up to four roles and members, with overrides, all stored in any order.
    fn scenario(&mut self) -> Scenario {
        let mut roles: Vec<u64> = (1..=self.below(5)).collect();
        self.shuffle(&mut roles);
        let mut scenario = Scenario::new();
        scenario = scenario.everyone(self.permissions() - Permissions::ADMINISTRATOR);
        for role in &roles {
            scenario = scenario.role(*role, 1 + i32::try_from(self.below(3)).expect("small"), self.permissions());
        }
        let users = 2 + self.below(3);
        scenario.members = (0..users).map(|user| self.member(user, &roles)).collect();
        self.shuffle(&mut scenario.members);
        let mut targets: Vec<Target> = [EVERYONE].iter().chain(&roles).map(|role| Target::Role(nth(*role))).collect();
        targets.extend((0..=users).map(|user| Target::Member(nth_user(user))));
        self.shuffle(&mut targets);
        for target in targets {
            if self.chance(60) {
                let (allow, deny) = (self.permissions() & self.permissions(), self.permissions() & self.permissions());
                scenario.overrides.push((target, Override { allow, deny }));
            }
        }
        if self.chance(10) {
            let (user, until) = (self.below(users), self.near_now());
            scenario.restricted_here.insert(nth_user(user), until);
        }
        if self.chance(4) {
            scenario.suspended_until = Some(self.near_now());
        }
        scenario.owner = nth_user(0);
        // Mostly those for whom there is something to decide; now and then the owner, and one who is no member.
        scenario.user = match self.below(20) {
            0 => nth_user(0),
            1 => nth_user(users),
            _ => nth_user(1 + self.below(users - 1)),
        };
        scenario
    }

    fn member(&mut self, user: u64, roles: &[u64]) -> Member {
        let mut member = Scenario::new().members[0].clone();
        member.user = nth_user(user);
        member.roles = roles.iter().copied().filter(|_| self.chance(60)).map(nth).collect();
        member.roles.sort_unstable();
        if self.chance(15) {
            member.muted_until = Some(self.near_now());
        }
        if self.chance(8) {
            member.restricted_until = Some(self.near_now());
        }
        member
    }

    /// A moment before, at or after the time of asking.
    fn near_now(&mut self) -> Timestamp {
        let by = i64::try_from(self.below(3)).expect("small") - 1;
        Timestamp::from_millis(NOW.millis() + by)
    }

    /// Something that a member of the server tries; what its roles grant does not matter to it.
    fn act(&mut self, scenario: &mut Scenario) -> Act {
        let (users, roles) = (scenario.members.len() as u64, scenario.roles.len() as u64);
        scenario.user = nth_user(if self.chance(10) { 0 } else { 1 + self.below(users - 1) });
        for role in &mut scenario.roles {
            role.2 = Permissions::empty();
        }
        let position = i32::try_from(self.below(4)).expect("small") + 1;
        match self.below(4) {
            0 => Act::OnMember(self.below(users)),
            1 => Act::OnRole(self.below(roles)),
            2 if roles > 1 => Act::Move(1 + self.below(roles - 1), position),
            _ => Act::Make(position),
        }
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            let other = usize::try_from(self.below(end as u64 + 1)).expect("within the list");
            list.swap(end, other);
        }
    }
}
