//! What must hold of the parsers of what strangers send, whatever they send.
//!
//! A target takes any octets, and panics when something does not hold; that the parser itself panics is the
//! plainest case. `cargo xtask fuzz` looks for such octets. What was once found lies in `seeds`, one folder
//! a target, and is tried again by every `cargo test`.

mod access_token;
mod cursor;
mod domain;
mod gateway;
mod id;
mod refresh_token;
mod request;
mod text;
mod time;

/// A parser and what must hold of it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, that of its folder in `seeds`.
    pub name: &'static str,
    /// Tries one input.
    ///
    /// # Panics
    /// When something does not hold.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: [Target; 10] = [
    Target { name: "access_token", run: access_token::run },
    Target { name: "cursor", run: cursor::run },
    Target { name: "domain", run: domain::run },
    Target { name: "gateway_json", run: gateway::json },
    Target { name: "gateway_protobuf", run: gateway::protobuf },
    Target { name: "id", run: id::run },
    Target { name: "refresh_token", run: refresh_token::run },
    Target { name: "request", run: request::run },
    Target { name: "text", run: text::run },
    Target { name: "time", run: time::run },
];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn seeds() -> impl Iterator<Item = std::fs::DirEntry> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
        std::fs::read_dir(folder).expect("seeds lie beside the targets").map(|entry| entry.expect("readable"))
    }

    #[test]
    fn every_target_has_seeds_and_the_other_way_round() {
        let mut folders: Vec<String> = seeds().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        folders.sort();
        assert_eq!(folders, TARGETS.map(|target| target.name.to_owned()));
    }

    #[test]
    fn every_seed_holds() {
        for folder in seeds() {
            let target = target(&folder.file_name().to_string_lossy()).expect("a target of this name");
            let mut tried = 0;
            for seed in std::fs::read_dir(folder.path()).expect("readable") {
                let path = seed.expect("readable").path();
                println!("{}", path.display()); // shown beside the panic
                (target.run)(&std::fs::read(&path).expect("readable"));
                tried += 1;
            }
            assert_ne!(tried, 0, "{} has no seed", target.name);
        }
    }
}
