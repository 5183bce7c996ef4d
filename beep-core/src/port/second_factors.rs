//! Second factors.

use async_trait::async_trait;

use crate::id::UserId;
use crate::port::StoreError;
use crate::record::Record;
use crate::second_factor::{SecondFactor, SecondFactorSetup};

/// Second factors.
#[async_trait]
pub trait SecondFactors {
    /// The second factor of an account.
    async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, StoreError>;
    /// The one that an account has begun to set up.
    async fn second_factor_setup(&self, user: UserId) -> Result<Option<SecondFactorSetup>, StoreError>;
}

impl Record for SecondFactor {
    type Key = UserId;
}

impl Record for SecondFactorSetup {
    type Key = UserId;
}
