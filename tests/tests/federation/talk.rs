//! People who talk while things break, and what must be true of it afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

use beep_client::{ChannelId, Client, Error, ErrorCode, Full, messages};
use tokio::sync::watch;

use crate::within;

/// Sends messages, one after the other, each until it is answered, at least so many and until it is calm; gives the id
/// that each was answered with.
pub(crate) async fn talk(
    client: Client,
    name: String,
    channel: Full<ChannelId>,
    least: usize,
    sent: watch::Sender<usize>,
    calm: watch::Receiver<bool>,
) -> BTreeMap<String, String> {
    let mut answered = BTreeMap::new();
    for number in 0.. {
        if number >= least && *calm.borrow() {
            break;
        }
        let text = format!("{name} says {number}");
        let asking = async {
            loop {
                let asked = messages::Send::new(&channel, text.as_str()).nonce(text.as_str());
                match client.messages().send(asked).await {
                    Ok(message) => return message,
                    // Sent or not: with the nonce, asking again does no harm. Whoever is told that the owner is not
                    // there asks again after a moment, as a person would.
                    Err(Error::Transport(_)) => {}
                    Err(Error::Refused(refusal)) if refusal.problem.code == ErrorCode::RemoteUnavailable => {}
                    Err(error) => panic!("`{text}` is not sent: {error}"),
                }
                tokio::time::sleep(MOMENT).await;
            }
        };
        let message = within(&format!("`{text}` is answered"), asking).await;
        assert_eq!(message.content, text);
        answered.insert(text, message.id.to_string());
        sent.send_modify(|sent| *sent += 1);
    }
    answered
}

/// The whole history of a channel as its owner keeps it, oldest first: ids and contents.
pub(crate) async fn history(client: &Client, channel: &Full<ChannelId>) -> Vec<(String, String)> {
    let history = beep_tests::history(client, channel).await;
    history.into_iter().map(|message| (message.id.to_string(), message.content)).collect()
}

/// Holds a history against what was answered: each message once, with the id of its answer.
pub(crate) fn holds_once(history: &[(String, String)], answered: &BTreeMap<String, String>) {
    let kept: BTreeMap<_, _> = history.iter().map(|(id, content)| (content.clone(), id.clone())).collect();
    assert_eq!(kept.len(), history.len(), "a message is there twice");
    let gone: Vec<_> = answered.iter().filter(|(text, id)| kept.get(*text) != Some(id)).collect();
    assert!(gone.is_empty(), "answered and not there: {gone:?}");
}

/// Asserts that somebody was told the same story as the owner has kept.
pub(crate) fn same_story(name: &str, told: &[(String, String)], kept: &[(String, String)]) {
    let at = told.iter().zip(kept).take_while(|(told, kept)| told == kept).count();
    assert!(
        told == kept,
        "{name} was told {} messages of {}, another story from {at} on: {:?} and {:?}",
        told.len(),
        kept.len(),
        told.get(at),
        kept.get(at)
    );
}

const MOMENT: Duration = Duration::from_millis(50);
