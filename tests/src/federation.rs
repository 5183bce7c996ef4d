//! Several backends as the world sees them: certificates, names, wires that break, and peers that lie.

pub mod authority;
pub mod dns;
pub mod evil;
pub mod fake;
pub mod link;
pub mod peer;
pub mod realm;
