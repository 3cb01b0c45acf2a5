//! The rows of the table.

use std::fmt;

use crate::history::CauseWord;
use crate::network::FaultKind;

/// Something that a swarm should come across.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoverageRow {
    /// A fault window of the network.
    Fault(FaultKind),
    /// A branch was down, and came back with its log.
    CrashKept,
    /// A branch was down, and its log was volatile.
    CrashLost,
    /// A branch was down, and came back without its log.
    LoseState,
    /// A branch's log took longer to sync.
    SlowDisk,
    /// A branch's disk was full.
    FullDisk,
    /// A branch's log could not be synced.
    FailingSync,
    /// A write was acknowledged.
    Written,
    /// A read was answered.
    Read,
    /// A write failed for certain.
    WriteFailed(CauseWord),
    /// A read failed.
    ReadFailed(CauseWord),
    /// A write ended without its outcome being known.
    WriteUnknown(CauseWord),
    /// A row of its own kind.
    Sometimes(Sometimes),
}

/// Declares [`Sometimes`]: its variants, and the text of each.
macro_rules! sometimes {
    ($($name:ident: $text:literal,)*) => {
        /// Events that need not happen in a trial, and must happen in a swarm.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Sometimes {
            $(#[doc = $text] $name,)*
        }

        impl Sometimes {
            /// Every variant, in the order of the table.
            pub const ALL: &[Sometimes] = &[$(Sometimes::$name,)*];
        }

        impl fmt::Display for Sometimes {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Sometimes::$name => $text,)*
                })
            }
        }
    };
}

sometimes! {
    ParkedInPartition: "a read was parked while branches were cut apart",
    ParkedOverReturn: "a branch came back while requests were parked at another",
    Retried: "an operation was tried again",
    Joined: "a copy joined a request that was still waiting",
    Recalled: "a retry found its write executed already",
    Lost: "a batch of writes was lost on its way",
    Duplicated: "a batch of writes was delivered twice",
    SentAgain: "a lost batch was sent again and filled the gap",
    Relayed: "a branch helped a peer to another origin's writes",
    BatchTwice: "a batch arrived that held nothing new",
    EarlyGivenUp: "writes were given up because too many came early",
    BornAgain: "a branch began a new incarnation",
    Snapshot: "a branch installed a snapshot",
    TransferBroken: "a transfer of a snapshot broke and began again",
    SessionForgotten: "a session was forgotten and reopened with its token",
    TokenLost: "a token was lost and a session reopened without it",
    LogFull: "a write was refused because the log was full",
    DiskFull: "a write was refused because the disk was full",
    CrashUnwritten: "a branch crashed before records were written",
    CrashUnsynced: "a branch crashed after a write and before its sync",
    CrashUnreported: "a branch crashed after a sync and before the reply",
    TornTail: "a recovery cut a torn end off its log",
    Checkpoint: "a log was replaced by a checkpoint",
    ParkedFull: "a request was refused because too many were parked",
    CopiesFull: "a copy was refused because too many waited",
    ArrivalRefused: "an arrival was refused because its session was busy",
    Overdraft: "an account was overdrawn",
    UnknownHappened: "a write of unknown outcome had happened",
    UnknownDidNot: "a write of unknown outcome had not happened",
    WriteLost: "an acknowledged write was lost with its log",
    StaleUnpromised: "a read was stale where nothing was promised",
    AskedWhileAway: "a branch was asked while it was down or stood still",
}

impl CoverageRow {
    /// Every row that a large swarm must come across.
    pub fn expected() -> Vec<CoverageRow> {
        use CoverageRow as Row;

        let faults = FaultKind::ALL.into_iter().map(Row::Fault);
        let branch_faults =
            [Row::CrashKept, Row::CrashLost, Row::LoseState, Row::SlowDisk, Row::FullDisk, Row::FailingSync];
        // What a sound cluster gives. Other outcomes have a row if they occur.
        let outcomes = [
            Row::Written,
            Row::Read,
            Row::WriteFailed(CauseWord::InsufficientFunds),
            Row::WriteFailed(CauseWord::GivenUp),
            Row::ReadFailed(CauseWord::GivenUp),
            Row::ReadFailed(CauseWord::Deadline),
            Row::ReadFailed(CauseWord::TokenLost),
            Row::WriteUnknown(CauseWord::GivenUp),
            Row::WriteUnknown(CauseWord::Deadline),
            Row::WriteUnknown(CauseWord::IncarnationGone),
            Row::WriteUnknown(CauseWord::SessionForgotten),
        ];
        let sometimes = Sometimes::ALL.iter().copied().map(Row::Sometimes);
        faults.chain(branch_faults).chain(outcomes).chain(sometimes).collect()
    }
}

/// The heading of a row, and the row.
impl fmt::Display for CoverageRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CoverageRow::Fault(kind) => write!(f, "fault: {kind}"),
            CoverageRow::CrashKept => f.write_str("fault: crash, the log is kept"),
            CoverageRow::CrashLost => f.write_str("fault: crash, the log was volatile"),
            CoverageRow::LoseState => f.write_str("fault: lose_state"),
            CoverageRow::SlowDisk => f.write_str("fault: slow_disk"),
            CoverageRow::FullDisk => f.write_str("fault: full_disk"),
            CoverageRow::FailingSync => f.write_str("fault: failing_sync"),
            CoverageRow::Written => f.write_str("outcome: write ok"),
            CoverageRow::Read => f.write_str("outcome: read ok"),
            CoverageRow::WriteFailed(word) => write!(f, "outcome: write fail, {}", saved_word(*word)),
            CoverageRow::ReadFailed(word) => write!(f, "outcome: read fail, {}", saved_word(*word)),
            CoverageRow::WriteUnknown(word) => write!(f, "outcome: write info, {}", saved_word(*word)),
            CoverageRow::Sometimes(sometimes) => write!(f, "sometimes: {sometimes}"),
        }
    }
}

/// The word that histories have for it.
fn saved_word(word: CauseWord) -> String {
    let value = serde_json::to_value(word).expect("a word is JSON");
    value.as_str().unwrap_or_default().to_owned()
}
