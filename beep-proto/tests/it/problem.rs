//! The codes of refusals, as the contract lists them.

use beep_proto::problem::{ErrorCode, Problem};

#[test]
fn codes_and_statuses_are_those_of_the_contract() {
    let contract = [
        ("invalid_request", 422),
        ("not_found", 404),
        ("unauthenticated", 401),
        ("token_expired", 401),
        ("invalid_credentials", 401),
        ("otp_required", 401),
        ("otp_invalid", 401),
        ("account_not_activated", 403),
        ("account_suspended", 403),
        ("permission_denied", 403),
        ("muted", 403),
        ("restricted", 403),
        ("server_suspended", 403),
        ("banned", 403),
        ("hierarchy", 403),
        ("conflict", 409),
        ("username_taken", 409),
        ("email_taken", 409),
        ("already_friends", 409),
        ("already_member", 409),
        ("last_administrator", 409),
        ("invitation_expired", 410),
        ("invitation_exhausted", 410),
        ("resync_required", 410),
        ("payload_too_large", 413),
        ("rate_limited", 429),
        ("internal", 500),
        ("federation_denied", 403),
        ("discovery_failure", 502),
        ("authentication_failure", 502),
        ("validation_error", 502),
        ("remote_unavailable", 503),
        ("remote_error", 502),
        ("misdirected", 421),
    ];
    for (text, status) in contract {
        let code: ErrorCode = serde_json::from_value(text.into()).expect("a code");
        assert_eq!((code.as_str(), code.status()), (text, status));
        assert_eq!(serde_json::to_value(code).expect("a text"), text);
        assert!(ErrorCode::ALL.contains(&code), "{text}");
    }
    assert_eq!(ErrorCode::ALL.len(), contract.len());
}

#[test]
fn a_code_of_a_newer_backend_is_unknown() {
    let mut problem = serde_json::to_value(Problem::new(ErrorCode::Conflict, "x")).expect("an object");
    problem["code"] = "moon_phase".into();
    let problem: Problem = serde_json::from_value(problem).expect("a problem");
    assert_eq!((problem.code, problem.status), (ErrorCode::Unknown, 409));
}

#[test]
fn a_refusal_holds_only_what_it_says() {
    let problem = serde_json::to_value(Problem::field("content", "too_long", "must have at most 4000 characters"));
    let expected = serde_json::json!({
        "type": "about:blank#invalid_request",
        "title": "The request is not valid",
        "status": 422,
        "detail": "`content`: must have at most 4000 characters",
        "code": "invalid_request",
        "errors": [{ "field": "content", "code": "too_long", "detail": "must have at most 4000 characters" }],
    });
    assert_eq!(problem.expect("an object"), expected);
}
