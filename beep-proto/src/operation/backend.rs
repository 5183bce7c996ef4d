//! The backend itself.

use super::{operation, raw_operation};
use crate::view;

operation! {
    /// Describes the backend and its limits.
    Get "/backend" => 200 view::Backend, access = Public;
    Get {} + {}
}

raw_operation! {
    /// Gives this document.
    Get "/openapi.json" => 200 media("application/json"), access = Public;
    OpenApi {} + {}
}
