//! Two backends that talk to each other, on one machine: with an authority, a name server, an account on each, and a
//! server that both are in. Ctrl-C stops all of it, and nothing is kept.
//!
//! What it does is what two operators do, as `docs/federation.md` says it, with the same commands: the program is
//! `beep-server` as well, and starts itself as each of them. An argument is the port of both backends, 8008 if none.

mod backend;
mod dns;

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

use beep_client::servers::Template;
use beep_client::view::Visibility;
use beep_client::{Client, channels, messages, servers};
use tokio::signal::unix::{SignalKind, signal};

use backend::{Backend, PASSWORD};
use dns::Dns;

fn main() -> ExitCode {
    if std::env::var_os(backend::ROLE).is_some() {
        return beep_server::cli::main();
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("two-backends: {error}");
    ExitCode::FAILURE
}

async fn run() -> Result<(), Box<dyn Error>> {
    let port: u16 = match std::env::args().nth(1) {
        Some(port) => port.parse().map_err(|_| format!("`{port}` is no port"))?,
        None => 8008,
    };
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let place = tempfile::tempdir()?;
    // Each has an address of its own, so that a browser keeps their cookies apart.
    let addresses = [1, 2].map(|last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)));
    let mut backends = Vec::new();
    for (name, address) in ["a", "b"].into_iter().zip(addresses) {
        backends.push(Backend::prepare(name, address, port, place.path()).await?);
    }
    for (own, other) in [(0, 1), (1, 0)] {
        backends[own].trust(&backends[other].authority()).await?;
    }
    let dns = Dns::start(&backends.iter().map(Backend::place).collect::<Vec<_>>()).await?;
    for backend in &mut backends {
        tokio::select! {
            started = backend.start(dns.address()) => started?,
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        }
    }
    let [a, b] = &mut backends[..] else { return Err("there are two".into()) };
    let (ada, bob) = (a.sign_up("ada").await?, b.sign_up("bob").await?);
    let garden = meet(&ada, &bob).await?;
    a.check("b.example.com").await?;
    tell(a, b, &garden);
    let ended = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        () = a.ended() => Err("the backend a.example.com has ended"),
        () = b.ended() => Err("the backend b.example.com has ended"),
    };
    println!("stopping");
    tokio::join!(a.stop(), b.stop());
    Ok(ended?)
}

/// Makes a server on the one backend, and has somebody of the other join it and say something there.
async fn meet(ada: &Client, bob: &Client) -> Result<String, Box<dyn Error>> {
    let asked = servers::Create::new("Garden", Visibility::Public).template(Template::Community);
    let garden = ada.servers().create(asked).await?;
    bob.servers().join(servers::Join::new(&garden.id)).await?;
    let channels = bob.channels().list(channels::List::new(&garden.id)).await?;
    let general = channels.items.first().ok_or("the server has no channel")?;
    ada.messages().send(messages::Send::new(&general.id, "hello, bob")).await?;
    bob.messages().send(messages::Send::new(&general.id, "hello, ada, from b.example.com")).await?;
    Ok(garden.id.to_string())
}

fn tell(a: &Backend, b: &Backend, garden: &str) {
    println!("\nTwo backends talk to each other:");
    for (backend, name) in [(a, "ada"), (b, "bob")] {
        println!("  {:<14} {}   log in as {name} with the password `{PASSWORD}`", backend.domain(), backend.url());
    }
    println!("Both are members of the server `Garden` of a.example.com, and see each other's messages there.");
    if cfg!(feature = "web") {
        println!("\nOpen each URL in its own window.");
    } else {
        println!("\nThis build has no web client; `cargo xtask two-backends` builds it. In two terminals:");
        for (backend, name) in [(a, "ada"), (b, "bob")] {
            println!("  BOT_URL={} BOT_LOGIN={name} BOT_PASSWORD='{PASSWORD}' cargo run -p bot", backend.url());
        }
    }
    println!("\nThe mailed codes for new accounts are in {} and {}.", a.mails().display(), b.mails().display());
    println!("A user of b.example.com joins the server of a.example.com through their own backend:");
    println!("  curl -X POST -H \"Authorization: Bearer $token\" {}/v1/servers/{garden}/join", b.url());
    println!("\nCtrl-C stops both.");
}
