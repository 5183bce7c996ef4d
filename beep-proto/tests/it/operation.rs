//! What is true of each operation holds together.

use std::collections::BTreeSet;

use beep_core::audit::AuditAction;
use beep_proto::federation::Execute;
use beep_proto::operation::{
    AREAS, Access, Arguments, Body, Effect, Idempotent, Method, OPERATIONS, Owner, RAW_OPERATIONS, Rate, Spec,
    Specified, accounts, channels, conversations, invitations, messages, servers, sessions,
};
use beep_proto::request;
use beep_proto::text::Hidden;
use beep_proto::view::{Channel, Member, RecoveryCodes, SecondFactorSetup};

fn all() -> impl Iterator<Item = &'static Spec> {
    OPERATIONS.iter().chain(RAW_OPERATIONS)
}

#[test]
fn every_area_has_operations_and_a_sentence() {
    let used: BTreeSet<_> = all().map(Spec::area).collect();
    let listed: BTreeSet<_> = AREAS.iter().map(|(name, _)| *name).collect();
    assert_eq!((used, listed.len()), (listed.clone(), AREAS.len()));
    for (name, sentence) in AREAS {
        assert!(sentence.ends_with('.') && !sentence.contains('\n') && sentence.len() > 10, "{name}: {sentence}");
    }
}

#[test]
fn names_are_an_area_and_a_verb() {
    let plain = |text: &str| {
        !text.is_empty()
            && !text.ends_with('_')
            && text.bytes().all(|octet| octet == b'_' || octet.is_ascii_lowercase())
    };
    for spec in all() {
        assert!(spec.name.split_once('.').is_some_and(|(area, verb)| plain(area) && plain(verb)), "{}", spec.name);
    }
    assert_eq!(messages::Send::SPEC.name, "messages.send");
    assert_eq!(beep_proto::operation::self_::Get::SPEC.name, "self.get");
    assert_eq!(beep_proto::operation::backend::OpenApi::SPEC.name, "backend.openapi");
}

#[test]
fn what_leaves_an_entry_in_the_audit_log_takes_a_reason() {
    // Of a report the reason is what is wrong, and a note says why it was resolved so.
    let takes = |spec: &&Spec, name| spec.field(name).is_some() && spec.area() != "reports";
    let takes_reason: BTreeSet<_> =
        all().filter(|spec| takes(spec, "reason") || takes(spec, "note")).map(|spec| spec.name).collect();
    let leaves_entry: BTreeSet<_> = AuditAction::ALL.iter().map(|action| action.name()).collect();
    assert_eq!(takes_reason, leaves_entry);
}

#[test]
fn what_a_path_names_is_a_field() {
    for spec in all() {
        for name in request::path_names(spec.path) {
            let field = spec.field(name).unwrap_or_else(|| panic!("{} has no field `{name}`", spec.name));
            assert!(field.required, "{}: `{name}` stands in the path", spec.name);
        }
    }
}

#[test]
fn who_owns_what_a_path_names_carries_it_out() {
    for spec in all() {
        let name = spec.name;
        let first = request::path_names(spec.path).next();
        // A server, a channel and what a code leads to have one owner; a user is known everywhere, a session only here.
        let owned = first.filter(|first| ["server", "channel", "code"].contains(first));
        match spec.owner {
            Some(Owner::HomeOf(field)) => assert_eq!(Some(field), owned, "{name}"),
            Some(Owner::Backend(field)) => {
                assert!(owned.is_none() && spec.method == Method::Get, "{name}");
                assert!(spec.field(field).is_some_and(|field| !field.required), "{name}");
            }
            Some(Owner::PairWith(field)) => {
                assert!(owned.is_none() && spec.field(field).is_some_and(|field| !field.required), "{name}");
            }
            // A password of the caller goes to no other backend, nobody moderates one, and none hears what somebody has read.
            None => {
                let stays = ["admin", "reads"].contains(&spec.area())
                    || spec.field("password").is_some_and(|field| field.secret);
                assert!(owned.is_none() || stays, "{name}");
            }
        }
        assert_eq!(spec.is_for_peers(), spec.owner.is_some() && !spec.is_raw(), "{name}");
    }
}

#[test]
fn what_is_unsafe_says_what_makes_it_idempotent() {
    for spec in all() {
        let name = spec.name;
        let reads = spec.method == Method::Get;
        match spec.idempotent {
            // What gives nothing back can be said again.
            Idempotent::ByNature => assert!(reads || spec.access == Access::Credential || spec.status == 204, "{name}"),
            Idempotent::ByKey => assert!(!reads, "{name}"),
            Idempotent::ByNonce(field) => {
                assert!(!reads && spec.field(field).is_some_and(|field| !field.required), "{name}");
            }
            // What is told once is not kept to be told again.
            Idempotent::Not => {
                let secret = spec.answers::<SecondFactorSetup>() || spec.answers::<RecoveryCodes>();
                assert!(!reads && (spec.access == Access::Public || secret), "{name}");
            }
        }
        // A key is kept for a user.
        let repeats = matches!(spec.idempotent, Idempotent::ByNature | Idempotent::Not);
        assert_eq!(spec.takes_key(), !reads && !repeats && spec.access == Access::Member, "{name}");
    }
    assert_eq!(messages::Send::SPEC.idempotent, Idempotent::ByNonce("nonce"));
    assert_eq!(messages::List::SPEC.idempotent, Idempotent::ByNature);
    assert_eq!(sessions::Refresh::SPEC.idempotent, Idempotent::ByNature);
    assert_eq!(channels::PutRoleOverride::SPEC.idempotent, Idempotent::ByKey);
    assert_eq!(servers::Create::SPEC.idempotent, Idempotent::ByKey);
    assert_eq!(messages::Delete::SPEC.idempotent, Idempotent::ByKey);
    assert_eq!(accounts::Register::SPEC.idempotent, Idempotent::Not);
    assert_eq!(sessions::Login::SPEC.idempotent, Idempotent::Not);
}

#[test]
fn who_enters_or_leaves_does_so_at_an_owner() {
    let having = |effect| all().filter(move |spec| spec.effect == effect);
    for spec in having(Effect::Enters) {
        assert!(spec.answers::<Member>(), "{}: the answer is the membership", spec.name);
    }
    for spec in having(Effect::Opens).chain(having(Effect::Adds)) {
        assert!(spec.answers::<Channel>(), "{}: the answer is the channel", spec.name);
    }
    for spec in having(Effect::Leaves) {
        let names = |field| spec.field(field).is_some_and(|field| field.required);
        assert!(spec.answers::<()>() && (names("server") || names("channel")), "{}", spec.name);
    }
    for spec in [Effect::Enters, Effect::Opens, Effect::Adds, Effect::Leaves].into_iter().flat_map(having) {
        assert!(spec.owner.is_some() && spec.access == Access::Member && spec.takes_key(), "{}", spec.name);
    }
    let named = |effect| having(effect).map(|spec| spec.name).collect::<Vec<_>>();
    assert_eq!(named(Effect::Enters), [servers::Join::SPEC.name, invitations::Accept::SPEC.name]);
    assert_eq!(named(Effect::Opens), [conversations::Open::SPEC.name]);
    assert_eq!(named(Effect::Adds), [conversations::Add::SPEC.name]);
    assert_eq!(named(Effect::Leaves), [servers::Leave::SPEC.name, conversations::Leave::SPEC.name]);
    for spec in having(Effect::Declines) {
        assert!(spec.answers::<()>() && spec.field("code").is_some_and(|field| field.required), "{}", spec.name);
    }
    assert_eq!(named(Effect::Declines), [invitations::Decline::SPEC.name]);
}

#[test]
fn who_may_guess_a_secret_is_counted_for_it() {
    for spec in all().filter(|spec| spec.access == Access::Public && spec.method != Method::Get) {
        assert_eq!(spec.rate, Some(Rate::Credentials), "{}", spec.name);
    }
    for spec in all().filter(|spec| spec.access == Access::Credential) {
        assert!(spec.fields.iter().any(|field| field.secret && !field.required), "{}: or the cookie", spec.name);
    }
}

#[test]
fn bodies_follow_from_method_and_answer() {
    for spec in OPERATIONS {
        assert_eq!(spec.takes == Body::Json, spec.method != Method::Get, "{}", spec.name);
        assert_eq!(spec.is_empty(), spec.answers::<()>(), "{}: a success without a body answers 202 or 204", spec.name);
        assert!((200..300).contains(&spec.status) && !spec.is_raw(), "{}", spec.name);
    }
    for spec in RAW_OPERATIONS {
        assert!(spec.is_raw() && spec.takes != Body::Json && spec.gives != Body::Json, "{}", spec.name);
        assert_eq!(spec.status == 101, spec.gives == Body::WebSocket, "{}", spec.name);
    }
}

#[test]
fn what_is_named_like_a_secret_is_one() {
    let alike = ["password", "token", "otp", "code", "secret"];
    for spec in all() {
        for field in spec.fields.iter().filter(|field| alike.iter().any(|name| field.name.ends_with(name))) {
            assert!(field.secret, "`{}` of {}", field.name, spec.name);
        }
    }
    let register = accounts::Register::SPEC;
    assert!(register.field("invitation").is_some_and(|field| field.secret), "the code of an invitation");
}

/// Asserts that nothing that is written into a log shows a secret.
fn shows_no_secret<O: Specified>() {
    for sample in O::samples() {
        let arguments = request::write_arguments(&sample);
        let parts = request::write(&sample).expect("samples stand in a path");
        let envelope = Execute::new(None, O::SPEC.name.to_owned(), Hidden(arguments.clone()), None);
        let (shown, parts, envelope) = (format!("{sample:?}"), format!("{parts:?}"), format!("{envelope:?}"));
        for field in O::SPEC.fields.iter().filter(|field| field.secret) {
            let Some(secret) = arguments.get(field.name).and_then(|value| value.as_str()) else { continue };
            assert!(!shown.contains(secret), "{}: {shown}", O::SPEC.name);
            assert!(shown.contains(&format!("{}: ", field.name)), "{}: {shown}", O::SPEC.name);
            for text in [&parts, &envelope] {
                assert!(!text.contains(secret) && !text.contains(&secret.replace(' ', "%20")), "{text}");
            }
        }
    }
}

#[test]
fn no_log_shows_a_secret() {
    macro_rules! each {
        ($($area:ident { $($method:ident: $struct:ident),* $(,)? })*) => {
            $($( shows_no_secret::<beep_proto::operation::$area::$struct>(); )*)*
        };
    }
    beep_proto::for_each_operation!(each);
    beep_proto::for_each_raw_operation!(each);
    let [_, login] = sessions::Login::samples();
    assert_eq!(
        format!("{login:?}"),
        r#"Login { login: "sample", password: …, otp: Some(…), label: Some("sample"), persist: Some(true) }"#
    );
}
