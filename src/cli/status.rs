//! Exit statuses: the one table of them.

use std::process::ExitCode;

use crate::results::{Summary, Verdict};

/// The exit status of a command that ran to its end, the best first: of several, the last counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    /// Everything that was judged is valid.
    Valid,
    /// The verdict is unknown, or a strict caller asks for a fit measurement.
    Unknown,
    /// An expectation fails.
    Unexpected,
    /// The saved results were not what their histories give.
    Differs,
    /// The verdict is violated.
    Violated,
}

/// The exit status of an error.
pub(super) const ERROR: u8 = 3;

/// What every exit status means. README.md and the helps have it from here.
pub(super) const TABLE: [(u8, &str); 6] = [
    (0, "valid"),
    (1, "violated"),
    (2, "unknown; with --strict also unfit"),
    (ERROR, "error"),
    (4, "an expectation of the file fails"),
    (5, "check: saved results are not what their histories give"),
];

/// The table as the end of a help.
pub(super) fn help() -> String {
    let rows = TABLE.map(|(code, meaning)| format!("  {code}  {meaning}\n")).concat();
    format!("Exit status; of several 3 counts first, then 1, 5, 4, 2:\n{rows}")
}

impl Status {
    /// The status of a run that was summed up.
    pub fn of(summary: &Summary, is_strict: bool) -> Status {
        let is_unfit = !summary.fitness.is_fit;
        let fitness = if is_strict && is_unfit { Status::Unknown } else { Status::Valid };
        let fails = summary.expectations.iter().any(|outcome| !outcome.holds);
        let expectations = if fails { Status::Unexpected } else { Status::Valid };
        Status::from(summary.verdict).max(fitness).max(expectations)
    }

    /// Its number.
    pub fn code(self) -> u8 {
        match self {
            Status::Valid => 0,
            Status::Violated => 1,
            Status::Unknown => 2,
            Status::Unexpected => 4,
            Status::Differs => 5,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status.code())
    }
}

impl From<Verdict> for Status {
    fn from(verdict: Verdict) -> Status {
        match verdict {
            Verdict::Valid => Status::Valid,
            Verdict::Violated => Status::Violated,
            Verdict::Unknown => Status::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_row_of_its_own_in_the_table() {
        use Status::{Differs, Unexpected, Unknown, Valid, Violated};
        let mut codes: Vec<u8> = [Valid, Unknown, Unexpected, Differs, Violated].map(Status::code).to_vec();
        codes.push(ERROR);
        codes.sort_unstable();
        assert_eq!(codes, TABLE.map(|(code, _)| code));
    }

    #[test]
    fn the_page_and_the_room_have_the_table_of_the_helps() {
        let (page, room) = (include_str!("../../README.md"), include_str!("mod.rs"));
        for (code, meaning) in TABLE {
            let row = format!("| {code} | {meaning} |");
            assert!(room.contains(&format!("//! {row}\n")), "{row}");
            assert!(page.contains(&format!("{code} {meaning}")), "{code} {meaning}");
        }
    }
}
