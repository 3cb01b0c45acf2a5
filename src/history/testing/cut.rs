//! A history that is cut at any byte, or damaged below its lines.

use super::{SMALL, read, small, write};
use crate::history::{History, ReadError, Reader};

/// The reported place of a cut, and whether it is within a line.
fn cut(error: &Option<ReadError>) -> Option<(u64, bool)> {
    match error {
        Some(ReadError::Truncated { last_good, torn }) => Some((*last_good, *torn)),
        Some(_) | None => None,
    }
}

#[test]
fn a_stream_cut_at_any_byte_gives_a_prefix_and_says_where_it_ends() {
    let (events, bytes) = (small(), write(&small()));
    for length in 0..bytes.len() {
        let (prefix, error) = read(&bytes[..length]);
        assert!(events.starts_with(&prefix), "{length} bytes");
        let (last_good, _) = cut(&error).unwrap_or_else(|| panic!("{length} bytes: {error:?}"));
        assert_eq!(last_good, prefix.len() as u64, "{length} bytes");
    }
}

#[test]
fn text_cut_at_any_byte_gives_a_prefix_and_reports_a_torn_line() {
    let events = small();
    for length in 0..SMALL.len() {
        let (prefix, error) = read(&SMALL.as_bytes()[..length]);
        assert!(events.starts_with(&prefix), "{length} bytes");
        let begun = SMALL[..length].rsplit('\n').next().unwrap_or_default();
        let whole = begun.is_empty() || SMALL[length..].starts_with('\n');
        let expected = (!whole || length == 0).then_some((prefix.len() as u64, !whole));
        assert_eq!(cut(&error), expected, "{length} bytes: {error:?}");
    }
}

#[test]
fn what_a_killed_run_left_can_be_judged() {
    let bytes = SMALL.as_bytes();
    let at = SMALL.find(r#"{"e":"session","t":30000"#).unwrap();
    let (history, error) = History::salvage(Reader::new(&bytes[..at + 9]).unwrap()).unwrap();
    assert_eq!(cut(&error), Some((18, true)));
    assert_eq!((history.operations.len(), history.ended_at), (3, None));
    let error = History::load(Reader::new(&bytes[..at + 9]).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "the history is cut off after line 18, within the next one");
}

#[test]
fn nothing_at_all_is_a_cut_before_the_first_line() {
    let error = read(b"").1.unwrap();
    assert_eq!(error.to_string(), "the history is cut off after line 0");
}

#[test]
fn a_changed_byte_of_the_stream_is_never_taken_for_a_cut_within_the_text() {
    let (events, bytes) = (small(), write(&small()));
    // The last eight bytes are the checksum and the length.
    for at in bytes.len() - 8..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let (read, error) = read(&damaged);
        assert_eq!(read, events);
        assert!(matches!(error, Some(ReadError::Corrupt { last_good: 36, .. })), "{error:?}");
    }
}

#[test]
fn a_changed_byte_is_reported_or_changes_nothing() {
    let (events, bytes) = (small(), write(&small()));
    // The header of a gzip stream has fields that say nothing about the text.
    for at in 10..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        let (read, error) = read(&damaged);
        assert!(error.is_some() || read == events, "byte {at}");
    }
}
