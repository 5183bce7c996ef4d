//! What the program shows and what the keys do.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use beep_client::chat::Timeline;
use beep_client::drafts::DraftPlace;
use beep_client::send_queue::SendState;
use beep_client::timeline::TimelineRow;
use beep_client::view::{Channel, ChannelKind, Message, Via};
use beep_client::{Bare, Cache, ChannelId, Chat, Error, Full, MessageId, UserId, users};
use futures_util::StreamExt;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::Failed;
use crate::screen;

/// What is shown.
pub(crate) struct App {
    pub(crate) chat: Chat,
    pub(crate) cache: Option<Cache>,
    /// The channel that is open.
    pub(crate) timeline: Option<Timeline>,
    pub(crate) rows: Vec<TimelineRow>,
    pub(crate) input: String,
    /// How many rows are below the screen.
    pub(crate) scroll: usize,
    /// The last message of each channel that was on the screen.
    seen: HashMap<Full<ChannelId>, Option<Bare<MessageId>>>,
    /// The handles of users; `None` while one is asked for.
    names: BTreeMap<Full<UserId>, Option<String>>,
    named: mpsc::UnboundedSender<(Full<UserId>, String)>,
}

/// Runs until somebody ends it or the session ends.
pub(crate) async fn show(
    chat: &Chat,
    mut terminal: DefaultTerminal,
    mut running: JoinHandle<Result<(), Error>>,
) -> Result<(), Failed> {
    let (named, mut names) = mpsc::unbounded_channel();
    let mut keys = keys();
    let (mut queue, mut connection) = (chat.send_queue().changes(), chat.reachability().connection_changes());
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let mut app = App {
        chat: chat.clone(),
        cache: None,
        timeline: None,
        rows: Vec::new(),
        input: String::new(),
        scroll: 0,
        seen: HashMap::new(),
        names: BTreeMap::new(),
        named,
    };
    let mut changes = None;
    loop {
        app.refresh();
        if app.timeline.is_none()
            && let Some(first) = app.channels().first().cloned()
        {
            app.open(&first);
            changes = None;
        }
        let watched = changes.get_or_insert_with(|| app.timeline.as_ref().map(Timeline::changes));
        terminal.draw(|frame| screen::draw(frame, &mut app))?;
        tokio::select! {
            Some(key) = keys.recv() => {
                let before = app.timeline.as_ref().map(|timeline| timeline.channel().clone());
                if !app.press(key) {
                    return Ok(());
                }
                if app.timeline.as_ref().map(Timeline::channel) != before.as_ref() {
                    changes = None;
                }
            }
            Some(steps) = async { match watched { Some(watched) => watched.next().await, None => std::future::pending().await } } => {
                steps.into_iter().for_each(|step| step.apply(&mut app.rows));
            }
            Some((user, name)) = names.recv() => drop(app.names.insert(user, Some(name))),
            Some(_) = queue.next() => {}
            Some(_) = connection.next() => {}
            _ = tick.tick() => {}
            ended = &mut running => return ended?.map_err(Into::into),
        }
    }
}

/// The keys that are pressed, read by a thread since the terminal blocks.
fn keys() -> mpsc::UnboundedReceiver<KeyEvent> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            if let Event::Key(key) = event
                && key.is_press()
                && sender.send(key).is_err()
            {
                return;
            }
        }
    });
    receiver
}

impl App {
    /// The channels with messages in the order of the list.
    pub(crate) fn channels(&self) -> Vec<Full<ChannelId>> {
        let Some(cache) = &self.cache else { return Vec::new() };
        let is_open = |channel: &&Channel| channel.kind != ChannelKind::Category;
        let of = |server| cache.channels_of(server).into_iter().filter(is_open).map(|channel| channel.id.clone());
        cache.servers().flat_map(|held| of(&held.server.id).collect::<Vec<_>>()).collect()
    }

    /// Whether a channel has messages that were not on the screen. At the start everything counts as read.
    pub(crate) fn is_unread(&self, channel: &Full<ChannelId>) -> bool {
        let last = self.cache.as_ref().and_then(|cache| cache.channel(channel)?.last_message_id);
        self.seen.get(channel).is_some_and(|seen| *seen < last)
    }

    /// What who spoke is called; asked for once.
    pub(crate) fn speaker(&mut self, message: &Message) -> String {
        match (&message.author, &message.via) {
            (Some(user), _) => self.name(user),
            (None, Some(Via::Webhook { name, .. } | Via::App { name, .. })) => name.clone(),
            (None, Some(Via::System { event })) => event.clone(),
            (None, Some(Via::Unknown) | None) => "somebody".to_owned(),
        }
    }

    fn name(&mut self, user: &Full<UserId>) -> String {
        if let Some(name) = self.names.get(user) {
            return name.clone().unwrap_or_else(|| "…".to_owned());
        }
        self.names.insert(user.clone(), None);
        let (named, id, client) = (self.named.clone(), user.clone(), self.chat.client().clone());
        let own = client.user().map(|me| me.id.home().clone());
        tokio::spawn(async move {
            if let Ok(user) = client.users().get(users::Get::new(&id)).await {
                let name = own.map_or(user.username.clone(), |own| user.handle(&own));
                // The program may have ended.
                let _ = named.send((id, name));
            }
        });
        "…".to_owned()
    }

    fn refresh(&mut self) {
        self.cache = self.chat.with_cache(Cache::clone);
        let open = self.timeline.as_ref().map(|timeline| timeline.channel().clone());
        for channel in self.cache.iter().flat_map(Cache::channels) {
            let seen = self.seen.entry(channel.id.clone()).or_insert(channel.last_message_id);
            if self.scroll == 0 && open.as_ref() == Some(&channel.id) {
                *seen = channel.last_message_id;
            }
        }
    }

    fn open(&mut self, channel: &Full<ChannelId>) {
        self.timeline = Some(self.chat.timeline(channel));
        self.rows.clear();
        self.scroll = 0;
        let draft = self.chat.drafts().get(&DraftPlace::composer(channel));
        self.input = draft.map(|draft| draft.text.clone()).unwrap_or_default();
    }

    /// Does what a key says; `false` ends the program.
    fn press(&mut self, key: KeyEvent) -> bool {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return false,
            KeyCode::Char('c') if is_control => return false,
            KeyCode::Char('n') if is_control => self.step(1),
            KeyCode::Char('p') if is_control => self.step(-1),
            KeyCode::Char('r') if is_control => self.retry(),
            KeyCode::Char('x') if is_control => self.take_back(),
            KeyCode::PageUp => self.scroll_by(10),
            KeyCode::PageDown => self.scroll_by(-10),
            KeyCode::Enter => self.send(),
            KeyCode::Backspace => {
                self.input.pop();
                self.keep_draft();
            }
            KeyCode::Char(char) if !is_control => {
                self.input.push(char);
                self.keep_draft();
            }
            _ => {}
        }
        true
    }

    fn step(&mut self, by: isize) {
        let channels = self.channels();
        let open = self.timeline.as_ref().and_then(|open| channels.iter().position(|id| id == open.channel()));
        let next = open.unwrap_or(0).saturating_add_signed(by).min(channels.len().saturating_sub(1));
        if let Some(channel) = channels.get(next) {
            self.open(channel);
        }
    }

    fn scroll_by(&mut self, by: isize) {
        let Some(timeline) = &self.timeline else { return };
        self.scroll = self.scroll.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
        if self.scroll + 20 > self.rows.len() {
            timeline.load_older();
        } else if self.scroll == 0 && timeline.status().has_newer {
            timeline.load_newer();
        }
        timeline.follow(self.scroll == 0);
    }

    fn keep_draft(&self) {
        if let Some(timeline) = &self.timeline {
            // A draft that is too long stays in the input.
            let _ = self.chat.drafts().set(DraftPlace::composer(timeline.channel()), self.input.clone(), None);
        }
    }

    fn send(&mut self) {
        let Some(timeline) = &self.timeline else { return };
        if !self.input.trim().is_empty() && timeline.send(self.input.clone()).is_ok() {
            self.chat.drafts().discard(&DraftPlace::composer(timeline.channel()));
            self.input.clear();
            self.scroll = 0;
        }
    }

    /// Tries again whatever waits or was refused.
    fn retry(&self) {
        self.chat.network_is_back();
        let queue = self.chat.send_queue();
        for one in queue.rows() {
            // It may have been sent meanwhile.
            let _ = queue.retry(&one.nonce);
        }
    }

    /// Puts the last message that was refused back into the input.
    fn take_back(&mut self) {
        let queue = self.chat.send_queue();
        let failed = queue.rows().into_iter().rev().find(|one| matches!(one.state, SendState::Failed { .. }));
        if let Some(failed) = failed
            && let Ok(taken) = queue.discard(&failed.nonce)
        {
            self.input = taken.content.clone();
            self.keep_draft();
        }
    }
}
