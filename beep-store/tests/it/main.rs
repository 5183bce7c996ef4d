//! The suite on every store of this crate.
