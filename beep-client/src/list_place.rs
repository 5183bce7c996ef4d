//! Where a channel is in the list of its server.

use beep_core::id::ChannelId;
use beep_proto::id::Full;
use beep_proto::view::{Channel, ChannelKind};

/// Orders the channels of a server: those in no category first, then each category with its channels; by position, and at equal
/// positions by age.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct ListPlace {
    category: Option<(i32, Full<ChannelId>)>,
    within: Option<(i32, Full<ChannelId>)>,
}

impl ListPlace {
    /// The place of a channel in a category, or in none.
    pub(crate) fn new(channel: &Channel, category: Option<&Channel>) -> Self {
        let of = |channel: &Channel| Some((channel.position, channel.id.clone()));
        match channel.kind {
            ChannelKind::Category => Self { category: of(channel), within: None },
            ChannelKind::Text | ChannelKind::Direct | ChannelKind::Group => {
                Self { category: category.and_then(of), within: of(channel) }
            }
        }
    }
}
