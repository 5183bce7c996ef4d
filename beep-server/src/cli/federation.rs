//! The verbs of `beep-server federation`.

use std::path::PathBuf;

use beep_core::domain::Domain;
use clap::Subcommand;

use super::authority::{self, Folder};
use super::bundle;
use crate::StartError;

/// What is done about other backends.
#[derive(Debug, Subcommand)]
pub(super) enum Federation {
    /// A private authority, which issues the certificates that backends show each other.
    #[command(subcommand)]
    Ca(Authority),
    /// Checks the way to another backend step by step, and says what to do if a step fails.
    Check {
        /// The domain of the other backend.
        #[arg(value_name = "DOMAIN", value_parser = Domain::typed)]
        domain: Domain,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Authority {
    /// Makes an authority: a key and a certificate.
    Init {
        /// The folder of the authority.
        #[arg(long, value_name = "DIR", default_value = FOLDER)]
        dir: PathBuf,
        /// Limits it to this domain and its subdomains, so that others trust it for no more; may be repeated.
        #[arg(long = "for", value_name = "DOMAIN", value_parser = Domain::typed)]
        domains: Vec<Domain>,
    },
    /// Issues the certificate of the host that serves a backend, or renews it.
    Issue {
        /// The infra domain: the host that the SRV record of the backend names.
        #[arg(value_name = "INFRA DOMAIN", value_parser = Domain::typed)]
        host: Domain,
        /// The folder of the authority.
        #[arg(long, value_name = "DIR", default_value = FOLDER)]
        dir: PathBuf,
        /// Makes a new key even if there is one.
        #[arg(long)]
        new_key: bool,
    },
    /// Bundles the certificates of your own and others' authorities into the file for `federation.trust_roots`.
    Bundle {
        /// PEM files of others' authorities.
        files: Vec<PathBuf>,
        /// The folder of the authority.
        #[arg(long, value_name = "DIR", default_value = FOLDER)]
        dir: PathBuf,
        /// Drops the earlier authorities: only your own and those of the files remain.
        #[arg(long)]
        afresh: bool,
    },
}

/// Runs a verb of the authority, and gives what there is to say.
pub(super) fn run(verb: Authority) -> Result<String, StartError> {
    match verb {
        Authority::Init { dir, domains } => authority::init(&Folder::new(&dir)?, &domains),
        Authority::Issue { host, dir, new_key } => authority::issue(&Folder::new(&dir)?, &host, new_key),
        Authority::Bundle { files, dir, afresh } => bundle::bundle(&Folder::new(&dir)?, &files, afresh),
    }
}

/// Beside the data, not in it: an authority needs no backend, and is better kept on another machine.
const FOLDER: &str = "./beep-federation";
