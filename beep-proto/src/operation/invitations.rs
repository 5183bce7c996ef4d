//! Invitations to servers.

use beep_core::id::{InvitationId, ServerId, UserId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::time::Time;
use crate::view::{Invitation, InvitationPreview, Member};

operation! {
    /// Lists the invitations of a server; takes `manage_invitations`.
    "invitations.list", Get "/servers/{server}/invitations" => 200 Page<Invitation>, Member, Read;
    List {
        /// Which server.
        server: Ref<ServerId>,
    } + {
        /// Invitations in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Where the part before ended.
        cursor: String,
    }
}

operation! {
    /// Makes an invitation code; takes `manage_invitations`.
    "invitations.create", Post "/servers/{server}/invitations" => 201 Invitation, Member, Write;
    Create {
        /// Which server.
        server: Ref<ServerId>,
    } + {
        /// The one person that it is for; refused with `unknown` by a backend that makes codes alone.
        user: Ref<UserId>,
        /// From when on it lets nobody in; never if left out.
        expires_at: Time,
        /// How many it lets in at most, from 1; any number if left out.
        max_uses: u32,
    }
}

operation! {
    /// Revokes an invitation; takes `manage_invitations`.
    "invitations.revoke", Delete "/servers/{server}/invitations/{invitation}" => 204 (), Member, Write;
    Revoke {
        /// Which server.
        server: Ref<ServerId>,
        /// Which invitation.
        invitation: Bare<InvitationId>,
    } + {}
}

operation! {
    /// Shows where an invitation leads; an expired, used up, revoked or unknown code answers `not_found`.
    "invitations.preview", Get "/invitations/{code}" => 200 InvitationPreview, Public, Read;
    Preview {
        /// The code.
        code: String,
    } + {}
}

operation! {
    /// Joins a server by invitation.
    ///
    /// A code that lets nobody in any more answers `not_found`, whatever the reason.
    "invitations.accept", Post "/invitations/{code}/accept" => 200 Member, Member, Write;
    Accept {
        /// The code.
        code: String,
    } + {}
}
