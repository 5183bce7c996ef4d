//! The stored form of the changes of an audit entry.
//!
//! Each change is its field, its value before and its value since. A text is its length in octets as four octets, and then
//! itself; a value is an octet that says of which type it is, and then itself. Numbers are big-endian.

use beep_core::audit::{AuditChange, AuditChanges, AuditValue};
use beep_core::time::Timestamp;

/// Encodes changes.
pub(crate) fn encode(changes: &AuditChanges) -> Vec<u8> {
    let mut octets = Vec::new();
    for AuditChange { field, before, after } in changes.iter() {
        put_text(&mut octets, field);
        put_value(&mut octets, before.as_ref());
        put_value(&mut octets, after.as_ref());
    }
    octets
}

/// Decodes what [`encode`] made; none of anything else.
pub(crate) fn decode(mut octets: &[u8]) -> Option<AuditChanges> {
    let mut changes = Vec::new();
    while !octets.is_empty() {
        let field = text(&mut octets)?;
        let (before, after) = (value(&mut octets)?, value(&mut octets)?);
        changes.push(AuditChange { field, before, after });
    }
    Some(changes.into_iter().collect())
}

fn put_text(octets: &mut Vec<u8>, text: &str) {
    put_length(octets, text.len());
    octets.extend_from_slice(text.as_bytes());
}

fn put_length(octets: &mut Vec<u8>, length: usize) {
    octets.extend(u32::try_from(length).expect("texts and lists of a change are bounded").to_be_bytes());
}

fn put_value(octets: &mut Vec<u8>, value: Option<&AuditValue>) {
    match value {
        None => octets.push(NONE),
        Some(AuditValue::Text(text)) => {
            octets.push(TEXT);
            put_text(octets, text);
        }
        Some(AuditValue::Number(number)) => {
            octets.push(NUMBER);
            octets.extend(number.to_be_bytes());
        }
        Some(AuditValue::Flag(flag)) => octets.extend([FLAG, u8::from(*flag)]),
        Some(AuditValue::Time(time)) => {
            octets.push(TIME);
            octets.extend(time.millis().to_be_bytes());
        }
        Some(AuditValue::Names(names)) => {
            octets.push(NAMES);
            put_length(octets, names.len());
            names.iter().for_each(|name| put_text(octets, name));
        }
    }
}

fn value(octets: &mut &[u8]) -> Option<Option<AuditValue>> {
    let [kind] = take(octets)?;
    Some(Some(match kind {
        NONE => return Some(None),
        TEXT => AuditValue::Text(text(octets)?),
        NUMBER => AuditValue::Number(i64::from_be_bytes(take(octets)?)),
        FLAG => AuditValue::Flag(take::<1>(octets)? != [0]),
        TIME => AuditValue::Time(Timestamp::from_millis(i64::from_be_bytes(take(octets)?))),
        NAMES => {
            let count = u32::from_be_bytes(take(octets)?);
            AuditValue::Names((0..count).map(|_| text(octets)).collect::<Option<_>>()?)
        }
        _ => return None,
    }))
}

fn text(octets: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(u32::from_be_bytes(take(octets)?)).ok()?;
    let (text, rest) = octets.split_at_checked(length)?;
    *octets = rest;
    String::from_utf8(text.to_vec()).ok()
}

fn take<const N: usize>(octets: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = octets.split_first_chunk::<N>()?;
    *octets = rest;
    Some(*first)
}

const NONE: u8 = 0;
const TEXT: u8 = 1;
const NUMBER: u8 = 2;
const FLAG: u8 = 3;
const TIME: u8 = 4;
const NAMES: u8 = 5;

#[cfg(test)]
mod tests {
    use beep_core::permission::Permissions;

    use super::*;

    #[test]
    fn changes_come_back_as_they_were() {
        let changes = AuditChanges::new()
            .field("name", Some("old \u{1f980}"), Some(""))
            .field("position", Some(-3), Some(7))
            .field("hoist", None, Some(true))
            .field("muted_until", Some(Timestamp::from_millis(-1)), None)
            .field("permissions", Some(Permissions::all()), Some(Permissions::empty()));
        let octets = encode(&changes);
        assert_eq!(decode(&octets), Some(changes));
        assert_eq!(decode(&[]), Some(AuditChanges::new()));
    }

    #[test]
    fn what_is_cut_or_of_no_type_is_not_read() {
        let octets =
            encode(&AuditChanges::new().field("permissions", Some(Permissions::all()), Some(Permissions::empty())));
        for end in 1..octets.len() {
            assert_eq!(decode(&octets[..end]), None, "{end}");
        }
        let huge = [&[0, 0, 0, 0, NAMES][..], &[0xff; 4]].concat();
        assert_eq!(decode(&huge), None);
        assert_eq!(decode(&[0, 0, 0, 0, 9, NONE]), None);
    }
}
