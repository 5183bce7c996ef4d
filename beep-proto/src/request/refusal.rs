//! What serde says of a value that does not fit, as a person and a program can use it.

use crate::problem::{ErrorCode, Problem};

/// Makes a refusal of what serde said about the value at `path`, which is `.` for the whole.
pub(super) fn refusal(path: &str, said: &str) -> Problem {
    // Of a field that is missing or there twice, serde gives the name in its message alone.
    for (begins, code, detail) in
        [("missing field `", "missing", "is missing"), ("duplicate field `", "malformed", "is there twice")]
    {
        if let Some(name) = said.strip_prefix(begins).and_then(|rest| rest.strip_suffix('`')) {
            let inside = path.strip_suffix(name).map_or(path, |outer| outer.trim_end_matches('.'));
            let field = if matches!(inside, "." | "") { name.to_owned() } else { format!("{inside}.{name}") };
            return Problem::field(field, code, detail);
        }
    }
    if path == "." {
        return Problem::new(ErrorCode::InvalidRequest, plainly(said));
    }
    Problem::field(path, code(said), plainly(said))
}

fn code(said: &str) -> &'static str {
    if said.starts_with("invalid type") {
        "type"
    } else if said.starts_with("invalid value: integer") {
        "out_of_range"
    } else if said.starts_with("unknown ") {
        "unknown"
    } else {
        "malformed"
    }
}

/// Says it without names of Rust types, and without repeating a long value.
fn plainly(said: &str) -> String {
    let Some((found, expected)) = said.rsplit_once(", expected ") else { return cut(said) };
    let found = match found {
        "invalid type: map" => "invalid type: object",
        "invalid type: sequence" => "invalid type: list",
        other => other,
    };
    let expected = match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" => "a whole number from 0",
        "i32" => "a whole number from -2147483648 to 2147483647",
        "i64" => "a whole number",
        "a map" => "an object",
        "a sequence" => "a list",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    format!("{}, expected {expected}", cut(found))
}

fn cut(text: &str) -> String {
    let mut characters = text.chars();
    let kept: String = characters.by_ref().take(MAX_CHARACTERS).collect();
    if characters.next().is_some() { kept + "…" } else { kept }
}

/// The most of a caller's own text that comes back in a refusal.
const MAX_CHARACTERS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_well() {
        for (path, said, field, code, detail) in [
            (".", "missing field `content`", "content", "missing", "is missing"),
            ("a[0]", "missing field `content`", "a[0].content", "missing", "is missing"),
            ("limit", "duplicate field `limit`", "limit", "malformed", "is there twice"),
            (
                "content",
                "invalid type: integer `1`, expected a string",
                "content",
                "type",
                "invalid type: integer `1`, expected a string",
            ),
            (
                "limit",
                "invalid type: string \"x, expected u32\", expected u32",
                "limit",
                "type",
                "invalid type: string \"x, expected u32\", expected a whole number from 0 to 4294967295",
            ),
            (
                "position",
                "invalid value: integer `2147483648`, expected i32",
                "position",
                "out_of_range",
                "invalid value: integer `2147483648`, expected a whole number from -2147483648 to 2147483647",
            ),
            ("a.b", "invalid type: map, expected a sequence", "a.b", "type", "invalid type: object, expected a list"),
            (
                "visibility",
                "unknown variant `x`, expected `public` or `private`",
                "visibility",
                "unknown",
                "unknown variant `x`, expected `public` or `private`",
            ),
            ("channel", "must be a UUID", "channel", "malformed", "must be a UUID"),
        ] {
            let error = refusal(path, said).errors.remove(0);
            assert_eq!((error.field.as_str(), error.code.as_str(), error.detail.as_str()), (field, code, detail));
        }
    }

    #[test]
    fn long_texts_come_back_short() {
        let said = format!("invalid type: string {:?}, expected u32", "é".repeat(4_000));
        let detail = refusal("limit", &said).detail;
        assert!(detail.chars().count() < 200 && detail.contains("…, expected a whole number"), "{detail}");
    }

    #[test]
    fn of_the_whole_it_names_no_field() {
        let problem = refusal(".", "invalid type: sequence, expected struct Send");
        assert_eq!(problem.errors, []);
        assert_eq!(problem.detail, "invalid type: list, expected an object");
    }
}
