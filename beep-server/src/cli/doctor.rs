//! `beep-server doctor`: checks everything that a backend needs, and says what to do about problems.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use beep_core::port::Clock;
use beep_core::time::Timestamp;
use beep_store::{Look, OpenError, Schema, SqlStore};

use super::certificate::date;
use super::identity::{identity, own_record, resolver, trust};
use super::report::{Finding, Report, fail, ok, warn};
use crate::StartError;
use crate::config::{Config, MEMORY};
use crate::mail;
use crate::world::SystemClock;

/// Looks at everything and prints what there is to say.
pub(super) async fn doctor(config: Config) -> Result<(), StartError> {
    let mut report = Report::default();
    report.add("settings", settings(&config));
    if report.add("data directory", data_directory(&config.data_dir)) {
        report.add("disk", disk(&config.data_dir));
    }
    let look = look(&config).await;
    report.add("clock", clock(look.as_ref().ok().and_then(Option::as_ref)));
    report.add("database", database(&config, look));
    report.add("mail", mail(&config).await);
    federation(&mut report, &config).await;
    match report.failure() {
        Some(why) => Err(StartError(why)),
        None => Ok(()),
    }
}

fn settings(config: &Config) -> Finding {
    let what = format!("{}, for people at {}", config.domain, config.public_url());
    if config.is_exposed() {
        let then = "put a proxy with TLS in front and set `public_url` to `https://…`, see docs/operations.md";
        return warn(format!("{what}: passwords and sessions cross the network unencrypted"), then);
    }
    if config.federation.enabled && config.domain == "localhost" {
        return warn(format!("{what}: other backends cannot find `localhost`"), "set `domain` before the first start");
    }
    ok(what)
}

fn data_directory(path: &Path) -> Finding {
    let shown = path.display();
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return ok(format!("{shown} will be created at the first start"));
        }
        Err(error) => return fail(format!("{shown}: {error}"), "let the user that runs the backend read it"),
    };
    if !metadata.is_dir() {
        return fail(format!("{shown} is not a directory"), "set `data_dir` to one");
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return warn(format!("{shown} has mode {mode:o}: other users can read it"), format!("`chmod 700 {shown}`"));
    }
    if nix::unistd::access(path, nix::unistd::AccessFlags::W_OK).is_err() {
        let then = format!("it belongs to user {}: run this command and the backend as that user", metadata.uid());
        return fail(format!("{shown} is not writable"), then);
    }
    ok(format!("{shown}, mode {mode:o}"))
}

fn disk(path: &Path) -> Finding {
    // One that is not there yet will be on the disk of what it is made in.
    let there = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let disk = match nix::sys::statvfs::statvfs(there) {
        Ok(disk) => disk,
        Err(error) => return warn(format!("the free space is unknown: {error}"), "check it with `df`"),
    };
    // The widths differ between systems.
    #[allow(clippy::useless_conversion)]
    let free = u64::from(disk.blocks_available()).saturating_mul(disk.fragment_size().into()) >> 20;
    let what = format!("{free} MiB free for {}", path.display());
    match free {
        ..DISK_FULL_MIB => fail(what, "free some space: a full disk stops every write"),
        DISK_FULL_MIB..DISK_LOW_MIB => warn(what, "free some space soon: a full disk stops every write"),
        _ => ok(what),
    }
}

async fn look(config: &Config) -> Result<Option<Look>, OpenError> {
    match config.database_url() {
        url if url == MEMORY => Ok(None),
        url => SqlStore::look(&url).await,
    }
}

fn database(config: &Config, look: Result<Option<Look>, OpenError>) -> Finding {
    let shown = crate::config::shown_database(config);
    let look = match look {
        Ok(Some(look)) => look,
        Ok(None) if shown == MEMORY => {
            return warn("all data is lost when the backend stops", "leave out `database.url` to keep it");
        }
        Ok(None) => return ok(format!("{shown} will be created at the first start")),
        Err(error @ OpenError::Damaged { .. }) => {
            let then = "stop the backend and restore a backup, all files of one moment; if only the `-wal` file is of \
                        another moment, moving it away may be enough";
            return fail(error.to_string(), then);
        }
        Err(error) => {
            return fail(format!("{shown}: {error}"), "check that the database runs and that `database.url` is right");
        }
    };
    if let Some(other) = look.domain.as_ref().filter(|domain| domain.as_str() != config.domain) {
        let what = format!("{shown} belongs to `{other}`, not to `{}`", config.domain);
        return fail(what, "a backend cannot change its domain: restore `domain`, or use another database");
    }
    let used = if look.in_use { "a running backend has it open" } else { "no backend has it open" };
    if let Some(octets) = look.long_wal {
        let what = format!("{shown}: its `-wal` file has {} MiB; {used}", octets >> 20);
        let then = "another process reads it all the time, such as a backup or `sqlite3`: `lsof` names it; end it";
        return warn(what, then);
    }
    match look.schema {
        Schema::Newer => fail(format!("{shown}: its schema is of a newer release"), "run that release or a newer one"),
        Schema::Older if look.in_use => {
            warn(format!("{shown}: an older release is using it"), "replace it with this release when convenient")
        }
        Schema::Older => ok(format!("{shown}: the schema will be updated at the next start; {used}")),
        Schema::Same => ok(format!("{shown}; {used}")),
    }
}

/// Whether the time can be true: certificates, sessions and ids go by it.
fn clock(look: Option<&Look>) -> Finding {
    let (now, set) = (SystemClock.now(), "set it by NTP, for example with `timedatectl set-ntp true`");
    if now < BUILT {
        return fail(format!("it says {}, which is before this release was built", date(now)), set);
    }
    let last = look.and_then(|look| look.last_used);
    if let Some(last) = last.filter(|last| *last > now.after(SKEW)) {
        let what = format!("it says {}, but the database was last used on {}", instant(now), instant(last));
        return fail(what, set);
    }
    ok(format!("{} UTC", instant(now)))
}

fn instant(at: Timestamp) -> String {
    let seconds = at.millis().div_euclid(1000).rem_euclid(24 * 60 * 60);
    format!("{} {:02}:{:02}:{:02}", date(at), seconds / 3600, seconds / 60 % 60, seconds % 60)
}

async fn mail(config: &Config) -> Finding {
    let Some(url) = &config.mail.url else {
        let what = format!("no relay is set: each mail becomes a file in {}", config.data_dir.join("mail").display());
        return warn(what, "set `mail.url`; without it only you can read the codes for signing up");
    };
    match tokio::time::timeout(RELAY, mail::reach(url)).await {
        Ok(Ok(())) => ok("the relay accepts connections, with user and password if set"),
        Ok(Err(why)) => fail(format!("the relay refuses the connection: {why}"), "check `mail.url`"),
        Err(_) => {
            fail(format!("the relay does not answer within {} s", RELAY.as_secs()), "check `mail.url` and firewalls")
        }
    }
}

async fn federation(report: &mut Report, config: &Config) {
    let settings = &config.federation;
    if !settings.enabled {
        report.add("federation", ok("off"));
        return;
    }
    let identity = report.take("own certificate", identity(settings));
    report.add("trust", trust(settings));
    let dns = report.take("resolver", resolver(settings).map(|dns| (ok(String::from(settings.resolver)), dns)));
    if let (Some(identity), Some(dns), Ok(domain)) = (identity, dns, config.domain()) {
        report.add("own DNS", own_record(settings, &dns, &domain, &identity.names).await);
    }
}

/// When this release was made, or a little before: 1 September 2026.
const BUILT: Timestamp = Timestamp::from_millis(1_788_220_800_000);

/// What clocks may differ by before it is worth a word.
const SKEW: Duration = Duration::from_secs(60);

/// What the relay may take to answer.
const RELAY: Duration = Duration::from_secs(10);

const DISK_FULL_MIB: u64 = 100;
const DISK_LOW_MIB: u64 = 1024;
