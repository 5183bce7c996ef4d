//! Mail: through SMTP where there is a relay, else into a directory, one file a mail.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use beep_core::port::{Clock, Mail, Mailer, new_id};
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::sync::Semaphore;

use crate::world::{SystemClock, SystemEntropy};

/// Writes each mail into a directory, for a backend without a relay. The newest stay.
pub(crate) struct Spool {
    directory: PathBuf,
    written: AtomicUsize,
}

impl Spool {
    pub(crate) fn new(directory: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&directory)?;
        Ok(Self { directory, written: AtomicUsize::new(0) })
    }

    /// Removes the oldest mails, of which there are more than are kept.
    async fn tidy(&self, most: usize) -> std::io::Result<()> {
        let mut entries = tokio::fs::read_dir(&self.directory).await?;
        let mut mails = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "txt") {
                mails.push(path);
            }
        }
        // Their names begin with the time.
        mails.sort_unstable();
        for mail in mails.iter().take(mails.len().saturating_sub(most)) {
            tokio::fs::remove_file(mail).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Mailer for Spool {
    async fn send(&self, mail: Mail) {
        let id: beep_core::id::MessageId = new_id(SystemClock.now(), &SystemEntropy);
        let file = self.directory.join(format!("{id}.txt"));
        let text = format!("To: {}\nSubject: {}\n\n{}", mail.to.to_send(), mail.subject, mail.body);
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
        if self.written.fetch_add(1, Ordering::Relaxed).is_multiple_of(TIDY_EACH)
            && let Err(error) = self.tidy(MOST_FILES).await
        {
            tracing::warn!(directory = %self.directory.display(), %error, "could not remove old mails");
        }
    }
}

/// The mails that are kept as files, and after how many new ones the older ones are removed.
const MOST_FILES: usize = 10_000;
const TIDY_EACH: usize = 100;

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

/// Sends through an SMTP relay. No answer waits for the relay, and no mail for another one that has to be tried again.
pub(crate) struct Smtp {
    relay: Arc<Relay>,
    /// How many mails may still wait.
    waiting: Arc<Semaphore>,
}

impl Smtp {
    /// Opens the relay at `smtp://…` or `smtps://…`; mails come from `beep@` the backend's domain.
    pub(crate) fn new(url: &str, domain: &str) -> Result<Self, String> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|error| error.to_string())?.build();
        let from: Mailbox = format!("Beep <beep@{domain}>").parse().map_err(|error| format!("{error}"))?;
        let relay = Relay { transport, from, connections: Semaphore::new(MOST_CONNECTIONS) };
        Ok(Self { relay: Arc::new(relay), waiting: Arc::new(Semaphore::new(MOST_WAITING)) })
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: Mail) {
        let Ok(place) = self.waiting.clone().try_acquire_owned() else {
            return tracing::error!("dropped a mail: too many mails wait for the relay");
        };
        let relay = self.relay.clone();
        tokio::spawn(async move {
            relay.deliver(&mail).await;
            drop(place);
        });
    }
}

struct Relay {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Connections to the relay at a time.
    connections: Semaphore,
}

impl Relay {
    /// Sends a mail, and tries again later unless the relay refuses it for good; says whether it was sent.
    async fn deliver(&self, mail: &Mail) -> bool {
        let message = match compose(&self.from, mail) {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%error, "could not compose a mail");
                return false;
            }
        };
        let mut wait = FIRST_WAIT;
        for attempt in 1..=MOST_TRIES {
            let Err(error) = self.attempt(message.clone()).await else { return true };
            // A relay that does not speak what the mail takes never will; a refusal is final if its code says so.
            if error.is_permanent() || error.is_client() {
                tracing::warn!(%error, "the relay refuses a mail; it is not tried again");
                return false;
            }
            tracing::warn!(%error, attempt, "could not send a mail");
            if attempt < MOST_TRIES {
                tokio::time::sleep(wait).await;
                wait *= 3;
            }
        }
        false
    }

    async fn attempt(&self, message: Message) -> Result<(), lettre::transport::smtp::Error> {
        let connection = self.connections.acquire().await;
        let sent = self.transport.send(message).await.map(drop);
        drop(connection);
        sent
    }
}

fn compose(from: &Mailbox, mail: &Mail) -> Result<Message, Box<dyn std::error::Error>> {
    let id: beep_core::id::MessageId = new_id(SystemClock.now(), &SystemEntropy);
    let builder = Message::builder()
        .from(from.clone())
        .to(mail.to.to_send().parse()?)
        .subject(&mail.subject)
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN);
    let mut message = builder.body(mail.body.clone())?;
    // So that no absence note answers it (RFC 3834, 5).
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    message.headers_mut().insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
    Ok(message)
}

/// The most mails that wait for the relay or for being tried again.
const MOST_WAITING: usize = 1_000;

/// The most connections to the relay at a time.
const MOST_CONNECTIONS: usize = 8;

/// With the waits between them, tries go on for about two minutes: codes are good for 15.
const MOST_TRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use beep_core::text::Email;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn the_newest_mails_stay_as_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = Spool::new(folder.path().to_owned()).expect("it is there");
        for name in ["01-old.txt", "02-newer.txt", "03-newest.txt", "notes.md"] {
            std::fs::write(folder.path().join(name), "").expect("it is written");
        }
        spool.tidy(2).await.expect("they go");
        let mut left: Vec<_> = std::fs::read_dir(folder.path())
            .expect("it is there")
            .map(|entry| entry.expect("it is read").file_name().into_string().expect("a text"))
            .collect();
        left.sort_unstable();
        assert_eq!(left, ["02-newer.txt", "03-newest.txt", "notes.md"]);
    }

    /// A relay that refuses `never@…` for good and `later@…` for now; tells each recipient and each mail.
    async fn relay() -> (String, mpsc::UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, tell.clone()));
            }
        });
        (url, told)
    }

    async fn serve(stream: TcpStream, tell: mpsc::UnboundedSender<String>) -> std::io::Result<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        writer.write_all(b"220 relay\r\n").await?;
        while let Some(line) = lines.next_line().await? {
            let answer = if let Some(to) = line.strip_prefix("RCPT TO:") {
                let _ = tell.send(to.to_owned());
                match to {
                    "<never@example.com>" => "550 no such mailbox",
                    "<later@example.com>" => "451 try again later",
                    _ => "250 ok",
                }
            } else if line == "DATA" {
                writer.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    mail += &(line + "\n");
                }
                let _ = tell.send(mail);
                "250 ok"
            } else {
                "250 ok"
            };
            writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
        Ok(())
    }

    fn mail(to: &str) -> Mail {
        let to = Email::parse(to).expect("an address");
        Mail { to, subject: "123456 is your code".to_owned(), body: "Hello".to_owned() }
    }

    async fn next(told: &mut mpsc::UnboundedReceiver<String>) -> String {
        let told = tokio::time::timeout(Duration::from_secs(10), told.recv()).await;
        told.expect("it is told in time").expect("the relay runs")
    }

    #[tokio::test]
    async fn a_refusal_for_good_is_final() {
        let (url, mut told) = relay().await;
        let smtp = Smtp::new(&url, "a.example.com").expect("a relay");
        assert!(!smtp.relay.deliver(&mail("never@example.com")).await);
        assert!(smtp.relay.deliver(&mail("ann@example.com")).await);
        assert_eq!(next(&mut told).await, "<never@example.com>");
        assert_eq!(next(&mut told).await, "<ann@example.com>", "asked once");
    }

    #[tokio::test]
    async fn a_mail_that_has_to_wait_delays_no_other() {
        let (url, mut told) = relay().await;
        let smtp = Smtp::new(&url, "a.example.com").expect("a relay");
        for _ in 0..=MOST_CONNECTIONS {
            smtp.send(mail("later@example.com")).await;
        }
        for _ in 0..=MOST_CONNECTIONS {
            assert_eq!(next(&mut told).await, "<later@example.com>");
        }
        smtp.send(mail("ann@example.com")).await;
        assert_eq!(next(&mut told).await, "<ann@example.com>");
    }

    #[tokio::test]
    async fn a_mail_says_what_it_is() {
        let (url, mut told) = relay().await;
        let smtp = Smtp::new(&url, "a.example.com").expect("a relay");
        assert!(smtp.relay.deliver(&mail("ann@example.com")).await);
        assert!(smtp.relay.deliver(&mail("bob@example.com")).await);
        let mut ids = Vec::new();
        for _ in 0..2 {
            next(&mut told).await;
            let text = next(&mut told).await;
            for header in ["MIME-Version: 1.0", "Auto-Submitted: auto-generated", "From: Beep <beep@a.example.com>"] {
                assert!(text.lines().any(|line| line == header), "{header}: {text}");
            }
            let id = text.lines().find(|line| line.starts_with("Message-ID: <") && line.ends_with("@a.example.com>"));
            ids.push(id.expect("a Message-ID at the domain of the backend").to_owned());
        }
        assert_ne!(ids[0], ids[1]);
    }
}
