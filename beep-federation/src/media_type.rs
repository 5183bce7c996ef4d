//! What bodies between backends are.

/// An answer.
pub(crate) const JSON: &str = "application/json";
/// A refusal (RFC 9457).
pub(crate) const PROBLEM: &str = "application/problem+json";
