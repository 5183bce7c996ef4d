//! The backend itself.

use super::operation;
use crate::view;

operation! {
    /// Says what backend this is and what its limits are.
    "backend.get", Get "/backend" => 200 view::Backend, Public, Read;
    Get {} + {}
}
