//! What the command line prints: results on standard output, what goes wrong on standard error. Neither panics when
//! nobody can read it.

use std::io::Write;

/// Prints a result. If it cannot be written the program ends with 1; whoever closed the pipe has read enough.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            complain(&format!("standard output cannot be written: {error}"));
            std::process::exit(1);
        }
        Ok(()) | Err(_) => {}
    }
}

/// Prints one line about what went wrong.
pub(crate) fn complain(line: &str) {
    let _ = std::io::stderr().lock().write_all(format!("beep-server: {line}\n").as_bytes());
}
