//! What backends call each other for: the paths of the contract, each known by its whole text.

/// Declares the calls once: variant and path below `/federation/`.
macro_rules! rpcs {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal),+ $(,)?) => {
        /// A call between backends.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Rpc { $($(#[doc = $doc])+ $name),+ }

        impl Rpc {
            /// All calls of this release.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Component and name, as in `users/by-handle`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The call with this component and name, if there is one.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

rpcs! {
    /// Which versions the callee speaks; asked once per connection.
    Versions = "meta/versions",
    /// A user by their exact handle.
    UsersByHandle = "users/by-handle",
    /// The profiles of users.
    UsersByIds = "users/by-ids",
    /// Users by prefix, as far as their owner's policy lets them be found.
    UsersSearch = "users/search",
    /// Whether users are there, as far as the caller may hear of it.
    UsersPresence = "users/presence",
    /// Whether a user takes direct messages of one of the caller's, and may be added to groups by them.
    UsersContact = "users/contact",
    /// A friend request or its withdrawal.
    UsersConnect = "users/connect",
    /// A command by one of the caller's users on a resource of the callee.
    Execute = "commands/execute",
    /// A query by one of the caller's users on a resource of the callee.
    Run = "queries/run",
    /// What shows a server to one of the caller's users.
    ServerSnapshot = "servers/snapshot",
    /// Octets of an asset for a user who may see it.
    AssetsFetch = "assets/fetch",
    /// A batch of the caller's events for the callee's members.
    OnEvents = "events/on-events",
    /// What happens and is not stored: somebody is writing, comes or goes.
    OnTransient = "events/on-transient",
    /// Events of the callee that the caller has missed.
    EventsPull = "events/pull",
    /// A digest of membership and cursors, to be compared.
    EventsDigest = "events/digest",
}

impl Rpc {
    /// The path that is called.
    pub fn path(self) -> String {
        format!("{PREFIX}{}", self.name())
    }

    /// The call that a request target names: compared as a whole, so dots, escapes, empty segments, another case
    /// and a query are never anything but unknown.
    pub fn at(path: &str) -> Option<Self> {
        Self::named(path.strip_prefix(PREFIX)?)
    }
}

const PREFIX: &str = "/federation/";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_call_has_one_path_of_two_plain_segments() {
        let mut paths: Vec<String> = Rpc::ALL.iter().map(|rpc| rpc.path()).collect();
        for (rpc, path) in Rpc::ALL.iter().zip(&paths) {
            assert_eq!(Rpc::at(path), Some(*rpc));
            let segments: Vec<&str> = rpc.name().split('/').collect();
            let plain = |segment: &&str| segment.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            assert!(segments.len() == 2 && segments.iter().all(|one| !one.is_empty() && plain(one)), "{path}");
        }
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), 15);
    }

    #[test]
    fn other_paths_name_nothing() {
        for path in [
            "",
            "/",
            "/federation",
            "/federation/",
            "/federation/users",
            "/federation/users/",
            "/federation/users/by-handle/",
            "/federation/users/by-handle/x",
            "/federation/users//by-handle",
            "//federation/users/by-handle",
            "/federation//users/by-handle",
            "/federation/users/../users/by-handle",
            "/federation/./users/by-handle",
            "/federation/users/by%2Dhandle",
            "/federation/users%2Fby-handle",
            "/federation/users/by-handle?x=1",
            "/federation/users/by-handle?",
            "/federation/users/by-handle#x",
            "/federation/users/by-handle;x",
            "/federation/Users/by-handle",
            "/FEDERATION/users/by-handle",
            "/federation/users/by-handle ",
            "federation/users/by-handle",
            "https://own.example.com/federation/users/by-handle",
            "/federation/users/by-email",
            "/v1/federation/users/by-handle",
        ] {
            assert_eq!(Rpc::at(path), None, "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn a_path_that_names_a_call_is_its_path(at in 0..Rpc::ALL.len(), cut in 0usize..40, put in any::<char>()) {
            let rpc = Rpc::ALL[at];
            let mut path = rpc.path();
            let place = cut % (path.len() + 1);
            path.insert(place, put);
            prop_assert_eq!(Rpc::at(&path), None);
        }
    }
}
