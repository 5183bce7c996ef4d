//! Telling the moderators of the backend.

use beep_core::id::ChannelId;

use super::operation;
use crate::id::Ref;
use crate::view::{Report, ReportKind};

operation! {
    /// Reports a message, a user or a server that the caller sees to the moderators of their own backend.
    ///
    /// Nothing of what it says is kept with the report. At most 100 reports of a user are unresolved at a time: `conflict`.
    Post "/reports" => 201 Report, idempotent = by_key;
    Create {
        /// What it is about.
        target: Reported,
        /// What is wrong with it, 1 to 512 characters.
        reason: String,
    } + {
        /// What else there is to say, 1 to 2,000 characters.
        comment: String,
    }
}

/// What is reported.
#[derive(Clone, Debug, serde::Deserialize, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reported {
    /// What it is.
    pub kind: ReportKind,
    /// Its id: of a message bare, of a user or server with its home if that is another backend.
    pub id: String,
    /// The channel of a message, and of nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<Ref<ChannelId>>,
}
