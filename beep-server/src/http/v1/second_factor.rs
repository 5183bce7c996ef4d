//! The second factor of the caller.

use beep_core::backend::{Refusal, second_factors};
use beep_proto::operation::second_factor::{Begin, Confirm, Remove, RenewRecoveryCodes};
use beep_proto::text::Secret;
use beep_proto::view::{RecoveryCodes, SecondFactorSetup};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::http::v1::sessions::{confirm, entering};
use crate::http::{Context, Handle, Refused};

impl Handle for Begin {
    async fn handle(self, context: &Context) -> Result<SecondFactorSetup, Refused> {
        let confirmed = confirm(context, self.password, None).await?;
        let shared = second_factors::begin(context.backend(), context.actor()?, &confirmed).await?;
        let qr_svg = picture(&shared.address)?.into();
        Ok(SecondFactorSetup { secret: shared.secret.into(), otpauth_uri: shared.address.into(), qr_svg })
    }
}

impl Handle for Confirm {
    async fn handle(self, context: &Context) -> Result<RecoveryCodes, Refused> {
        Ok(told(second_factors::confirm(context.backend(), context.actor()?, &self.code.0).await?))
    }
}

impl Handle for RenewRecoveryCodes {
    async fn handle(self, context: &Context) -> Result<RecoveryCodes, Refused> {
        let confirmed = confirm(context, self.password, Some(self.code)).await?;
        let (backend, actor) = (context.backend(), context.actor()?);
        let renewed = second_factors::renew_recovery_codes(backend, actor, &confirmed);
        Ok(told(entering(context, &confirmed, false, renewed).await?))
    }
}

impl Handle for Remove {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let confirmed = confirm(context, self.password, Some(self.code)).await?;
        let removed = second_factors::remove(context.backend(), context.actor()?, &confirmed);
        entering(context, &confirmed, false, removed).await
    }
}

fn told(codes: Vec<String>) -> RecoveryCodes {
    RecoveryCodes { recovery_codes: codes.into_iter().map(Secret).collect() }
}

/// A QR code as a picture, dark on light whatever is behind it.
fn picture(of: &str) -> Result<String, Refusal> {
    let code = QrCode::with_error_correction_level(of, EcLevel::M);
    let code = code.map_err(|error| Refusal::Failed(format!("no QR code can be made: {error}")))?;
    let (dark, light) = (svg::Color("#000000"), svg::Color("#ffffff"));
    Ok(code.render::<svg::Color<'_>>().min_dimensions(240, 240).dark_color(dark).light_color(light).build())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use beep_core::account::{Account, DirectFrom, User};
    use beep_core::backend::Actor;
    use beep_core::id::{Id, SessionId};
    use beep_core::port::Change;
    use beep_core::second_factor::SETUP_LIFE;
    use beep_core::text::{Email, Username};
    use beep_core::totp::step;
    use beep_proto::cursor::Cursors;
    use beep_proto::operation::self_::ChangePassword;
    use beep_proto::problem::ErrorCode;
    use http::Request;
    use uuid::Uuid;

    use super::*;
    use crate::app::App;
    use crate::config::Config;
    use crate::hub::Hub;
    use crate::testing::World;

    /// A world with somebody in it who is signed in.
    async fn stage() -> (World, Context) {
        let world = World::open("a.example.com").await;
        let backend = &world.backend;
        let actor = world.somebody();
        let key = actor.as_user().expect("it is one").clone();
        let account = Account {
            user: User {
                username: Username::parse("ann").expect("a name"),
                display_name: None,
                bio: None,
                created_at: backend.clock.now(),
                deleted: false,
                key,
            },
            email: Email::parse("ann@example.com").expect("an address"),
            first_name: None,
            last_name: None,
            password_hash: backend.passwords.hash("a password".to_owned()).await.expect("it is hashed"),
            direct_from: DirectFrom::default(),
            two_factor: false,
            global_roles: Vec::new(),
            revision: 0,
        };
        backend.store.commit(Change::default().put(account)).await.expect("memory does not fail");
        let state = backend.store.log_state().await.expect("memory does not fail");
        let hub = Hub::new(backend, Cursors::new(state.id, &backend.keys.cursors()), state.head);
        let app = Arc::new(App::new(backend.clone(), &Config::default(), hub, Arc::default(), None));
        let actor = Actor { session: Some(SessionId::from_uuid(Uuid::from_u128(2))), ..actor };
        let context = Context::new(app, &Request::default(), Ok(actor));
        (world, context)
    }

    #[tokio::test]
    async fn a_begun_second_factor_ends_and_no_code_comes_back_with_the_clock() {
        let (world, context) = stage().await;
        let user = context.actor().expect("it is one").as_user().expect("it is one").id;
        let code = async |off: i64| {
            let setup = world.backend.store.second_factor_setup(user).await.expect("memory does not fail");
            let factor = world.backend.store.second_factor(user).await.expect("memory does not fail");
            let secret = factor.map(|factor| factor.secret).or(setup.map(|setup| setup.secret)).expect("it was begun");
            secret.code(step(world.backend.clock.now()) + off)
        };
        let refused = |done: Option<Refused>| done.map(|Refused(problem)| problem.code);
        let begin = async || Begin::new("a password").handle(&context).await.map_err(|Refused(problem)| problem);
        begin().await.expect("the password is right");
        world.clock.advance(SETUP_LIFE);
        let late = Confirm::new(code(0).await).handle(&context).await;
        assert_eq!(refused(late.err()), Some(ErrorCode::InvalidCredentials));
        begin().await.expect("the password is right");
        world.clock.advance(SETUP_LIFE - Duration::from_secs(30));
        assert!(Confirm::new(code(-1).await).handle(&context).await.is_ok(), "a clock may be a step behind");

        // A code is good in its step, the one before and the one after, and once, whatever becomes of the clock.
        let change = async |code: String| {
            let change = ChangePassword::new("a password", "ann@example.com").otp(code);
            refused(change.handle(&context).await.err())
        };
        assert_eq!(change(code(-1).await).await, Some(ErrorCode::OtpInvalid), "it was used");
        let used = code(0).await;
        assert_eq!(change(used.clone()).await, Some(ErrorCode::InvalidRequest), "what is refused uses up no code");
        let again = async |code: String| {
            let renew = RenewRecoveryCodes::new("a password", code);
            refused(renew.handle(&context).await.err())
        };
        assert_eq!(again(used.clone()).await, None);
        assert_eq!(again(used.clone()).await, Some(ErrorCode::InvalidCredentials));
        world.clock.turn_back(Duration::from_secs(30));
        assert_eq!(again(used).await, Some(ErrorCode::InvalidCredentials));
        world.clock.advance(Duration::from_secs(90));
        assert_eq!(again(code(-2).await).await, Some(ErrorCode::InvalidCredentials), "it is over");
        assert_eq!(again(code(-1).await).await, None);
        assert_eq!(again(code(2).await).await, Some(ErrorCode::InvalidCredentials), "it is too early");
        assert_eq!(again(code(1).await).await, None);
    }

    #[test]
    fn the_longest_address_has_a_picture() {
        let address = format!("otpauth://totp/{}:{}?secret={}", "a".repeat(253), "b".repeat(32), "C".repeat(400));
        let picture = picture(&address).expect("it fits");
        assert!(picture.contains("<svg") && picture.ends_with("</svg>"), "{picture}");
    }
}
