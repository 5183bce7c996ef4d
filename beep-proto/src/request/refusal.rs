//! What serde says of a value that does not fit, kept as data for a person and a program to use.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use crate::problem::{ErrorCode, Problem};

/// Why a value does not fit.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Refused {
    /// The field inside of the value, where it is that which is missing or there twice.
    inside: Option<&'static str>,
    code: &'static str,
    detail: String,
}

impl Refused {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { inside: None, code, detail: detail.into() }
    }

    /// A whole number that is none of those that are wanted.
    pub(super) fn out_of_range(found: i128, wanted: &str) -> Self {
        Self::new("out_of_range", format!("invalid value: integer `{found}`, expected {wanted}"))
    }

    /// The refusal of the value at `path`, which is `.` for the whole.
    pub(super) fn at(self, path: &serde_path_to_error::Path) -> Problem {
        let whole = path.iter().next().is_none();
        match self.inside {
            Some(inside) if whole => Problem::field(inside, self.code, self.detail),
            Some(inside) => Problem::field(format!("{path}.{inside}"), self.code, self.detail),
            None if whole => Problem::new(ErrorCode::InvalidRequest, self.detail),
            None => Problem::field(path.to_string(), self.code, self.detail),
        }
    }
}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    /// What our own types say of a text.
    fn custom<T: Display>(said: T) -> Self {
        Self::new("malformed", cut(&said.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Unit => "null".to_owned(),
            Unexpected::Map => "object".to_owned(),
            Unexpected::Seq => "list".to_owned(),
            found => cut(&found.to_string()),
        };
        Self::new("type", format!("invalid type: {found}, expected {wanted}"))
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        let known = match known {
            [some @ .., last] if !some.is_empty() => format!("`{}` or `{last}`", some.join("`, `")),
            all => format!("`{}`", all.join("`, `")),
        };
        Self::new("unknown", format!("unknown variant `{}`, expected {known}", cut(found)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self { inside: Some(field), ..Self::new("missing", "is missing") }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self { inside: Some(field), ..Self::new("malformed", "is given twice") }
    }
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
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::super::{Argument, from};
    use super::*;
    use crate::id::Bare;
    use crate::view::Visibility;

    /// A value of every sort that operations have.
    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Sorts {
        a: Vec<Inner>,
        b: Box<Option<Sorts>>,
        channel: Option<Bare<beep_core::id::ChannelId>>,
        limit: u32,
        octets: u64,
        position: i32,
        since: i64,
        text: String,
        visibility: Option<Visibility>,
        yes: bool,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "only refusals are looked at")]
        content: String,
    }

    fn refused(value: Value) -> Problem {
        from::<Sorts, _>(Argument::Json(value)).expect_err("it does not fit")
    }

    #[test]
    fn reads_well() {
        let whole = "a whole number from 0 to 4294967295";
        for (value, field, code, detail) in [
            (json!({ "a": [{}] }), "a[0].content", "missing", "is missing"),
            (json!({ "b": { "a": [{}] } }), "b.a[0].content", "missing", "is missing"),
            (json!({ "text": 1 }), "text", "type", "invalid type: integer `1`, expected a string"),
            (json!({ "text": null }), "text", "type", "invalid type: null, expected a string"),
            (json!({ "yes": 1.5 }), "yes", "type", "invalid type: floating point `1.5`, expected a boolean"),
            (
                json!({ "limit": "x, expected u32" }),
                "limit",
                "type",
                &format!("invalid type: string \"x, expected u32\", expected {whole}"),
            ),
            (
                json!({ "limit": -1 }),
                "limit",
                "out_of_range",
                &format!("invalid value: integer `-1`, expected {whole}"),
            ),
            (
                json!({ "position": 2_147_483_648_i64 }),
                "position",
                "out_of_range",
                "invalid value: integer `2147483648`, expected a whole number from -2147483648 to 2147483647",
            ),
            (
                json!({ "octets": -1 }),
                "octets",
                "out_of_range",
                "invalid value: integer `-1`, expected a whole number from 0 to 18446744073709551615",
            ),
            (json!({ "b": { "a": {} } }), "b.a", "type", "invalid type: object, expected a list"),
            (json!({ "b": [] }), "b", "type", "invalid type: list, expected an object"),
            (
                json!({ "visibility": "x" }),
                "visibility",
                "unknown",
                "unknown variant `x`, expected `public` or `private`",
            ),
            (json!({ "visibility": true }), "visibility", "type", "invalid type: boolean `true`, expected a string"),
            (json!({ "channel": "x" }), "channel", "malformed", "must be a UUID"),
        ] {
            let error = refused(value).errors.remove(0);
            assert_eq!((error.field.as_str(), error.code.as_str(), error.detail.as_str()), (field, code, detail));
        }
    }

    #[test]
    fn of_a_field_that_is_missing_or_there_twice_it_has_the_name() {
        let missing = from::<Inner, _>(Argument::Json(json!({}))).expect_err("it does not fit").errors.remove(0);
        assert_eq!(
            (missing.field.as_str(), missing.code.as_str(), missing.detail.as_str()),
            ("content", "missing", "is missing")
        );
        let twice = [("limit", Argument::Text("1")), ("limit", Argument::Text("2"))].into_iter();
        let twice = from::<Sorts, _>(serde::de::value::MapDeserializer::new(twice)).expect_err("it does not fit");
        let twice = &twice.errors[0];
        assert_eq!(
            (twice.field.as_str(), twice.code.as_str(), twice.detail.as_str()),
            ("limit", "malformed", "is given twice")
        );
    }

    #[test]
    fn long_texts_come_back_short() {
        let long = "é".repeat(4_000);
        let detail = refused(json!({ "limit": long })).detail;
        assert!(detail.chars().count() < 200 && detail.contains("…, expected a whole number"), "{detail}");
        let detail = refused(json!({ "visibility": long })).detail;
        assert!(detail.chars().count() < 200 && detail.contains("…`, expected `public`"), "{detail}");
    }

    #[test]
    fn of_the_whole_it_names_no_field() {
        let problem = refused(json!([]));
        assert_eq!(problem.errors, []);
        assert_eq!(problem.detail, "invalid type: list, expected an object");
    }
}
