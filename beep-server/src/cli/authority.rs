//! A private authority: it vouches for the certificates that backends show each other.
//!
//! Public authorities no longer issue certificates for clients, so each operator makes their own, or one that all of them
//! trust. All files are private, and none is overwritten but a certificate that is renewed. Contract: federation,
//! "Authentication".

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::port::{Clock, Entropy};
use beep_core::time::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SerialNumber,
};
use time::OffsetDateTime;

use super::certificate::{Certificate, DAY, date};
use crate::StartError;
use crate::world::{SystemClock, SystemEntropy};

/// The folder of an authority, and of what it issued.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Names the folder, by its whole path: it is what people copy into their settings.
    pub(super) fn new(path: &Path) -> Result<Self, StartError> {
        let whole = std::path::absolute(path);
        whole.map(Self).map_err(|error| StartError(format!("{}: {error}", path.display())))
    }

    /// The authority's certificate.
    pub(super) fn authority(&self) -> PathBuf {
        self.0.join("authority.pem")
    }

    /// What all backends' certificates are held against.
    pub(super) fn trust_roots(&self) -> PathBuf {
        self.0.join("trust-roots.pem")
    }

    fn authority_key(&self) -> PathBuf {
        self.0.join("authority-key.pem")
    }

    fn certificate(&self, host: &Domain) -> PathBuf {
        self.0.join(format!("{host}.pem"))
    }

    fn key(&self, host: &Domain) -> PathBuf {
        self.0.join(format!("{host}-key.pem"))
    }

    /// Makes the folder, for its owner alone.
    pub(super) fn make(&self) -> Result<(), StartError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
        made.map_err(|error| StartError(format!("{}: {error}", self.0.display())))
    }
}

/// Makes an authority, and says what to do next.
pub(super) fn init(folder: &Folder, domains: &[Domain]) -> Result<String, StartError> {
    let (certificate, key) = (folder.authority(), folder.authority_key());
    if let Some(there) = [&certificate, &key].into_iter().find(|path| path.exists()) {
        let why = "exists already, and other operators may trust it; choose another folder with `--dir`";
        return Err(StartError(format!("{} {why}", there.display())));
    }
    folder.make()?;
    let now = SystemClock.now();
    let mark: String = random::<4>().iter().map(|octet| format!("{octet:02x}")).collect();
    let whose = domains.first().map(|domain| format!(" of {domain}")).unwrap_or_default();
    let mut params = params(&format!("Beep authority{whose} {mark}"), now, AUTHORITY_LIFE)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    if !domains.is_empty() {
        let permitted = domains.iter().map(|domain| GeneralSubtree::DnsName(domain.to_string()));
        params.name_constraints =
            Some(NameConstraints { permitted_subtrees: permitted.collect(), excluded_subtrees: Vec::new() });
    }
    let pair = KeyPair::generate().map_err(making)?;
    let made = params.self_signed(&pair).map_err(making)?;
    write_new(&key, &pair.serialize_pem())?;
    write_new(&certificate, &made.pem())?;
    let [authority] = &Certificate::read(&certificate)?[..] else {
        return Err(StartError(format!("{} does not hold what was written", certificate.display())));
    };
    let scope = authority.scope.as_ref().map(ToString::to_string).unwrap_or_default();
    let limit = if domains.is_empty() {
        "\nWho trusts it trusts it for every domain: `--for DOMAIN` limits an authority to the names of one domain.\n"
    } else {
        "\n"
    };
    Ok(format!(
        "made the authority `{}`, for {scope}, until {}\n  certificate  {}\n  key          {}\n  SHA-256      {}\n{limit}\
         Whoever has the key can impersonate your backend: keep it secret, and keep a copy in a safe place.\n\
         Next: `beep-server federation ca issue <infra domain>`, the host that serves your backend.\n",
        authority.subject,
        date(authority.until),
        certificate.display(),
        key.display(),
        authority.fingerprint(),
    ))
}

/// Issues a certificate for a host, or renews it, and says what to do next.
pub(super) fn issue(folder: &Folder, host: &Domain, new_key: bool) -> Result<String, StartError> {
    let authority_path = folder.authority();
    if !authority_path.exists() {
        let why =
            "there is no authority; make one with `beep-server federation ca init`, or give its folder with `--dir`";
        return Err(StartError(format!("{}: {why}", authority_path.display())));
    }
    let chain = Certificate::read(&authority_path)?;
    let authority = chain.first().filter(|first| first.scope.is_some());
    let no_authority = || StartError(format!("{} is not the certificate of an authority", authority_path.display()));
    let authority = authority.ok_or_else(no_authority)?;
    if let Some(scope) = authority.scope.as_ref().filter(|scope| !scope.covers(host)) {
        return Err(StartError(format!("the authority is limited to {scope}, which does not include `{host}`")));
    }
    let now = SystemClock.now();
    if authority.until <= now {
        return Err(StartError(format!("the authority expired on {}: make a new one", date(authority.until))));
    }
    let issuer = Issuer::from_ca_cert_der(authority.der(), read_key(&folder.authority_key())?).map_err(making)?;
    let (certificate, key) = (folder.certificate(host), folder.key(host));
    let keeps = key.exists() && !new_key;
    let pair = if keeps { read_key(&key)? } else { KeyPair::generate().map_err(making)? };
    let mut params = params(host.as_str(), now, authority.until.since(now).min(LIFE))?;
    params.subject_alt_names = CertificateParams::new([host.to_string()]).map_err(making)?.subject_alt_names;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let issued = params.signed_by(&pair, &issuer).map_err(making)?;
    if !keeps {
        replace(&key, &pair.serialize_pem())?;
    }
    let renewed = certificate.exists();
    replace(&certificate, &issued.pem())?;
    let until = now.after(authority.until.since(now).min(LIFE));
    let mut said = format!(
        "{} the certificate for {host}, {}, valid until {}: renew it with the same command before {}\n\n\
         In the settings of the backend:\n\n  [federation]\n  certificate = \"{}\"\n  key = \"{}\"\n\n",
        if renewed { "renewed" } else { "issued" },
        if keeps { "with the existing key" } else { "with a new key" },
        date(until),
        date(until.before(30 * DAY)),
        certificate.display(),
        key.display(),
    );
    said.push_str(if renewed {
        "A running backend that uses these files loads the new ones by itself.\n"
    } else {
        "The user of the backend must be able to read both files; nobody else may read the key.\n\
         Next: `beep-server federation ca bundle` with the authorities of the other backends.\n"
    });
    Ok(said)
}

/// What any certificate has.
fn params(name: &str, now: Timestamp, life: Duration) -> Result<CertificateParams, StartError> {
    let at = |time: Timestamp| {
        let read = OffsetDateTime::from_unix_timestamp(time.millis().div_euclid(1000));
        read.map_err(|_| StartError("the clock is wrong: set it first".to_owned()))
    };
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params.not_before = at(now.before(SKEW))?;
    params.not_after = at(now.after(life))?;
    // Without one it would follow from the key, and be the same each time that a certificate is renewed.
    let mut serial = random::<16>();
    serial[0] &= 0x7f;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

fn random<const COUNT: usize>() -> [u8; COUNT] {
    let mut octets = [0; COUNT];
    SystemEntropy.fill(&mut octets);
    octets
}

fn read_key(path: &Path) -> Result<KeyPair, StartError> {
    let failed = |why: &dyn std::fmt::Display| StartError(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    KeyPair::from_pem(&text).map_err(|_| failed(&"it is not a private key"))
}

/// Writes a file that only its owner may read, and that is not there yet.
fn write_new(path: &Path, text: &str) -> Result<(), StartError> {
    let failed = |error: std::io::Error| StartError(format!("{}: {error}", path.display()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// Writes a file that only its owner may read; who reads it meanwhile sees the old one or the new one.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), StartError> {
    let beside = path.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    write_new(&beside, text)?;
    std::fs::rename(&beside, path).map_err(|error| StartError(format!("{}: {error}", path.display())))
}

fn making(error: rcgen::Error) -> StartError {
    StartError(format!("the certificate cannot be made: {error}"))
}

/// How long an authority lasts: changing it takes all who trust it.
const AUTHORITY_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// How long a certificate lasts.
const LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How far behind the clocks of peers may be.
const SKEW: Duration = Duration::from_secs(60 * 60);
