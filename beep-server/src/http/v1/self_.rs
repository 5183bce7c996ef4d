//! The caller's account.

use beep_core::backend::accounts::{self, ProfileChange};
use beep_core::backend::{account_deletion, email_change, passwords};
use beep_core::text::{Bio, DisplayName, Email, PersonName, TextError, Username};
use beep_proto::operation::self_::{ChangeEmail, ChangePassword, Delete, Get, Update};
use beep_proto::text::Nullable;
use beep_proto::view::SelfUser;

use crate::http::context::{Fields, field};
use crate::http::v1::sessions::{confirm, entering};
use crate::http::{Context, Handle, Refused};

impl Handle for Get {
    async fn handle(self, context: &Context) -> Result<SelfUser, Refused> {
        Ok((&accounts::own(context.backend(), context.actor()?).await?).into())
    }
}

impl Handle for Update {
    async fn handle(self, context: &Context) -> Result<SelfUser, Refused> {
        let mut fields = Fields::default();
        let change = ProfileChange {
            username: fields.option("username", self.username.as_deref(), Username::parse).flatten(),
            display_name: nullable(&mut fields, "display_name", self.display_name, DisplayName::parse),
            first_name: nullable(&mut fields, "first_name", self.first_name, PersonName::parse),
            last_name: nullable(&mut fields, "last_name", self.last_name, PersonName::parse),
            bio: nullable(&mut fields, "bio", self.bio, Bio::parse),
            direct_from: self.direct_from.map(Into::into),
        };
        fields.unbuilt("avatar", self.avatar.and_then(|avatar| avatar.0).is_some_and(|avatar| !avatar.is_empty()));
        fields.check()?;
        Ok((&accounts::update(context.backend(), context.actor()?, change).await?).into())
    }
}

impl Handle for ChangePassword {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let confirmed = confirm(context, self.current, self.otp).await?;
        let changed = passwords::change(context.backend(), context.actor()?, &confirmed, &self.new.0);
        entering(context, &confirmed, false, changed).await
    }
}

impl Handle for ChangeEmail {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let email = field("email", &self.email, Email::parse)?;
        let confirmed = confirm(context, self.password, self.otp).await?;
        let (actor, from) = (context.actor()?, context.network());
        context.app.rates.mail(&email, from)?;
        let requested = email_change::request(context.backend(), actor, &confirmed, email, from);
        entering(context, &confirmed, false, requested).await
    }
}

impl Handle for Delete {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let confirmed = confirm(context, self.password, self.otp).await?;
        let deleted = account_deletion::delete(context.backend(), context.actor()?, &confirmed);
        let deleted = entering(context, &confirmed, false, deleted).await;
        context.app.purges.notify_one();
        context.forget();
        deleted
    }
}

/// A field that may be left out, or be `null` or empty to take away what was there.
fn nullable<T>(
    fields: &mut Fields,
    name: &str,
    value: Option<Nullable<String>>,
    with: impl FnOnce(&str) -> Result<T, TextError>,
) -> Option<Option<T>> {
    match value?.0.filter(|text| !text.is_empty()) {
        None => Some(None),
        Some(text) => fields.parse(name, &text, with).map(Some),
    }
}
