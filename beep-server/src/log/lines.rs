//! Lines on their way to where the log goes. A thread of its own writes them, so nobody who logs waits for a disk or a
//! reader. A line that cannot be written is lost, counted, and otherwise harms nobody.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The end of the log. Dropping it waits, for a limited time, until what was logged is written.
pub(crate) struct Lines(Queue);

/// Takes lines, each in one write.
#[derive(Clone)]
pub(crate) struct Queue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// There are lines, or no more will come.
    more: Condvar,
    /// All lines are written.
    idle: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<Vec<u8>>,
    octets: usize,
    /// How many found no room since the last that was written.
    lost: u64,
    is_writing: bool,
    is_over: bool,
}

impl Lines {
    /// Writes lines to `out`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn write_to(out: impl Write + Send + 'static) -> std::io::Result<Self> {
        let queue = Queue(Arc::default());
        let shared = queue.0.clone();
        std::thread::Builder::new().name("log".to_owned()).spawn(move || shared.write_all(out))?;
        Ok(Self(queue))
    }

    /// Where to put lines.
    pub(crate) fn queue(&self) -> Queue {
        self.0.clone()
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let shared = &self.0.0;
        let mut waiting = shared.lock();
        waiting.is_over = true;
        shared.more.notify_one();
        let is_busy = |waiting: &mut Waiting| waiting.is_writing || !waiting.lines.is_empty();
        let _ = shared.idle.wait_timeout_while(waiting, LAST_WRITES, is_busy);
    }
}

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let mut waiting = self.0.lock();
        if waiting.octets + line.len() > MOST_OCTETS {
            waiting.lost += 1;
        } else {
            waiting.octets += line.len();
            waiting.lines.push_back(line.to_vec());
            self.0.more.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn write_all(&self, mut out: impl Write) {
        let mut unwritten = 0;
        while let Some((lines, no_room)) = self.take() {
            unwritten += no_room;
            for line in lines {
                if out.write_all(&line).is_err() {
                    unwritten += 1;
                } else if unwritten > 0 {
                    metrics::counter!("beep_log_lines_lost_total").increment(unwritten);
                    tracing::warn!(lines = unwritten, "lines of the log were lost, because it could not be written");
                    unwritten = 0;
                }
            }
        }
    }

    /// Waits for lines and takes them, with how many were lost meanwhile; none once there will be no more.
    fn take(&self) -> Option<(VecDeque<Vec<u8>>, u64)> {
        let mut waiting = self.lock();
        waiting.is_writing = false;
        if waiting.lines.is_empty() {
            self.idle.notify_all();
        }
        let is_idle = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.is_over;
        let mut waiting = self.more.wait_while(waiting, is_idle).unwrap_or_else(PoisonError::into_inner);
        if waiting.lines.is_empty() {
            return None;
        }
        waiting.is_writing = true;
        waiting.octets = 0;
        Some((std::mem::take(&mut waiting.lines), std::mem::take(&mut waiting.lost)))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much waits to be written at most.
const MOST_OCTETS: usize = 4 << 20;

/// How long the last lines may take.
const LAST_WRITES: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Takes a line whenever it is let, and says what came of it.
    struct Gate {
        answers: mpsc::Receiver<std::io::Result<()>>,
        written: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Gate {
        fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
            self.answers.recv().map_err(std::io::Error::other)??;
            self.written.send(line.to_vec()).map_err(std::io::Error::other)?;
            Ok(line.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn gate() -> (Lines, mpsc::Sender<std::io::Result<()>>, mpsc::Receiver<Vec<u8>>) {
        let ((lets, answers), (written, seen)) = (mpsc::channel(), mpsc::channel());
        (Lines::write_to(Gate { answers, written }).expect("a thread"), lets, seen)
    }

    #[test]
    fn what_cannot_be_written_stops_nobody_and_the_next_line_comes_through() {
        let (lines, lets, seen) = gate();
        let mut queue = lines.queue();
        queue.write_all(b"one\n").expect("it never fails");
        lets.send(Err(std::io::ErrorKind::StorageFull.into())).expect("it is waited for");
        queue.write_all(b"two\n").expect("it never fails");
        lets.send(Ok(())).expect("it is waited for");
        assert_eq!(seen.recv().expect("it is written"), b"two\n");
    }

    #[test]
    fn who_logs_does_not_wait_for_a_reader_that_takes_nothing() {
        let (lines, lets, seen) = gate();
        let mut queue = lines.queue();
        let line = vec![b'x'; MOST_OCTETS / 4];
        queue.write_all(&line).expect("it never waits");
        while !queue.0.lock().is_writing {
            std::thread::yield_now();
        }
        for _ in 0..16 {
            queue.write_all(&line).expect("it never waits");
        }
        let held = {
            let waiting = queue.0.lock();
            (waiting.octets, waiting.lost)
        };
        assert_eq!(held, (MOST_OCTETS, 12), "only so many are held");
        drop(lets);
        drop(lines);
        assert!(seen.recv().is_err(), "nothing was let through");
    }

    #[test]
    fn the_last_lines_are_written_before_the_end() {
        let (lines, lets, seen) = gate();
        for _ in 0..3 {
            lines.queue().write_all(b"line\n").expect("it never fails");
            lets.send(Ok(())).expect("it is waited for");
        }
        drop(lines);
        assert_eq!(seen.try_iter().count(), 3);
    }
}
