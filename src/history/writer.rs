//! Writes a history while the trial runs.

use std::io::{self, Write};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::model::Time;

use super::complete::CompleteLine;
use super::event::{Event, HistoryEnd};
use super::witness::{Deltas, OutOfRange};

/// After so much text, or so long since the last time, what was written is made readable. A run that is killed
/// loses no more than that.
const BLOCK_BYTES: usize = 64 * 1024;
const BLOCK_SPAN: Duration = Duration::from_secs(1);

/// Compresses events as they come. Equal events give equal bytes.
///
/// It writes in small pieces, so a file wants a `BufWriter`; every block is flushed through it.
#[derive(Debug)]
pub struct Writer<W: Write> {
    gzip: GzEncoder<W>,
    deltas: Deltas,
    lines: u64,
    /// One event as text, kept for its room.
    text: Vec<u8>,
    /// Bytes of text since the last block ended, and the time of its last event.
    unflushed: usize,
    flushed_at: Time,
}

impl<W: Write> Writer<W> {
    /// Writes to `out` with the fastest compression, since the recorder shares the machine with what is measured. It
    /// leaves about a fifth of the text; the usual one leaves a sixth, for four times the work.
    pub fn new(out: W) -> Writer<W> {
        Writer {
            gzip: GzEncoder::new(out, Compression::fast()),
            deltas: Deltas::default(),
            lines: 0,
            text: Vec::new(),
            unflushed: 0,
            flushed_at: Time(0),
        }
    }

    /// Writes one event; events come in order of their times.
    ///
    /// # Errors
    ///
    /// Those of the file; and `InvalidInput` for a witness with a counter beyond 2^63 - 1. After an error the
    /// history is not to be used further.
    pub fn append(&mut self, event: &Event) -> io::Result<()> {
        let deltas = &mut self.deltas;
        let line = event.clone().try_map(|complete| CompleteLine::write(complete, deltas)).map_err(beyond)?;
        self.text.clear();
        serde_json::to_writer(&mut self.text, &line)?;
        self.text.push(b'\n');
        self.gzip.write_all(&self.text)?;
        self.lines += 1;
        self.unflushed += self.text.len();
        self.end_block_if_due(event.t().unwrap_or_default())
    }

    /// Number of lines written.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Closes a history that was recorded to its end, with the last event, which has the number of lines.
    ///
    /// # Errors
    ///
    /// Those of [`Writer::append`].
    pub fn end(mut self, t: Time) -> io::Result<W> {
        self.append(&Event::End(HistoryEnd { t, lines: self.lines + 1 }))?;
        self.finish()
    }

    /// Closes the stream as it is. Without an end the history stays incomplete, and its readers report that.
    ///
    /// # Errors
    ///
    /// Those of the file.
    pub fn finish(self) -> io::Result<W> {
        let mut out = self.gzip.finish()?;
        out.flush()?;
        Ok(out)
    }

    fn end_block_if_due(&mut self, t: Time) -> io::Result<()> {
        if self.unflushed < BLOCK_BYTES && t.since(self.flushed_at) < BLOCK_SPAN {
            return Ok(());
        }
        self.unflushed = 0;
        self.flushed_at = t;
        self.gzip.flush()
    }
}

fn beyond(OutOfRange(origin): OutOfRange) -> io::Error {
    let text = format!("a witness counts more than 2^63 - 1 writes of origin {origin}");
    io::Error::new(io::ErrorKind::InvalidInput, text)
}
