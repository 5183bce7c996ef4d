//! Signing up, confirming addresses, and forgotten passwords.

use beep_core::backend::passwords;
use beep_core::backend::registrations::{self, SignUp};
use beep_core::backend::sessions::Device;
use beep_core::text::{DisplayName, Email, SessionLabel, Username};
use beep_proto::operation::accounts::{
    Activate, Activation, CompletePasswordReset, Register, Registered, RequestPasswordReset, ResendActivation,
};
use beep_proto::view::SignedIn;

use crate::http::context::{Fields, field};
use crate::http::v1::sessions::signed_in;
use crate::http::{Context, Handle, Refused};

impl Handle for Register {
    async fn handle(self, context: &Context) -> Result<Registered, Refused> {
        let mut fields = Fields::default();
        let email = fields.parse("email", &self.email, Email::parse);
        let username = fields.parse("username", &self.username, Username::parse);
        let display_name = fields.option("display_name", self.display_name.as_deref(), DisplayName::parse);
        let parsed = email.zip(username).zip(display_name);
        let ((email, username), display_name) = fields.all(parsed)?;
        context.app.rates.mail(&email, context.network())?;
        let invitation = self.invitation.map(|code| code.0);
        let sign_up = SignUp { email, password: self.password.0, username, display_name, invitation };
        registrations::register(context.backend(), sign_up, context.network()).await?;
        Ok(Registered { activation: Activation::Pending })
    }
}

impl Handle for Activate {
    async fn handle(self, context: &Context) -> Result<SignedIn, Refused> {
        let mut fields = Fields::default();
        let email = fields.parse("email", &self.email, Email::parse);
        let label = fields.option("label", self.label.as_deref(), SessionLabel::parse);
        let (email, label) = fields.all(email.zip(label))?;
        let guess = context.app.rates.guess_code(&email, context.network())?;
        let device = Device { label, address: address(context), persist: self.persist.unwrap_or(false) };
        let otp = self.otp.as_ref().map(|otp| otp.0.as_str());
        let opened = registrations::activate(context.backend(), &email, &self.code.0, otp, &device).await?;
        guess.succeeded();
        signed_in(context, opened)
    }
}

impl Handle for ResendActivation {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let email = field("email", &self.email, Email::parse)?;
        context.app.rates.mail(&email, context.network())?;
        Ok(registrations::resend(context.backend(), &email, context.network()).await?)
    }
}

impl Handle for RequestPasswordReset {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let email = field("email", &self.email, Email::parse)?;
        context.app.rates.mail(&email, context.network())?;
        Ok(passwords::request_reset(context.backend(), &email, context.network()).await?)
    }
}

impl Handle for CompletePasswordReset {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let email = field("email", &self.email, Email::parse)?;
        let guess = context.app.rates.guess_code(&email, context.network())?;
        let (code, password) = (&self.code.0, &self.password.0);
        passwords::reset(context.backend(), &email, code, password, context.network()).await?;
        guess.succeeded();
        Ok(())
    }
}

/// The address of a request, if it came from one.
pub(super) fn address(context: &Context) -> Option<String> {
    context.client.address().map(|address| address.to_string())
}
