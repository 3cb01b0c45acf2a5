//! Reads a history line by line, compressed or not.

use std::io::{self, BufRead, BufReader};

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use serde_json::error::Category;

use super::complete::{CompleteLine, NoCompletion};
use super::event::Event;
use super::witness::{Deltas, OutOfRange};
use super::{OriginIndex, SessionIndex, VERSION};

/// The first byte of every gzip stream, and of no JSON.
const GZIP: u8 = 0x1f;

/// The events of a history with their line numbers, from 1. Ends after the first error.
#[derive(Debug)]
pub struct Reader<R: BufRead> {
    input: HistorySource<R>,
    deltas: Deltas,
    /// Number of whole lines read.
    lines: u64,
    text: Vec<u8>,
    ended: bool,
}

/// Why a history cannot be read further. Lines count from 1.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The writer was killed, or the file was not copied whole. All lines up to the last good one can be trusted.
    #[error("the history is cut off after line {last_good}{}", within(*.torn))]
    Truncated {
        /// The last whole line; 0 if there is none.
        last_good: u64,
        /// Whether a part of the next line is there.
        torn: bool,
    },
    /// The bytes are no gzip stream any more.
    #[error("the compressed stream is damaged after line {last_good}: {cause}; copy the file again")]
    Corrupt {
        /// The last line that could be read.
        last_good: u64,
        /// The decompressor's error.
        cause: io::Error,
    },
    /// A line that is no JSON.
    #[error("line {line}, column {column} is not JSON: {what}; each line holds one whole object")]
    NotJson {
        /// Which line.
        line: u64,
        /// Where in the line, from 1.
        column: usize,
        /// The parser's error.
        what: String,
    },
    /// An unknown kind or key, a missing key, a value of another type.
    #[error(
        "line {line}: {what}; the keys of version {VERSION} are listed in the documentation of `history`"
    )]
    Schema {
        /// Which line.
        line: u64,
        /// The parser's error.
        what: String,
    },
    /// Another version of the format.
    #[error(
        "line {line}: the history has format version {found}, and this program reads version {VERSION}; use readback \
         0.{found}, or run the trial again"
    )]
    Version {
        /// The line of the header.
        line: u64,
        /// The header's version.
        found: u64,
    },
    /// A change that leads a witness out of the range of counters.
    #[error(
        "line {line}: the witness of session {session} counts less than nothing of origin {origin}, or too much; \
         a line before is changed or missing"
    )]
    Witness {
        /// Which line.
        line: u64,
        /// The session that was answered.
        session: SessionIndex,
        /// The origin whose counter leaves its range.
        origin: OriginIndex,
    },
    /// The file cannot be read.
    #[error("after line {last_good}: {cause}")]
    Io {
        /// The last line that could be read.
        last_good: u64,
        /// The system's error.
        cause: io::Error,
    },
}

#[derive(Debug)]
enum HistorySource<R: BufRead> {
    Gzip(BufReader<MultiGzDecoder<R>>),
    Text(R),
}

impl<R: BufRead> Reader<R> {
    /// The first byte shows whether the input is compressed.
    ///
    /// # Errors
    ///
    /// That the first bytes cannot be read. If their content is wrong, the first item is the error.
    pub fn new(mut input: R) -> io::Result<Reader<R>> {
        let compressed = input.fill_buf()?.first() == Some(&GZIP);
        let input = match compressed {
            true => HistorySource::Gzip(BufReader::new(MultiGzDecoder::new(input))),
            false => HistorySource::Text(input),
        };
        Ok(Reader { input, deltas: Deltas::default(), lines: 0, text: Vec::new(), ended: false })
    }

    /// The next event, `None` at the end.
    fn read(&mut self) -> Result<Option<Event>, ReadError> {
        self.text.clear();
        let read = self.input.read_line(&mut self.text);
        if let Err(cause) = read {
            return Err(self.broken(cause));
        }
        if self.text.is_empty() {
            let empty = ReadError::Truncated { last_good: 0, torn: false };
            return if self.lines == 0 { Err(empty) } else { Ok(None) };
        }
        let event = self.parse(self.lines + 1)?;
        self.lines += 1;
        Ok(Some(event))
    }

    fn parse(&mut self, line: u64) -> Result<Event, ReadError> {
        let parsed: Result<Event<CompleteLine>, _> = serde_json::from_slice(&self.text);
        let event = match parsed {
            Ok(Event::Header(header)) if header.version != VERSION => {
                return Err(ReadError::Version { line, found: header.version.into() });
            }
            Ok(event) => event,
            Err(error) => return Err(self.strange(line, &error)),
        };
        let deltas = &mut self.deltas;
        event.try_map(|complete| complete.read(deltas)).map_err(|error| match error {
            NoCompletion::Keys => ReadError::Schema { line, what: GO_TOGETHER.to_owned() },
            NoCompletion::Witness(session, OutOfRange(origin)) => {
                ReadError::Witness { line, session, origin }
            }
        })
    }

    /// What is wrong with a line that is no event of this version.
    fn strange(&self, line: u64, error: &serde_json::Error) -> ReadError {
        let whole = self.text.ends_with(b"\n");
        match error.classify() {
            Category::Data => version(&self.text).filter(|&found| found != u64::from(VERSION)).map_or_else(
                || ReadError::Schema { line, what: what(error) },
                |found| ReadError::Version { line, found },
            ),
            Category::Eof if !whole => ReadError::Truncated { last_good: line - 1, torn: true },
            Category::Eof | Category::Syntax | Category::Io => {
                ReadError::NotJson { line, column: error.column(), what: what(error) }
            }
        }
    }

    fn broken(&self, cause: io::Error) -> ReadError {
        let last_good = self.lines;
        match cause.kind() {
            io::ErrorKind::UnexpectedEof => ReadError::Truncated { last_good, torn: !self.text.is_empty() },
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                ReadError::Corrupt { last_good, cause }
            }
            _ => ReadError::Io { last_good, cause },
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<(u64, Event), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read().transpose();
        self.ended = !matches!(read, Some(Ok(_)));
        Some(read?.map(|event| (self.lines, event)))
    }
}

impl<R: BufRead> HistorySource<R> {
    fn read_line(&mut self, text: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            HistorySource::Gzip(input) => input.read_until(b'\n', text),
            HistorySource::Text(input) => input.read_until(b'\n', text),
        }
    }
}

const GO_TOGETHER: &str = "an outcome `ok` goes with `dot`, or with `balance` and `witness`; \
    `fail` and `info` go with `cause` and `text`";

/// The format version of a header, whatever else it holds: another version's keys are not to be judged.
fn version(text: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct AnyHeader {
        e: String,
        version: u64,
    }
    let header: AnyHeader = serde_json::from_slice(text).ok()?;
    (header.e == "header").then_some(header.version)
}

/// The error without its place: a line of its own has a number that the parser does not know.
fn what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

fn within(torn: bool) -> &'static str {
    if torn { ", within the next one" } else { "" }
}
