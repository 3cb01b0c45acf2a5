//! Exit statuses: the one table of them.

use std::process::ExitCode;

use crate::results::Verdict;

/// The exit status of a command that ran to its end, the best first: of several, the last counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    /// Everything that was judged is valid.
    Valid,
    /// The verdict is unknown.
    Unknown,
    /// The saved results were not what their histories give.
    Differs,
    /// The verdict is violated.
    Violated,
}

/// The exit status of an error.
pub(super) const ERROR: u8 = 3;

/// Every exit status in one line, for the end of a help.
pub(super) const SHORT: &str =
    "Exit status: 0 valid, 1 violated, 2 unknown, 3 error, 5 saved results differ.";

impl Status {
    /// Every status.
    #[cfg(test)]
    const ALL: [Status; 4] = [Status::Valid, Status::Unknown, Status::Differs, Status::Violated];

    /// Its number.
    pub fn code(self) -> u8 {
        match self {
            Status::Valid => 0,
            Status::Violated => 1,
            Status::Unknown => 2,
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
    fn every_status_has_a_number_of_its_own_that_the_help_names() {
        let mut codes: Vec<u8> = Status::ALL.map(Status::code).into_iter().chain([ERROR]).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Status::ALL.len() + 1);
        let named = |code: &u8| SHORT.contains(&format!(" {code} "));
        assert!(codes.iter().all(named), "{codes:?}");
    }
}
