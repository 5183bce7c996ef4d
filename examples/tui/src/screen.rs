//! Draws what the objects say.

use beep_client::reachability::ConnectionState;
use beep_client::send_queue::SendState;
use beep_client::timeline::{ReplyPreview, TimelineRow};
use beep_client::view::ChannelKind;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Wrap};

use crate::app::App;

/// Draws everything.
pub(crate) fn draw(frame: &mut Frame<'_>, app: &mut App) {
    let [list, main] = Layout::horizontal([Constraint::Length(26), Constraint::Min(20)]).areas(frame.area());
    let [messages, status, input] =
        Layout::vertical([Constraint::Min(1), Constraint::Length(1), Constraint::Length(3)]).areas(main);
    frame.render_widget(Paragraph::new(channels(app)).block(Block::bordered()), list);
    draw_messages(frame, app, messages);
    frame.render_widget(Paragraph::new(state(app)).dim(), status);
    frame.render_widget(Paragraph::new(app.input.as_str()).wrap(Wrap { trim: false }).block(Block::bordered()), input);
}

fn channels(app: &App) -> Vec<Line<'static>> {
    let Some(cache) = &app.cache else { return vec![Line::from("loading…").dim()] };
    let mut lines = Vec::new();
    for held in cache.servers() {
        lines.push(Line::from(held.server.name.clone()).bold());
        for channel in cache.channels_of(&held.server.id) {
            if channel.kind == ChannelKind::Category {
                lines.push(Line::from(channel.name.clone().unwrap_or_default()).dim());
                continue;
            }
            let is_open = app.timeline.as_ref().is_some_and(|timeline| *timeline.channel() == channel.id);
            let mark = if app.is_unread(&channel.id) { "•" } else { " " };
            let line = Line::from(format!("{mark}# {}", channel.name.clone().unwrap_or_default()));
            let line = if app.is_unread(&channel.id) { line.bold() } else { line };
            lines.push(if is_open { line.reversed() } else { line });
        }
    }
    lines
}

fn draw_messages(frame: &mut Frame<'_>, app: &mut App, area: Rect) {
    let rows = app.rows.clone();
    let last = rows.len().saturating_sub(app.scroll);
    let first = last.saturating_sub(area.height.into());
    let lines: Vec<_> = rows[first..last].iter().flat_map(|row| lines(app, row)).collect();
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    // Long messages take several lines: the end is what is looked at.
    let height = text.line_count(area.width);
    let above = u16::try_from(height.saturating_sub(area.height.into())).unwrap_or(u16::MAX);
    frame.render_widget(text.scroll((above, 0)), area);
}

fn lines(app: &mut App, row: &TimelineRow) -> Vec<Line<'static>> {
    match row {
        TimelineRow::Message(row) => {
            let mut lines = Vec::new();
            match &row.reply {
                Some(ReplyPreview::Message { message }) => {
                    lines.push(Line::from(format!("  ┌ {}: {}", app.speaker(message), message.content)).dim());
                }
                Some(ReplyPreview::Deleted) => lines.push(Line::from("  ┌ the message was deleted").dim().italic()),
                Some(_) => lines.push(Line::from("  ┌ …").dim()),
                None => {}
            }
            let mut spans = vec![
                Span::from(app.speaker(&row.message)).bold(),
                Span::from(": "),
                row.message.content.clone().into(),
            ];
            if row.message.edited_at.is_some() {
                spans.push(Span::from(" (edited)").dim());
            }
            if row.message.pinned {
                spans.push(Span::from(" 📌"));
            }
            for reaction in &row.message.reactions {
                let mark = format!(" {} {}", reaction.emoji, reaction.count);
                spans.push(if reaction.me == Some(true) { mark.bold() } else { mark.dim() });
            }
            lines.push(Line::from(spans));
            lines
        }
        TimelineRow::Outgoing(outgoing) => {
            let (mark, style) = match &outgoing.state {
                SendState::Failed { reason } => (format!(" ✗ {reason}"), Style::new().red()),
                SendState::Waiting { .. } => (" … will be sent when connected".to_owned(), Style::new().yellow()),
                _ => (" …".to_owned(), Style::new()),
            };
            vec![Line::from(vec![outgoing.content.clone().dim(), Span::styled(mark, style)])]
        }
        _ => Vec::new(),
    }
}

fn state(app: &App) -> String {
    let connection = match app.chat.reachability().connection() {
        ConnectionState::Connecting => "connecting".to_owned(),
        ConnectionState::CatchingUp => "catching up".to_owned(),
        ConnectionState::Live => "live".to_owned(),
        ConnectionState::Offline { reason, retry_at } => {
            let wait = retry_at.0.since(app.chat.client().now()).as_secs();
            format!("offline: {reason}; again in {wait} s (Ctrl-R: now)")
        }
        _ => "signed out".to_owned(),
    };
    let away = app.chat.reachability().rows();
    let away = away.iter().map(|one| format!(" · {} does not answer", one.domain)).collect::<String>();
    let waiting = match app.chat.send_queue().rows().len() {
        0 => String::new(),
        count => format!(" · {count} on their way"),
    };
    let status = app.timeline.as_ref().map(|timeline| timeline.status()).unwrap_or_default();
    let loading = if status.loading.is_some() { " · loading" } else { "" };
    format!("{connection}{away}{waiting}{loading}")
}
