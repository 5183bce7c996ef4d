//! What was seen of a request before anything in it is believed.

use std::sync::Arc;

use beep_core::domain::Domain;

use crate::certificate::CertificateNames;
use crate::discovery::Discovery;
use crate::rejection::Rejection;

/// What TLS, HTTP and DNS said; all that [`crate::authorize`] needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The client's certificate; `None` unless its chain is good.
    pub certificate: Option<Certificate<'a>>,
    /// The head of the request.
    pub request: Request<'a>,
    /// What is known of the domain that [`Request::origin`] gives; `None` if the lookup failed or was not made.
    pub discovery: Option<&'a Discovery>,
}

/// The certificate that a client showed.
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    /// Its names.
    pub names: &'a CertificateNames,
    /// All of it, in DER.
    pub octets: &'a Arc<[u8]>,
}

/// The head of a request, as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Every value of the header `Wire-Origin-Domain`.
    pub origin_domain: &'a [&'a str],
    /// Every value of the header `Wire-Domain`, its old name.
    pub domain: &'a [&'a str],
    /// Every value of the header `Beep-Destination-Domain`.
    pub destination_domain: &'a [&'a str],
    /// The method, in the case in which it was sent.
    pub method: &'a str,
    /// The request target: the path and, if there was one, the query.
    pub path: &'a str,
    /// The octets of the body, if the head says how many.
    pub body_length: Option<u64>,
}

impl Request<'_> {
    /// The backend domain that the caller claims to be: what is to be looked up.
    ///
    /// It is said once. Under both names it must be the same; a second value under one name is refused, as
    /// whoever is in between may have read the other one.
    ///
    /// # Errors
    /// [`Rejection::NoOrigin`], [`Rejection::BadOrigin`] and [`Rejection::TwoOrigins`].
    pub fn origin(&self) -> Result<Domain, Rejection> {
        let read = |values: &[&str]| match values {
            [] => Ok(None),
            [one] => Domain::parse(one).map(Some).map_err(Rejection::BadOrigin),
            _ => Err(Rejection::TwoOrigins),
        };
        match (read(self.origin_domain)?, read(self.domain)?) {
            (None, None) => Err(Rejection::NoOrigin),
            (Some(one), Some(other)) if one != other => Err(Rejection::TwoOrigins),
            (Some(one), _) | (None, Some(one)) => Ok(one),
        }
    }

    /// Whether the request is for this backend. An SRV record may lead to a host that serves another domain, and what is
    /// meant for one backend must not be taken by another as said to it.
    ///
    /// # Errors
    /// [`Rejection::NoDestination`], and [`Rejection::Misdirected`] for any other or a second value.
    pub fn is_for(&self, own: &Domain) -> Result<(), Rejection> {
        match self.destination_domain {
            [] => Err(Rejection::NoDestination),
            [one] if Domain::parse(one).as_ref() == Ok(own) => Ok(()),
            _ => Err(Rejection::Misdirected(own.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beep_core::domain::DomainError;

    #[test]
    fn the_origin_is_said_once() {
        let bad = Err(Rejection::BadOrigin(DomainError::OneLabel));
        for (origin_domain, domain, expected) in [
            (&["a.example.com"][..], &[][..], Ok("a.example.com")),
            (&["A.Example.Com."], &[], Ok("a.example.com")),
            (&[], &["a.example.com"], Ok("a.example.com")),
            (&["a.example.com"], &["A.example.com"], Ok("a.example.com")),
            (&["a.example.com"], &["b.example.com"], Err(Rejection::TwoOrigins)),
            (&["a.example.com", "a.example.com"], &[], Err(Rejection::TwoOrigins)),
            (&["a.example.com"], &["a.example.com", "b.example.com"], Err(Rejection::TwoOrigins)),
            (&[], &[], Err(Rejection::NoOrigin)),
            (&["example"], &[], bad.clone()),
            (&["example"], &["a.example.com"], bad.clone()),
            (&["a.example.com"], &["example"], bad),
            (&["a.example.com, b.example.com"], &[], Err(Rejection::BadOrigin(DomainError::Label))),
            (&["10.0.0.1"], &[], Err(Rejection::BadOrigin(DomainError::Address))),
            (&[""], &[], Err(Rejection::BadOrigin(DomainError::Length))),
        ] {
            let request = Request {
                origin_domain,
                domain,
                destination_domain: &[],
                method: "POST",
                path: "/",
                body_length: None,
            };
            let origin = request.origin();
            assert_eq!(origin.as_ref().map(Domain::as_str), expected.as_ref().copied(), "{origin_domain:?} {domain:?}");
        }
    }

    #[test]
    fn a_request_is_for_one_backend() {
        let own = Domain::parse("own.example.com").expect("a domain");
        let other = || Err(Rejection::Misdirected(own.clone()));
        for (destination_domain, expected) in [
            (&["own.example.com"][..], Ok(())),
            (&["OWN.example.com."], Ok(())),
            (&[], Err(Rejection::NoDestination)),
            (&["a.example.com"], other()),
            (&["x.own.example.com"], other()),
            (&["own.example.com", "own.example.com"], other()),
            (&["own.example.com, own.example.com"], other()),
            (&[""], other()),
        ] {
            let request = Request {
                origin_domain: &[],
                domain: &[],
                destination_domain,
                method: "POST",
                path: "/",
                body_length: None,
            };
            assert_eq!(request.is_for(&own), expected, "{destination_domain:?}");
        }
    }
}
