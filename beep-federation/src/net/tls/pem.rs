//! Files of PEM, as editors and authorities write them.

use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The certificates in a file.
///
/// # Errors
/// Says what is wrong with the file, or that there is none in it.
pub fn certificates(file: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bare(file)).collect();
    match read {
        Ok(certificates) if certificates.is_empty() => Err("it contains no certificate".to_owned()),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(spelled(&error).to_owned()),
    }
}

/// The first private key in a file.
///
/// # Errors
/// As above.
pub(super) fn key(file: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    const ENCRYPTED: &[u8] = b"ENCRYPTED";
    PrivateKeyDer::from_pem_slice(bare(file)).map_err(|error| {
        let is_encrypted = file.windows(ENCRYPTED.len()).any(|octets| octets == ENCRYPTED);
        match error {
            Error::NoItemsFound if is_encrypted => "its key is encrypted: write it without a passphrase".to_owned(),
            Error::NoItemsFound => "it contains no private key".to_owned(),
            error => spelled(&error).to_owned(),
        }
    })
}

/// A file without the byte order mark that some editors put before it.
fn bare(file: &[u8]) -> &[u8] {
    file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file)
}

fn spelled(error: &Error) -> &'static str {
    match error {
        Error::MissingSectionEnd { .. } => "it breaks off: a line with `-----END` is missing",
        Error::Base64Decode(_) => "the text between its `-----` lines is not base64",
        _ => "it is not a PEM file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

    #[test]
    fn files_are_read_however_they_were_written() {
        let both = format!("\u{feff}Bag Attributes\r\n  name: b\r\n{KEY}\r\n{}", CERTIFICATE.replace('\n', "\r\n"));
        assert_eq!(certificates(both.as_bytes()).map(|read| read.len()), Ok(1));
        assert!(key(both.as_bytes()).is_ok());
        assert!(key(format!("\u{feff}{}", KEY.trim_end()).as_bytes()).is_ok());
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        for (file, why) in [
            ("", "contains no private key"),
            ("\u{feff}", "contains no private key"),
            (CERTIFICATE, "contains no private key"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n", "breaks off"),
            ("-----BEGIN PRIVATE KEY-----\n????\n-----END PRIVATE KEY-----\n", "is not base64"),
            (
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
                "without a passphrase",
            ),
        ] {
            let said = key(file.as_bytes()).expect_err("there is no key");
            assert!(said.contains(why), "{file:?}: {said}");
        }
        assert!(certificates(KEY.as_bytes()).expect_err("there is none").contains("no certificate"));
        assert!(certificates(b"0\x82\x01").expect_err("it is DER").contains("no certificate"));
    }
}
