//! The histograms of one trial as an interval log, which other tools of HdrHistogram read.
//!
//! Each histogram is one interval with its span as the tag; all cover the same part of the trial. Values are
//! nanoseconds, and beside each histogram is its largest value in milliseconds.

use std::io::Read as _;
use std::ops::Range;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{
    IntervalLogHistogram, IntervalLogIterator, IntervalLogWriterBuilder, LogEntry, LogIteratorError, Tag,
};
use hdrhistogram::serialization::{Deserializer, V2DeflateSerializer};

use super::histograms::{Histograms, Span};

const HEAD: &str = "#[Histogram log format version 1.3]\n\
    \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";

/// No histogram of this crate comes near it, and a larger one is not read into memory.
const INFLATED_MAX: usize = 1 << 24;

/// Bytes before a compressed stream: what it is, and its length.
const OUTER_HEAD: usize = 8;
/// The same within it, and the parameters of the histogram.
const INNER_HEAD: usize = 40;

/// Why a log cannot be read. Lines count from 1.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HlogError {
    #[error("line {0} is no interval of a histogram log, or it is cut off")]
    NoInterval(usize),
    #[error("the tag `{0}` is no span that is known here")]
    Tag(String),
    #[error("there are two histograms with the tag `{0}`")]
    Twice(&'static str),
    #[error("the histogram with the tag `{0}` is damaged")]
    Histogram(&'static str),
}

pub(super) fn text(histograms: &Histograms, measured: Range<Duration>) -> String {
    let mut bytes = HEAD.as_bytes().to_vec();
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .with_max_value_divisor(1e6)
        .begin_log_with(&mut bytes, &mut serializer)
        .expect("memory can be written");
    for (span, histogram) in histograms.iter() {
        let length = measured.end.saturating_sub(measured.start);
        log.write_histogram(histogram, measured.start, length, Tag::new(span.name()))
            .expect("a histogram fits into memory twice");
    }
    String::from_utf8(bytes).expect("a log is text")
}

/// The inverse of [`text`].
pub(super) fn parse(log: &[u8]) -> Result<Histograms, HlogError> {
    let mut histograms = Histograms::default();
    for entry in IntervalLogIterator::new(log) {
        match entry {
            Ok(LogEntry::Interval(interval)) => {
                let (span, histogram) = read(&interval)?;
                if histograms.get(span).is_some() {
                    return Err(HlogError::Twice(span.name()));
                }
                histograms.insert(span, histogram);
            }
            Ok(LogEntry::StartTime(_) | LogEntry::BaseTime(_)) => {}
            Err(LogIteratorError::ParseError { offset }) => {
                let line = 1 + log[..offset].iter().filter(|&&byte| byte == b'\n').count();
                return Err(HlogError::NoInterval(line));
            }
        }
    }
    Ok(histograms)
}

fn read(interval: &IntervalLogHistogram) -> Result<(Span, Histogram<u64>), HlogError> {
    let tag = interval.tag().map_or("", |tag| tag.as_str());
    let span = Span::ALL.into_iter().find(|span| span.name() == tag);
    let span = span.ok_or_else(|| HlogError::Tag(tag.to_owned()))?;
    let histogram = inflated(interval.encoded_histogram())
        .and_then(|bytes| Deserializer::new().deserialize(&mut bytes.as_slice()).ok());
    Ok((span, histogram.ok_or(HlogError::Histogram(span.name()))?))
}

/// The uncompressed form of a histogram. It is inflated before any of it is trusted: the checksum is at the end, and a
/// false length would be allocated.
fn inflated(text: &str) -> Option<Vec<u8>> {
    let outer = STANDARD.decode(text).ok()?;
    let mut inner = Vec::new();
    ZlibDecoder::new(outer.get(OUTER_HEAD..)?).take(INFLATED_MAX as u64).read_to_end(&mut inner).ok()?;
    let claimed: [u8; 4] = inner.get(4..8)?.try_into().ok()?;
    let claimed = usize::try_from(u32::from_be_bytes(claimed)).ok()?;
    (inner.len() == INNER_HEAD + claimed).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: Range<Duration> = Duration::from_millis(500)..Duration::from_millis(2_500);

    fn sample() -> Histograms {
        let mut histograms = Histograms::default();
        for ms in 1..=1_000 {
            histograms.record(Span::Latency, ms * 1_000_000);
            histograms.record(Span::InjectionErrorReplicate, ms * 100);
        }
        histograms.record(Span::Wait, 0);
        histograms.record(Span::Wait, u64::MAX);
        histograms.insert(Span::ExcessWait, Histograms::empty());
        histograms
    }

    #[test]
    fn histograms_read_back_equal() {
        for histograms in [sample(), Histograms::default()] {
            assert_eq!(parse(text(&histograms, MEASURED).as_bytes()), Ok(histograms));
        }
    }

    #[test]
    fn a_log_has_spans_times_in_seconds_and_the_largest_value_in_milliseconds() {
        let log = text(&sample(), MEASURED);
        let lines: Vec<&str> = log.lines().collect();
        assert_eq!(lines.len(), 3 + 4, "{log}");
        assert!(lines[0].starts_with("#[Histogram log format version 1."), "{log}");
        // Of the values that count as equal to 1000 ms, the largest is 1000.342 ms.
        assert!(lines[6].starts_with("Tag=injection_error_replicate,0.500,2.000,0.100,HIST"), "{log}");
        assert!(lines[5].starts_with("Tag=latency,0.500,2.000,1000.342,HIST"), "{log}");
    }

    #[test]
    fn a_log_that_is_damaged_is_refused_with_its_place() {
        let log = text(&sample(), MEASURED);
        let last = log.lines().last().unwrap();
        let rows = [
            ("cut within the last line", log[..log.len() - 20].to_owned(), HlogError::NoInterval(7)),
            ("no log", "garbage\n".to_owned(), HlogError::NoInterval(1)),
            ("a binary file", "\u{0}\u{1}\u{2}".to_owned(), HlogError::NoInterval(1)),
            ("a line twice", format!("{log}{last}\n"), HlogError::Twice("injection_error_replicate")),
            ("a foreign tag", log.replace("Tag=latency,", "Tag=gc,"), HlogError::Tag("gc".to_owned())),
            ("no tag", log.replace("Tag=latency,", ""), HlogError::Tag(String::new())),
            ("no base64", log.replace("HIST", "H!ST"), HlogError::Histogram("wait")),
            ("half of a histogram", cut_histogram(&log), HlogError::Histogram("wait")),
        ];
        for (name, damaged, expected) in rows {
            assert_eq!(parse(damaged.as_bytes()), Err(expected), "{name}");
        }
    }

    fn cut_histogram(log: &str) -> String {
        let line = log.lines().find(|line| line.starts_with("Tag=wait,")).unwrap();
        log.replace(line, &line[..line.len() - 8])
    }

    #[test]
    fn no_changed_letter_goes_unnoticed_or_takes_the_reader_down() {
        let mut histograms = Histograms::default();
        histograms.record(Span::Wait, 1_000);
        let log = text(&histograms, MEASURED);
        let begin = log.find("HIST").unwrap();
        for at in begin..log.len() - 1 {
            let mut damaged = log.clone().into_bytes();
            damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
            // The outer head is not protected by the check sum, and nothing there is used.
            let read = parse(&damaged);
            assert!(read.is_err() || read == Ok(histograms.clone()), "letter {at} of {log}");
        }
    }
}
