//! Signing in, refreshing, and signing out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use beep_core::backend::sessions::{self, Confirmed, Device, LoginSubject, SignedIn as Opened};
use beep_core::backend::{Refusal, accounts};
use beep_core::id::Id;
use beep_core::session::Session as CoreSession;
use beep_core::text::SessionLabel;
use beep_proto::operation::sessions::{List, Login, Logout, Refresh, Revoke, RevokeOthers};
use beep_proto::page::Page;
use beep_proto::text::Secret;
use beep_proto::view::{Session, SignedIn};

use crate::http::context::Fields;
use crate::http::v1::accounts::address;
use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};
use crate::rate::Guess;

impl Handle for Login {
    async fn handle(self, context: &Context) -> Result<SignedIn, Refused> {
        let mut fields = Fields::default();
        let label = fields.option("label", self.label.as_deref(), SessionLabel::parse);
        let label = fields.all(label)?;
        let (backend, network) = (context.backend(), context.network());
        let subject = LoginSubject::find(backend, &self.login).await?;
        let known = subject.knows(backend, network).await?;
        let guess = context.app.rates.guess_password(subject.user(), &self.login, network, known)?;
        let device = Device { label, address: address(context), persist: self.persist.unwrap_or(false) };
        let identified = guessed(guess, sessions::identify(backend, subject, self.password.0).await)?;
        let confirmed = identified.with_otp(self.otp.map(|otp| otp.0));
        let opened = entering(context, &confirmed, known, sessions::login(backend, &confirmed, &device)).await?;
        signed_in(context, opened)
    }
}

impl Handle for Refresh {
    async fn handle(self, context: &Context) -> Result<SignedIn, Refused> {
        let from_cookie = self.refresh_token.is_none();
        let token = credential(context, self.refresh_token).ok_or(Refusal::Unauthenticated)?;
        let opened = sessions::refresh(context.backend(), &token, address(context)).await?;
        let answer = signed_in(context, opened)?;
        // Scripts of a page that has the cookie need not see what is in it.
        Ok(if from_cookie { SignedIn { refresh_token: None, ..answer } } else { answer })
    }
}

impl Handle for Logout {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        match credential(context, self.refresh_token) {
            Some(token) => sessions::logout(context.backend(), &token).await?,
            // Who shows nothing but an access token means its session: answered 204, it must have ended.
            None => {
                let actor = context.bearer().await?;
                let session = actor.session.ok_or(Refusal::Unauthenticated)?;
                sessions::revoke(context.backend(), &actor, session).await?;
            }
        }
        context.forget();
        Ok(())
    }
}

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Session>, Refused> {
        let actor = context.actor()?;
        let current = actor.session.ok_or(Refusal::Unauthenticated)?;
        let sessions = sessions::list(context.backend(), actor).await?;
        let page = page::part(sessions, self.limit, self.cursor.as_deref(), age)?;
        Ok(page.map(|session| Session::seen(&session, current)))
    }
}

impl Handle for Revoke {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        Ok(sessions::revoke(context.backend(), context.actor()?, self.session.0).await?)
    }
}

impl Handle for RevokeOthers {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        Ok(sessions::revoke_others(context.backend(), context.actor()?).await?)
    }
}

/// Has the caller show that they know their password, and a code of their second factor, before what nobody may do with a
/// token that they found. The code is looked at by what follows: see [`entering`].
pub(super) async fn confirm(context: &Context, password: Secret, otp: Option<Secret>) -> Result<Confirmed, Refused> {
    let (backend, actor) = (context.backend(), context.actor()?);
    let account = accounts::own(backend, actor).await?;
    // Who guesses with somebody's token is a stranger.
    let guess = context.app.rates.guess_password(Some(account.id()), "", context.network(), false)?;
    let confirmed = guessed(guess, sessions::confirm(backend, &account, password.0).await)?;
    Ok(confirmed.with_otp(otp.map(|otp| otp.0)))
}

/// Does what uses a code of a second factor, as a guess at the code if one was given; `known` says whether the account
/// signed in from there before.
pub(super) async fn entering<T>(
    context: &Context,
    confirmed: &Confirmed,
    known: bool,
    act: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refused> {
    if !confirmed.has_otp() {
        return Ok(act.await?);
    }
    let guess = context.app.rates.guess_second_factor(confirmed.user(), context.network(), known)?;
    let done = act.await;
    if !matches!(done, Err(Refusal::OtpInvalid | Refusal::InvalidCredentials)) {
        guess.succeeded();
    }
    Ok(done?)
}

/// Gives the guess back where the password was right, and where nobody looked at it.
fn guessed<T>(guess: Guess<'_>, of: Result<T, Refusal>) -> Result<T, Refusal> {
    if matches!(of, Ok(_) | Err(Refusal::Busy)) {
        guess.succeeded();
    }
    of
}

/// Gives a device its tokens, and the cookie.
pub(super) fn signed_in(context: &Context, opened: Opened) -> Result<SignedIn, Refused> {
    let Opened { account, session, refresh } = opened;
    let access = context.app.tokens.sign(context.backend(), account.id(), session.id).map_err(Refusal::from)?;
    let refresh = BASE64.encode(refresh);
    context.keep(&session, &refresh);
    Ok(SignedIn::new(access, refresh, session.id, &account))
}

/// The key of a session in the list of the youngest first.
fn age(session: &CoreSession) -> [u8; 24] {
    let mut key = [0; 24];
    key[..8].copy_from_slice(&session.created_at.millis().to_be_bytes());
    key[8..].copy_from_slice(session.id.uuid().as_bytes());
    page::downwards(key)
}

/// The refresh credential: of the body, else of the cookie.
fn credential(context: &Context, body: Option<Secret>) -> Option<Vec<u8>> {
    let text = body.map(|secret| secret.0).or_else(|| context.zuid.clone())?;
    // What is no base64 is no credential either.
    Some(BASE64.decode(text).unwrap_or_default())
}
