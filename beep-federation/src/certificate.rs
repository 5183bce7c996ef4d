//! Whose certificate it is: the names in it, and which hosts they cover.
//!
//! Names are the DNS names among the subject alternative names, nothing else: the caller leaves out the common
//! name and addresses. That the chain is good is for TLS to say before.

use std::fmt;

use beep_core::domain::Domain;

/// The names of one certificate.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CertificateNames(Vec<CertificateName>);

impl CertificateNames {
    /// Reads the DNS names of a certificate; those that are no [`CertificateName`] cover nothing.
    pub fn read<'a>(dns_names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(dns_names.into_iter().filter_map(CertificateName::parse).collect())
    }

    /// Whether one of the names covers a host.
    pub fn cover(&self, host: &Domain) -> bool {
        self.0.iter().any(|name| name.covers(host))
    }

    /// The names that were readable, in their order.
    pub fn names(&self) -> &[CertificateName] {
        &self.0
    }
}

/// One DNS name of a certificate; compared in lower case and without a trailing dot.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CertificateName {
    /// Covers this host alone.
    Host(Domain),
    /// `*.` and this domain: covers every host with exactly one more label.
    Below(Domain),
}

impl CertificateName {
    /// Reads a DNS name; `None` for anything that could cover no backend's host.
    ///
    /// `*` stands for a whole leftmost label and for nothing else, and a domain of at least two labels follows
    /// it (RFC 9525, 6.3, and what rustls asks of servers), so `*.com`, `f*.example.com` and `*` are refused.
    pub fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix("*.") {
            Some(domain) => Domain::parse(domain).ok().map(Self::Below),
            None => Domain::parse(name).ok().map(Self::Host),
        }
    }

    /// Whether it covers a host.
    pub fn covers(&self, host: &Domain) -> bool {
        match self {
            Self::Host(name) => name == host,
            Self::Below(domain) => host.as_str().split_once('.').is_some_and(|(_, rest)| rest == domain.as_str()),
        }
    }
}

impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => write!(f, "{name}"),
            Self::Below(domain) => write!(f, "*.{domain}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn domain(text: &str) -> Domain {
        Domain::parse(text).expect("a domain")
    }

    #[test]
    fn a_name_covers_what_the_contract_says() {
        for (name, host, covered) in [
            ("federator.a.example.com", "federator.a.example.com", true),
            ("Federator.A.Example.COM", "federator.a.example.com", true),
            ("federator.a.example.com", "FEDERATOR.a.example.com", true),
            ("federator.a.example.com.", "federator.a.example.com", true),
            ("federator.a.example.com", "federator.a.example.com.", true),
            ("a.example.com", "federator.a.example.com", false),
            ("federator.a.example.com", "a.example.com", false),
            ("federator.a.example.com", "federator.b.example.com", false),
            ("*.a.example.com", "federator.a.example.com", true),
            ("*.A.example.com.", "federator.a.example.com", true),
            ("*.a.example.com", "a.example.com", false),
            ("*.a.example.com", "x.federator.a.example.com", false),
            ("*.example.com", "federator.a.example.com", false),
            ("*.a.example.com", "federator.xa.example.com", false),
            ("*.a.example.com", "federatora.example.com", false),
            ("*.localhost", "federator.localhost", true),
        ] {
            let names = CertificateNames::read([name]);
            assert_eq!(names.cover(&domain(host)), covered, "{name} and {host}");
        }
    }

    #[test]
    fn what_is_no_name_covers_nothing() {
        for name in [
            "",
            "*",
            ".",
            "*.",
            "*.com",
            "*.*.example.com",
            "f*.example.com",
            "*f.example.com",
            "a.*.example.com",
            "a.example.com..",
            ".a.example.com",
            "*..example.com",
            "10.0.0.1",
            "*.0.0.1",
            "a.example.com\0.evil.example",
            "bücher.example",
            " a.example.com",
        ] {
            assert_eq!(CertificateName::parse(name), None, "{name:?}");
        }
    }

    #[test]
    fn one_name_of_several_is_enough() {
        let names = CertificateNames::read(["*", "b.example.com", "*.a.example.com"]);
        assert_eq!(names.names().len(), 2);
        assert!(names.cover(&domain("federator.a.example.com")));
        assert!(names.cover(&domain("b.example.com")));
        assert!(!names.cover(&domain("c.example.com")));
        assert!(!CertificateNames::default().cover(&domain("a.example.com")));
    }

    /// Few labels, so that names and hosts often meet.
    fn labels(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<String>> {
        let label = proptest::sample::select(vec!["a", "b", "ab", "xn--bcher-kva", "0"]);
        (proptest::collection::vec(label, count), Just("example")).prop_map(|(mut labels, top)| {
            labels.push(top);
            labels.into_iter().map(str::to_owned).collect()
        })
    }

    /// The labels as a name, in any case and with or without a trailing dot.
    fn spelled(labels: Vec<String>) -> impl Strategy<Value = (Vec<String>, String)> {
        let plain = labels.join(".");
        let upper = proptest::collection::vec(any::<bool>(), plain.len());
        (upper, any::<bool>()).prop_map(move |(upper, dot)| {
            let case = |(c, upper): (char, bool)| if upper { c.to_ascii_uppercase() } else { c };
            let mut name: String = plain.chars().zip(upper).map(case).collect();
            if dot {
                name.push('.');
            }
            (labels.clone(), name)
        })
    }

    proptest! {
        #[test]
        fn matching_is_matching_of_labels(
            (name, name_text) in (any::<bool>(), labels(1..4)).prop_flat_map(|(wild, mut labels)| {
                if wild {
                    labels.insert(0, "*".to_owned());
                }
                spelled(labels)
            }),
            (host, host_text) in labels(1..5).prop_flat_map(spelled),
        ) {
            let expected = name.len() == host.len()
                && name.iter().zip(&host).enumerate().all(|(at, (name, host))| name == host || (at == 0 && name == "*"));
            prop_assert_eq!(CertificateNames::read([&*name_text]).cover(&domain(&host_text)), expected);
        }

        #[test]
        fn a_wildcard_covers_every_single_label_and_no_other_depth(
            label in "[a-z0-9]{1,63}",
            more in "[a-z0-9]{1,20}",
        ) {
            let name = CertificateName::parse("*.a.example.com").expect("a name");
            let below = domain(&format!("{label}.a.example.com"));
            let deeper = domain(&format!("{more}.{label}.a.example.com"));
            prop_assert!(name.covers(&below));
            prop_assert!(!name.covers(&deeper));
        }

        #[test]
        fn no_text_panics(name in any::<String>()) {
            let read = CertificateNames::read([&*name]);
            prop_assert!(read.names().len() <= 1);
        }
    }
}
