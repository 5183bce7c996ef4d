//! Invitations to servers.

use beep_core::id::{InvitationId, SpaceId, UserId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::text::Secret;
use crate::time::Time;
use crate::view::{Invitation, InvitationPreview, Member};

operation! {
    /// Lists the invitations of a server; takes `manage_invitations`.
    Get "/servers/{server}/invitations" => 200 Page<Invitation>, owner = home_of(server);
    List {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// Invitations in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Where the part before ended.
        cursor: String,
    }
}

operation! {
    /// Makes an invitation code, or invites one person; takes `manage_invitations`.
    ///
    /// One person is told at once, also on another backend, and has one invitation to a server: a new one takes the place
    /// of the one before.
    Post "/servers/{server}/invitations" => 201 Invitation,
        idempotent = by_key, owner = home_of(server);
    Create {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// The one person that it is for; anybody who has the code if left out.
        user: Ref<UserId>,
        /// From when on it lets nobody in; never if left out.
        expires_at: Time,
        /// How many a code lets in at most, from 1; any number if left out.
        max_uses: u32,
    }
}

operation! {
    /// Revokes an invitation; takes `manage_invitations`.
    Delete "/servers/{server}/invitations/{invitation}" => 204 (),
        idempotent = by_key, owner = home_of(server);
    Revoke {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which invitation.
        invitation: Bare<InvitationId>,
    } + {}
}

operation! {
    /// Lists the invitations that are for the caller and let them in, also those of other backends.
    Get "/invitations" => 200 Page<Invitation>;
    Received {
    } + {
        /// Invitations in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Where the part before ended.
        cursor: String,
    }
}

operation! {
    /// Shows where an invitation leads; an expired, used up, revoked or unknown code answers `not_found`.
    Get "/invitations/{code}" => 200 InvitationPreview, access = Public, owner = home_of(code);
    Preview {
        /// The code.
        code: Secret,
    } + {}
}

operation! {
    /// Joins a server by invitation.
    ///
    /// One that does not let the caller in, or nobody any more, answers `not_found`, whatever the reason.
    Post "/invitations/{code}/accept" => 200 Member,
        idempotent = by_key, owner = home_of(code), effect = Enters;
    Accept {
        /// The code, or the id of an invitation for the caller.
        code: Secret,
    } + {}
}

operation! {
    /// Turns down an invitation that is for the caller.
    ///
    /// It is gone for the caller whether its backend answers or not.
    Post "/invitations/{code}/decline" => 204 (),
        idempotent = by_key, owner = home_of(code), effect = Declines;
    Decline {
        /// The id of the invitation, with `@` and its backend's domain: by the id alone only where no other has the same.
        code: Secret,
    } + {}
}
