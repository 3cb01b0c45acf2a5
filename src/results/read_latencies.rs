//! The latency of every measured read, in a file of its own: with it, reads of two trials can be paired.
//!
//! `reads.csv.gz` is compressed text with a heading and a row for each read, in order of customers and places.

use std::io::{self, Read as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

/// A measured read by its place in the plan, which trials of equal arrivals share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadLatency {
    /// The customer, from 0; one that opened its session again is the same.
    pub customer: u32,
    /// The operation's place in the customer's sequence, from 0; arrivals that were never begun have one, too.
    pub place: u64,
    /// The account that was read.
    pub account: u64,
    /// The intended start, since the trial's base.
    pub intended_ns: u64,
    /// From the intended start to the end, however it ended; of a read that never ended, its age at the trial's end.
    pub latency_ns: u64,
}

/// The largest file that is read, uncompressed: some twenty million reads.
const INFLATED_MAX: u64 = 1 << 30;

pub(super) fn bytes(reads: &[ReadLatency]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(GzEncoder::new(Vec::new(), Compression::fast()));
    reads.iter().for_each(|read| writer.serialize(read).expect("memory can be written"));
    let gz = writer.into_inner().expect("memory can be written");
    gz.finish().expect("memory can be written")
}

/// The inverse of [`bytes`].
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<ReadLatency>, csv::Error> {
    let mut text = Vec::new();
    GzDecoder::new(bytes).take(INFLATED_MAX).read_to_end(&mut text)?;
    let rows = csv::Reader::from_reader(text.as_slice()).into_deserialize().collect::<Result<Vec<_>, _>>()?;
    let in_order =
        |pair: &[ReadLatency]| (pair[0].customer, pair[0].place) < (pair[1].customer, pair[1].place);
    if rows.windows(2).all(in_order) {
        return Ok(rows);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "rows are not in order of customers and places").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(customer: u32, place: u64) -> ReadLatency {
        ReadLatency { customer, place, account: 7, intended_ns: 250_000, latency_ns: 1_500_000 }
    }

    #[test]
    fn reads_come_back_as_they_were_written() {
        for reads in [vec![], vec![read(0, 3), read(0, 4), read(2, 0)]] {
            assert_eq!(parse(&bytes(&reads)).unwrap(), reads);
        }
    }

    #[test]
    fn a_file_that_is_cut_or_out_of_order_is_refused() {
        let whole = bytes(&[read(0, 3), read(1, 0)]);
        parse(&whole[..whole.len() - 9]).unwrap_err();
        parse(b"no archive").unwrap_err();
        let error = parse(&bytes(&[read(1, 0), read(0, 3)])).unwrap_err();
        assert!(error.to_string().contains("not in order"), "{error}");
    }
}
