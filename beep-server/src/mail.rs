//! Mail: through SMTP where there is a relay, else into a directory, one file a mail.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use beep_core::port::{Clock, Mail, Mailer, new_id};
use lettre::message::{Mailbox, header::ContentType};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::sync::mpsc;

use crate::world::{SystemClock, SystemEntropy};

/// Writes each mail into a directory, for a backend without a relay.
pub(crate) struct Spool {
    directory: PathBuf,
}

impl Spool {
    pub(crate) fn new(directory: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&directory)?;
        Ok(Self { directory })
    }
}

#[async_trait]
impl Mailer for Spool {
    async fn send(&self, mail: Mail) {
        let id: beep_core::id::MessageId = new_id(SystemClock.now(), &SystemEntropy);
        let file = self.directory.join(format!("{id}.txt"));
        let text = format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.body);
        // Renamed when it is whole, so that whoever watches the directory never reads half a mail.
        let unfinished = file.with_extension("part");
        let written = async {
            tokio::fs::write(&unfinished, text).await?;
            tokio::fs::rename(&unfinished, &file).await
        };
        match written.await {
            Ok(()) => tracing::info!(file = %file.display(), "wrote a mail to a file, because `mail.url` is not set"),
            Err(error) => tracing::error!(file = %file.display(), %error, "could not write a mail"),
        }
    }
}

/// Whether something is the URL of a relay, by its looks.
pub(crate) fn is_relay(url: &str) -> bool {
    AsyncSmtpTransport::<Tokio1Executor>::from_url(url).is_ok()
}

/// Whether a relay takes connections, with the user and password of its URL.
pub(crate) async fn reach(url: &str) -> Result<(), String> {
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|error| error.to_string())?;
    let transport: AsyncSmtpTransport<Tokio1Executor> = builder.build();
    match transport.test_connection().await {
        Ok(true) => Ok(()),
        Ok(false) => Err("it answers, but refuses to continue".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Sends through an SMTP relay, from a bounded queue, so that no answer waits for the relay.
pub(crate) struct Smtp {
    queue: mpsc::Sender<Mail>,
}

impl Smtp {
    /// Opens the relay at `smtp://…` or `smtps://…`; mails come from `beep@` the backend's domain.
    pub(crate) fn new(url: &str, domain: &str) -> Result<Self, String> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|error| error.to_string())?.build();
        let from: Mailbox = format!("Beep <beep@{domain}>").parse().map_err(|error| format!("{error}"))?;
        let (queue, mails) = mpsc::channel(MOST_QUEUED);
        tokio::spawn(deliver(transport, from, mails));
        Ok(Self { queue })
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: Mail) {
        if self.queue.try_send(mail).is_err() {
            tracing::error!("dropped a mail: too many mails wait for the relay");
        }
    }
}

async fn deliver(transport: AsyncSmtpTransport<Tokio1Executor>, from: Mailbox, mut mails: mpsc::Receiver<Mail>) {
    let transport = Arc::new(transport);
    while let Some(mail) = mails.recv().await {
        let message = match compose(&from, &mail) {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%error, "could not compose a mail");
                continue;
            }
        };
        let mut wait = std::time::Duration::from_secs(1);
        for attempt in 1..=MOST_TRIES {
            match transport.send(message.clone()).await {
                Ok(_) => break,
                Err(error) => tracing::warn!(%error, attempt, "could not send a mail"),
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
    }
}

fn compose(from: &Mailbox, mail: &Mail) -> Result<Message, Box<dyn std::error::Error>> {
    let builder = Message::builder().from(from.clone()).to(mail.to.as_str().parse()?).subject(&mail.subject);
    Ok(builder.header(ContentType::TEXT_PLAIN).body(mail.body.clone())?)
}

const MOST_QUEUED: usize = 1_000;
const MOST_TRIES: u32 = 5;
