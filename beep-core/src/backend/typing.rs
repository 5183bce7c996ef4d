//! Typing: telling those who look at a channel that somebody is writing.

use std::time::Duration;

use crate::backend::{Actor, Backend, Refusal, access, conversations};
use crate::id::ChannelKey;
use crate::permission::Permissions;
use crate::transient::{Transient, Typing};

/// Says that the actor is writing in a channel. It counts for [`LASTS`]; who writes on says it again.
///
/// # Errors
/// Those of [`access::with_messages`]; [`Refusal::Missing`] or [`Refusal::Muted`] for who may not
/// send there; [`Refusal::ContactDenied`] where the other side of a direct conversation takes nothing of the actor.
pub async fn start(backend: &Backend, actor: &Actor, channel: &ChannelKey) -> Result<(), Refusal> {
    let found = access::with_messages(backend, actor, channel).await?;
    found.require(Permissions::SEND_MESSAGES)?;
    if !conversations::is_written_to(backend, &found.inside.member.user, &found).await? {
        return Err(Refusal::ContactDenied);
    }
    let typing = Typing {
        channel: channel.clone(),
        space: found.channel.server,
        user: found.inside.member.user.clone(),
        until: backend.now().after(LASTS),
    };
    let remotes = backend.store.space_backends(&typing.space_key()).await?;
    for remote in remotes {
        backend.peers.tell(&remote, Transient::Typing(typing.clone()));
    }
    backend.live.tell(Transient::Typing(typing));
    Ok(())
}

/// How long somebody counts as writing.
pub const LASTS: Duration = Duration::from_secs(8);
