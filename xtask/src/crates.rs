//! `cargo xtask package`: what is published can be packaged, and builds from its package alone.

use crate::child;
use crate::failure::Outcome;
use crate::workspace::cargo;

/// The crates that are published, each after those that it needs.
pub(crate) const PUBLISHED: [&str; 6] =
    ["beep-core", "beep-proto", "beep-store", "beep-federation", "beep-server", "beep-client"];

/// Packages every published crate and builds each from its package, against the packages of the others.
///
/// The build reuses what the tests compiled of other people's crates, as far as the features agree.
pub(crate) fn package() -> Outcome {
    let mut command = cargo(["package", "--locked", "--allow-dirty"]);
    for name in PUBLISHED {
        command.args(["--package", name]);
    }
    // A package does not carry the workspace's profiles; this is the one that dependencies have there.
    child::run(command.env("CARGO_PROFILE_DEV_DEBUG", "false"))
}
