//! Kept files: what an earlier release wrote.
//!
//! They are written once, by running the tests with `BEEP_WRITE_FIXTURES=1`, and then never again: a file that
//! is there is not touched. Deleting one is saying that the format may break.

use std::path::PathBuf;

/// The octets kept under `path`; `made` becomes them when there are none and writing is asked for.
pub(crate) fn octets(path: &str, made: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path);
    if !file.exists() && std::env::var_os("BEEP_WRITE_FIXTURES").is_some() {
        std::fs::create_dir_all(file.parent().expect("it is in a folder")).expect("made");
        std::fs::write(&file, made()).expect("written");
    }
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Compares a value with the kept one; the order of members does not count.
pub(crate) fn same(path: &str, made: &serde_json::Value) {
    let kept = octets(path, || format!("{made:#}\n").into_bytes());
    let kept: serde_json::Value = serde_json::from_slice(&kept).expect("JSON");
    assert_eq!(*made, kept, "{path} is what others read: it may gain members, by hand, and lose none");
}
