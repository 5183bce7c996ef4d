//! Invitations to servers.

use beep_core::id::{InvitationId, SpaceId, UserId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::text::Secret;
use crate::time::Time;
use crate::view::{Invitation, InvitationPreview, Member};

operation! {
    /// Lists the invitations of a server; needs `manage_invitations`.
    Get "/servers/{server}/invitations" => 200 Page<Invitation>, owner = home_of(server);
    List {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// Invitations in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Makes an invitation code, or invites one user; needs `manage_invitations`.
    ///
    /// A user is notified at once, on another backend too, and has at most one invitation to a server: a new one
    /// replaces the earlier one.
    Post "/servers/{server}/invitations" => 201 Invitation,
        idempotent = by_key, owner = home_of(server);
    Create {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// The invited user; everybody who has the code if left out.
        user: Ref<UserId>,
        /// When it expires; never if left out.
        expires_at: Time,
        /// How often a code can be used, at least 1; without limit if left out.
        max_uses: u32,
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Revokes an invitation; needs `manage_invitations`.
    Delete "/servers/{server}/invitations/{invitation}" => 204 (),
        idempotent = by_key, owner = home_of(server);
    Revoke {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which invitation.
        invitation: Bare<InvitationId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Lists the usable invitations of the caller, including those of other backends.
    Get "/invitations" => 200 Page<Invitation>;
    Received {
    } + {
        /// Invitations in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Shows the server of an invitation; an expired, used up, revoked or unknown code answers `not_found`.
    Get "/invitations/{code}" => 200 InvitationPreview, access = Public, owner = home_of(code);
    Preview {
        /// The code.
        code: Secret,
    } + {}
}

operation! {
    /// Joins a server with an invitation.
    ///
    /// An invitation that the caller cannot use answers `not_found`, whatever the reason.
    Post "/invitations/{code}/accept" => 200 Member,
        idempotent = by_key, owner = home_of(code), effect = Enters;
    Accept {
        /// The code, or the id of an invitation of the caller.
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
