//! What an entry that cannot be read is about, for who looks for the fault.

use beep_core::backend::inbound::about;
use beep_core::event::Stream;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::entry::StreamName;

/// Says what an entry is about without what it says: the type, stream and number of its event, as far as they can be read.
pub fn outline(entry: &str) -> String {
    let octets = entry.len();
    let Ok(Outline { event: Some(event) }) = serde_json::from_str::<Outline>(entry) else {
        return format!("{octets} octets that hold no event");
    };
    let kind: String = part(event.kind).unwrap_or_default();
    let stream = part::<StreamName>(event.stream).and_then(|stream| Stream::try_from(stream).ok());
    format!("{}, {octets} octets", about(&kind, stream.as_ref(), part(event.seq)))
}

/// Says where something is no JSON of the form that is asked for. What stands there is left out.
pub fn misfit(error: &serde_json::Error) -> String {
    format!("it has another form at line {}, column {}", error.line(), error.column())
}

fn part<T: DeserializeOwned>(raw: Option<Box<RawValue>>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

#[derive(Deserialize)]
struct Outline {
    event: Option<EventOutline>,
}

#[derive(Deserialize)]
struct EventOutline {
    #[serde(rename = "type")]
    kind: Option<Box<RawValue>>,
    stream: Option<Box<RawValue>>,
    seq: Option<Box<RawValue>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_names_what_an_entry_is_about_and_says_nothing_of_it() {
        let server = "01932c07-209d-7cc9-a31d-5f3a1f1c0f6b@b.example.com";
        for (entry, expected) in [
            (
                format!(
                    r#"{{"event":{{"type":"message.sung","stream":{{"server":"{server}"}},"seq":7,"data":"hush"}}}}"#
                ),
                format!("`message.sung` in server {server}, number 7, "),
            ),
            (r#"{"event":{"type":"hush, hush","seq":"hush"}}"#.to_owned(), "an event of no type, ".to_owned()),
            (r#"{"event":{"type":{"hush":1},"stream":"hush"}}"#.to_owned(), "an event of no type, ".to_owned()),
            (r#"{"state":"hush"}"#.to_owned(), String::new()),
            (r#""hush""#.to_owned(), String::new()),
        ] {
            let outline = outline(&entry);
            assert!(outline.starts_with(&expected) && outline.contains(" octets"), "{entry}: {outline}");
            assert!(!outline.contains("hush"), "{entry}: {outline}");
        }
    }

    #[test]
    fn a_misfit_says_where_and_not_what() {
        let error = serde_json::from_str::<u64>(r#""hush""#).expect_err("it is no number");
        assert!(error.to_string().contains("hush"));
        assert_eq!(misfit(&error), "it has another form at line 1, column 6");
    }
}
