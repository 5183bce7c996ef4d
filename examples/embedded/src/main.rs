//! An axum program with routes of its own, and a whole Beep backend under `/chat`.
//!
//! `LISTEN` and `DATA_DIR` in the environment say where it listens and keeps its data.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use beep_server::{Beep, Config};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let setting = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let listener = TcpListener::bind(setting("LISTEN", "127.0.0.1:8080")).await?;
    let listen = listener.local_addr()?;
    let config = Config {
        listen,
        public_url: Some(format!("http://{listen}/chat")),
        data_dir: setting("DATA_DIR", "./embedded-data").into(),
        ..Config::default()
    };
    let beep = Arc::new(Beep::open(config).await?);
    let app = Router::new().route("/", get(async || "The chat is under /chat.\n")).nest("/chat", beep.router());
    // With their addresses the backend can limit how often somebody tries passwords.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let live = beep.clone();
    let stop = async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        live.drain().await; // clients with a live connection go on when the program is back
    };
    println!("listening on http://{listen}");
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    beep.close().await;
    Ok(())
}
