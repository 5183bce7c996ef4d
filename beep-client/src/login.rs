//! Signing in in two steps: the password first, then a code if the account asks for one.

use beep_proto::operation::sessions::Login;
use beep_proto::problem::ErrorCode;
use beep_proto::text::Secret;
use beep_proto::view::SelfUser;

use crate::{Client, Error};

/// What the password alone came to.
#[derive(Clone, Debug)]
pub enum LoginStep {
    /// The client is signed in.
    SignedIn(Box<SelfUser>),
    /// The account asks for a code of its second factor.
    SecondFactor(SecondStep),
}

/// A login whose password was right.
#[derive(Clone, Debug)]
pub struct SecondStep {
    client: Client,
    asked: Login,
}

impl SecondStep {
    /// Signs in with a code of the authenticator app, or a recovery code. It can be tried again with another one.
    ///
    /// # Errors
    /// `otp_invalid` if the code is wrong or was used before, `rate_limited`, and as [`Client::call`].
    pub async fn enter(&self, code: impl Into<Secret>) -> Result<SelfUser, Error> {
        Ok(self.client.call(self.asked.clone().otp(code)).await?.user)
    }
}

impl Client {
    /// Signs in with a password, and says whether the account asks for a code as well.
    ///
    /// # Errors
    /// `invalid_credentials`, `account_not_activated`, and as [`Self::call`].
    pub async fn login_in_steps(&self, with: Login) -> Result<LoginStep, Error> {
        match self.call(with.clone()).await {
            Ok(signed_in) => Ok(LoginStep::SignedIn(Box::new(signed_in.user))),
            Err(error) if error.code() == Some(ErrorCode::OtpRequired) => {
                Ok(LoginStep::SecondFactor(SecondStep { client: self.clone(), asked: with }))
            }
            Err(error) => Err(error),
        }
    }
}
