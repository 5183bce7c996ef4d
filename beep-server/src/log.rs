//! Structured logs on standard error.

mod lines;

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

pub(crate) use lines::Lines;

/// Whether something is a filter.
pub(crate) fn is_filter(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

/// Begins to log, until the lines that it gives are dropped; says which part of the settings does not fit.
pub(crate) fn begin(config: &LogConfig) -> Result<Lines, String> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| format!("`log.filter`: {error}"))?;
    let lines = Lines::write_to(std::io::stderr()).map_err(|error| format!("the log does not start: {error}"))?;
    let queue = lines.queue();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // It would report a line that cannot be written on standard error, and panic where that is what fails.
        .log_internal_errors(false)
        .with_writer(move || queue.clone());
    let done = match config.format {
        LogFormat::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    done.map_err(|error| error.to_string())?;
    Ok(lines)
}
