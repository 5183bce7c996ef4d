//! Global roles and who holds them.

use beep_core::global_role::GlobalRole;
use beep_core::port::{GlobalRoleGrant, StoreError};

use super::arg::{Arg, args};
use super::row::Columns;
use super::table::{Stored, Table};

static TABLE: Table = Table::new("global_role", &["user_id", "role"], &[]);

impl Stored for GlobalRoleGrant {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key(grant: &Self) -> Vec<Arg<'_>> {
        args![grant.user, grant.role.name()].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        Self::key(self)
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let user = columns.id()?;
        let role = GlobalRole::named(columns.text()?).ok_or_else(|| columns.unfit("no global role"))?;
        Ok(Self { user, role })
    }
}
