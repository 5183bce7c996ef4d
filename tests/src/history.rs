//! What a channel holds, all of it.

use beep_client::view::Message;
use beep_client::{ChannelId, Client, Full, messages};

/// The whole history of a channel as its owner keeps it, oldest first.
pub async fn history(client: &Client, channel: &Full<ChannelId>) -> Vec<Message> {
    let mut history: Vec<Message> = Vec::new();
    loop {
        let mut asked = messages::List::new(channel).limit(100u32);
        if let Some(oldest) = history.last() {
            asked = asked.before(oldest.id);
        }
        let page = client.messages().list(asked).await.expect("the history can be read");
        if page.items.is_empty() {
            history.reverse();
            return history;
        }
        history.extend(page.items);
    }
}
