//! How many descriptors the system lets the process have.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the number of descriptors to what the system allows, and gives that number: each connection takes one, and
/// the usual limit of 1,024 is for programs that poll with `select`.
pub(super) fn raise() -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return USUAL };
    let raised = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(error) => {
            tracing::warn!(%error, soft, hard, "the number of file descriptors could not be raised");
            soft
        }
    };
    usize::try_from(raised).unwrap_or(usize::MAX)
}

const USUAL: usize = 1_024;
