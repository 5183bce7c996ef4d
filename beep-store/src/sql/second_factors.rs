//! Second factors, and those that were begun.

use async_trait::async_trait;
use beep_core::id::UserId;
use beep_core::port::{SecondFactors, StoreError};
use beep_core::second_factor::{RecoveryCodes, SecondFactor, SecondFactorSetup};
use beep_core::totp::TotpSecret;

use super::SqlStore;
use super::arg::{Arg, args};
use super::row::Columns;
use super::table::{self, Stored, Table};

#[async_trait]
impl SecondFactors for SqlStore {
    async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &user).await
    }

    async fn second_factor_setup(&self, user: UserId) -> Result<Option<SecondFactorSetup>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &user).await
    }
}

static FACTORS: Table = Table::new("second_factor", &["user_id"], &["secret", "last_step", "recovery"]);

impl Stored for SecondFactor {
    fn table() -> &'static Table {
        &FACTORS
    }

    fn key(user: &Self::Key) -> Vec<Arg<'_>> {
        args![*user].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        args![self.user, self.secret.octets().as_slice(), self.last_step, self.recovery.octets()].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let (user, secret, last_step) = (columns.id()?, TotpSecret::new(columns.octets()?), columns.int()?);
        let recovery = RecoveryCodes::from_octets(columns.bytes()?);
        let recovery = recovery.ok_or_else(|| columns.unfit("recovery codes of another length"))?;
        Ok(Self { user, secret, last_step, recovery })
    }
}

static SETUPS: Table = Table::new("second_factor_setup", &["user_id"], &["session_id", "secret", "expires_at"]);

impl Stored for SecondFactorSetup {
    fn table() -> &'static Table {
        &SETUPS
    }

    fn key(user: &Self::Key) -> Vec<Arg<'_>> {
        args![*user].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        args![self.user, self.session, self.secret.octets().as_slice(), self.expires_at].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            user: columns.id()?,
            session: columns.id()?,
            secret: TotpSecret::new(columns.octets()?),
            expires_at: columns.time()?,
        })
    }
}
