//! What the tests of a history share: a small one, and ways to write, read and damage it.

mod cut;
mod damage;
mod format;
mod properties;

use std::io;

use super::{Event, History, ReadError, Reader, Unfit, Writer};

/// A valid history with every kind of event and every key.
pub(super) const SMALL: &str = include_str!("small.jsonl");

pub(super) fn read(bytes: &[u8]) -> (Vec<Event>, Option<ReadError>) {
    let mut events = Vec::new();
    for (item, line) in Reader::new(bytes).expect("memory can be read").zip(1..) {
        match item {
            Ok((number, event)) => {
                assert_eq!(number, line);
                events.push(event);
            }
            Err(error) => return (events, Some(error)),
        }
    }
    (events, None)
}

pub(super) fn write(events: &[Event]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    events.iter().for_each(|event| writer.append(event).expect("memory can be written"));
    writer.finish().expect("memory can be written")
}

pub(super) fn unzip(bytes: &[u8]) -> String {
    io::read_to_string(flate2::read::GzDecoder::new(bytes)).expect("a whole stream of text")
}

pub(super) fn small() -> Vec<Event> {
    let (events, error) = read(SMALL.as_bytes());
    assert!(error.is_none(), "{error:?}");
    events
}

pub(super) fn load(text: &str) -> Result<History, Unfit> {
    History::load(Reader::new(text.as_bytes()).expect("memory can be read"))
}

/// What is found in the small history once its lines were changed.
pub(super) fn findings(damage: impl FnOnce(&mut Vec<String>)) -> Vec<String> {
    let mut lines: Vec<String> = SMALL.lines().map(str::to_owned).collect();
    damage(&mut lines);
    match load(&(lines.join("\n") + "\n")) {
        Ok(_) => Vec::new(),
        Err(Unfit::Malformed(findings)) => findings.iter().map(ToString::to_string).collect(),
        Err(Unfit::Unreadable(error)) => vec![error.to_string()],
    }
}
