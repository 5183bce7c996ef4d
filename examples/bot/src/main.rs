//! A bot that answers `!ping`, and shows and sends messages, so that two of them in two terminals are a chat.
//!
//! Reads lines: `general hello` goes to the channel `general`; any other line goes where the last one went, at first
//! to the first channel.

use std::collections::HashMap;
use std::process::ExitCode;

use beep_client::view::{Message, Via};
use beep_client::{
    Cache, ChannelId, Client, Error, ErrorCode, EventData, Full, GatewayEvent, Ref, SpaceId, UserId, invitations,
    messages, servers, users,
};
use clap::Parser;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Answers `!ping`, shows what it sees as `#channel author: text`, and sends the lines that it reads.
#[derive(Parser)]
struct Arguments {
    /// The backend.
    #[arg(long, env = "BOT_URL", default_value = "http://127.0.0.1:8008")]
    url: String,
    /// Username or mail address.
    #[arg(long, env = "BOT_LOGIN")]
    login: String,
    /// The password; better given by the environment, since everybody on the machine sees arguments.
    #[arg(long, env = "BOT_PASSWORD", hide_env_values = true)]
    password: String,
    /// An invitation code, or the id of a public server, to join first.
    #[arg(long, env = "BOT_JOIN")]
    join: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bot: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let client = Client::builder(arguments.url).build()?;
    let me = client.login(arguments.login, arguments.password).await?;
    if let Some(target) = arguments.join {
        join(&client, target).await?;
    }
    let mut bot = Bot { client, cache: None, names: HashMap::new(), current: None };
    let mut events = bot.client.events();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut reading = true;
    loop {
        tokio::select! {
            event = events.next() => match event.transpose()? {
                Some(GatewayEvent::Ready(ready)) => {
                    eprintln!("signed in as {}, in {} servers", me.username, ready.servers.len());
                    bot.cache = Some(Cache::new(&ready));
                }
                Some(GatewayEvent::Event(event)) => {
                    if let Some(cache) = &mut bot.cache {
                        cache.apply(&event);
                    }
                    if let EventData::MessageCreated(message) = event.data {
                        println!("#{} {}: {}", bot.channel(&message.channel_id), bot.speaker(&message).await, message.content);
                        if message.content == "!ping" && message.author.as_ref() != Some(&me.id) {
                            bot.send(&message.channel_id, "pong").await;
                        }
                    }
                }
                Some(GatewayEvent::Disconnected { reason, retry_in }) => {
                    eprintln!("disconnected: {reason}; trying again in {} ms", retry_in.as_millis());
                }
                Some(_) => {}
                None => return Ok(()),
            },
            line = lines.next_line(), if reading => match line {
                Ok(Some(line)) if line.trim().is_empty() => {}
                Ok(Some(line)) => bot.say(line.trim()).await,
                Ok(None) | Err(_) => reading = false, // nobody types; the bot goes on
            },
        }
    }
}

/// Joins a server by id or by invitation; being a member already will do.
async fn join(client: &Client, target: String) -> Result<(), Error> {
    let joined = match target.parse::<Ref<SpaceId>>() {
        Ok(server) => client.servers().join(servers::Join::new(server)).await,
        Err(_) => client.invitations().accept(invitations::Accept::new(target)).await,
    };
    match joined {
        Err(error) if error.code() == Some(ErrorCode::AlreadyMember) => Ok(()),
        joined => joined.map(drop),
    }
}

struct Bot {
    client: Client,
    cache: Option<Cache>,
    names: HashMap<Full<UserId>, String>,
    /// Where the last line went.
    current: Option<Full<ChannelId>>,
}

impl Bot {
    /// Sends a line to the channel that it begins with, or to the current one.
    async fn say(&mut self, line: &str) {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        let name = first.trim_start_matches('#');
        let channels: Vec<_> = self.cache.iter().flat_map(Cache::channels).collect();
        let named = channels.iter().find(|channel| !rest.is_empty() && channel.name.as_deref() == Some(name));
        let text = if named.is_some() { rest } else { line };
        let seen = |id: &Full<ChannelId>| channels.iter().any(|channel| channel.id == *id);
        let named = named.map(|channel| channel.id.clone()).or(self.current.clone().filter(seen));
        match named.or(channels.first().map(|channel| channel.id.clone())) {
            Some(channel) => {
                self.send(&channel, text).await;
                self.current = Some(channel);
            }
            None => eprintln!("there is no channel to send to: join a server with --join"),
        }
    }

    async fn send(&self, channel: &Full<ChannelId>, text: &str) {
        if let Err(error) = self.client.messages().send(messages::Send::new(channel, text)).await {
            eprintln!("not sent: {error}");
        }
    }

    fn channel(&self, id: &Full<ChannelId>) -> String {
        let channel = self.cache.as_ref().and_then(|cache| cache.channel(id));
        channel.and_then(|channel| channel.name.clone()).unwrap_or_else(|| id.to_string())
    }

    /// What who spoke is called.
    async fn speaker(&mut self, message: &Message) -> String {
        match (&message.author, &message.via) {
            (Some(user), _) => self.name(user).await,
            (None, Some(Via::Webhook { name, .. } | Via::App { name, .. })) => name.clone(),
            (None, Some(Via::System { event })) => event.clone(),
            (None, Some(Via::Unknown) | None) => "somebody".to_owned(),
        }
    }

    /// The handle of a user, asked for once.
    async fn name(&mut self, id: &Full<UserId>) -> String {
        if let Some(name) = self.names.get(id) {
            return name.clone();
        }
        let Ok(user) = self.client.users().get(users::Get::new(id)).await else { return id.to_string() };
        self.names.insert(id.clone(), user.username.clone());
        user.username
    }
}
