//! The web client as a person meets it: started as the README says, and used in a real browser.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::child::{self, Background};
use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Need};
use crate::start::{self, Profile};
use crate::tally::Tally;
use crate::workspace::{built, cargo, root, target_dir};
use crate::{node, sdk, servers, web};

/// The browser of most tests: the distribution's, as Playwright's own would have to be downloaded.
pub(crate) const CHROMIUM: Need = Need {
    what: "Chromium",
    is_present: || {
        is_there("BEEP_CHROMIUM", &["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"])
    },
    debian: &["chromium"],
};

/// The browser in which `cargo xtask firefox` runs the main flows.
pub(crate) const FIREFOX: Need = Need {
    what: "Firefox",
    is_present: || is_there("BEEP_FIREFOX", &["/usr/bin/firefox-esr", "/usr/bin/firefox"]),
    debian: &["firefox-esr"],
};

/// Whether the variable names a browser, or one is where `examples/web/playwright.config.ts` looks for it.
fn is_there(variable: &str, programs: &[&str]) -> bool {
    std::env::var_os(variable).is_some() || programs.iter().any(|program| Path::new(program).exists())
}

/// Runs the README's first command to the letter, looks whether the page is there, and stops it. It builds the server as
/// the tests have it, whose dependencies are built already: in release they would be built once more.
pub(crate) fn start_as_the_readme_says() -> Outcome {
    let readme = fs::read_to_string(root().join("README.md")).context("read README.md")?;
    let first = readme.split("```sh\n").nth(1).and_then(|block| block.lines().next()).unwrap_or_default();
    let Some(words) = first.strip_prefix("cargo ") else {
        return Err(Failure::Because(format!("the README begins with `{first}`, which is no command of cargo")));
    };
    let data = std::env::temp_dir().join(format!("beep-start-{}", std::process::id()));
    let outcome = serve(words, &data);
    let _ = fs::remove_dir_all(&data);
    outcome
}

fn serve(words: &str, data: &Path) -> Outcome {
    let mut command = cargo(words.split_whitespace());
    command.env(start::PROFILE_VARIABLE, "dev");
    command.args(["--", "--listen", "127.0.0.1:0", "--data_dir"]).arg(data).stdout(Stdio::piped());
    let mut server = Background::start(&mut command)?;
    let address = servers::until_listening(&mut server)?;
    for (path, expected) in [("/readyz", "ok\n"), ("/", "<div id=\"root\""), ("/v1/backend", "\"domain\":")] {
        let answer = get(&address, path).context(&format!("get {path}"))?;
        if !answer.starts_with("HTTP/1.1 200 ") || !answer.contains(expected) {
            return Err(Failure::Because(format!("{path} answers:\n{answer}")));
        }
    }
    let status = server.end()?;
    if status.success() { Ok(()) } else { Err(Failure::Because(format!("asked to stop, it ended with {status}"))) }
}

fn get(address: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Drives the client in a browser, against the program that [`start_as_the_readme_says`] built. The pictures that it takes stay in
/// `screenshots` of the target directory.
pub(crate) fn tests(tally: &mut Tally) -> Outcome {
    play(&["test", "--project", "chromium"], Profile::Dev, |line| tally.read(line))?;
    println!("    screenshots: {}", target_dir()?.join("screenshots").display());
    Ok(())
}

/// Drives the main flows in Firefox, with the client and the server built anew.
pub(crate) fn firefox() -> Outcome {
    let mut tally = Tally::default();
    packages::ensure(&[FIREFOX]).and_then(|()| node::ensure())?;
    sdk::build()?;
    web::build()?;
    child::run(&mut cargo([
        "build",
        "--locked",
        "--workspace",
        "--bin",
        "beep-server",
        "--features",
        "beep-server/web",
    ]))?;
    play(&["test", "--project", "firefox"], Profile::Dev, |line| tally.read(line))?;
    println!("{tally}");
    Ok(())
}

/// Measures how fast the client is.
pub(crate) fn speed() -> Outcome {
    play(&["test", "--config", "speed"], Profile::Release, |_| {})
}

fn play(arguments: &[&str], profile: Profile, mut line: impl FnMut(&str) + Send) -> Outcome {
    let mut playwright = web::tool("playwright");
    playwright.args(arguments).env("NO_COLOR", "1").env("CARGO_TARGET_DIR", target_dir()?);
    playwright.env("BEEP_SERVER_BIN", built(profile.folder(), "beep-server")?);
    child::run_reading(&mut playwright, |text| {
        println!("{text}");
        line(text);
    })
}
