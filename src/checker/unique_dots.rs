//! Names of writes: an origin gives each to one write, or witnesses tell nothing.

use crate::history::{History, ShortDot};

use super::records::{Records, Write};
use super::violations::{Kind, Violations};
use super::words::Words;

/// Finds acknowledged writes that have the name of an earlier one.
pub(super) fn judge(history: &History, records: &Records, violations: &mut Violations) {
    let words = Words { origins: &history.origins };
    let mut named: Vec<(ShortDot, u64, &Write)> = Vec::new();
    for write in &records.writes {
        named.extend(write.acknowledged().map(|(line, dot)| (dot, line, write)));
    }
    named.sort_unstable_by_key(|&(dot, line, _)| (dot, line));
    for pair in named.windows(2) {
        let [(dot, first, one), (again, second, two)] = [pair[0], pair[1]];
        if dot == again {
            violations.note(Kind::DotTwice, second, || {
                let text = format!("{} and {} have one name", words.write(one), words.write(two));
                (vec![first, second], text)
            });
        }
    }
}
