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
    LoseState,
    SlowDisk,
    FullDisk,
    FailingSync,
    /// An operation ended like this.
    Ended(EndingRow),
    Sometimes(Sometimes),
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndingRow {
    Written,
    Read,
    WriteFailed(CauseWord),
    ReadFailed(CauseWord),
    WriteUnknown(CauseWord),
}

/// What does not always happen, and must happen sometimes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sometimes {
    ParkedInPartition,
    ParkedOverReturn,
    Retried,
    Joined,
    Recalled,
    Lost,
    Duplicated,
    SentAgain,
    Relayed,
    RunTwice,
    EarlyGivenUp,
    BornAgain,
    Snapshot,
    TransferBroken,
    SessionForgotten,
    TokenLost,
    LogFull,
    DiskFull,
    CrashUnwritten,
    CrashUnsynced,
    CrashUntold,
    TornTail,
    Checkpoint,
    ParkedFull,
    CopiesFull,
    ArrivalRefused,
    Overdraft,
    UnknownHappened,
    UnknownDidNot,
    WriteLost,
    StaleUnpromised,
    AskedWhileAway,
}

impl CoverageRow {
    /// Every row that a large swarm must come across.
    pub fn expected() -> Vec<CoverageRow> {
        let faults = FaultKind::ALL.into_iter().map(CoverageRow::Fault);
        let accidents = [
            CoverageRow::CrashKept,
            CoverageRow::CrashLost,
            CoverageRow::LoseState,
            CoverageRow::SlowDisk,
            CoverageRow::FullDisk,
            CoverageRow::FailingSync,
        ];
        let endings = EndingRow::EXPECTED.into_iter().map(CoverageRow::Ended);
        let sometimes = Sometimes::ALL.into_iter().map(CoverageRow::Sometimes);
        faults.chain(accidents).chain(endings).chain(sometimes).collect()
    }
}

impl EndingRow {
    /// Those that a sound cluster gives. Others are told if they occur.
    const EXPECTED: [EndingRow; 11] = [
        EndingRow::Written,
        EndingRow::Read,
        EndingRow::WriteFailed(CauseWord::InsufficientFunds),
        EndingRow::WriteFailed(CauseWord::GivenUp),
        EndingRow::ReadFailed(CauseWord::GivenUp),
        EndingRow::ReadFailed(CauseWord::Deadline),
        EndingRow::ReadFailed(CauseWord::TokenLost),
        EndingRow::WriteUnknown(CauseWord::GivenUp),
        EndingRow::WriteUnknown(CauseWord::Deadline),
        EndingRow::WriteUnknown(CauseWord::IncarnationGone),
        EndingRow::WriteUnknown(CauseWord::SessionForgotten),
    ];
}

impl Sometimes {
    pub const ALL: [Sometimes; 32] = [
        Sometimes::ParkedInPartition,
        Sometimes::ParkedOverReturn,
        Sometimes::Retried,
        Sometimes::Joined,
        Sometimes::Recalled,
        Sometimes::Lost,
        Sometimes::Duplicated,
        Sometimes::SentAgain,
        Sometimes::Relayed,
        Sometimes::RunTwice,
        Sometimes::EarlyGivenUp,
        Sometimes::BornAgain,
        Sometimes::Snapshot,
        Sometimes::TransferBroken,
        Sometimes::SessionForgotten,
        Sometimes::TokenLost,
        Sometimes::LogFull,
        Sometimes::DiskFull,
        Sometimes::CrashUnwritten,
        Sometimes::CrashUnsynced,
        Sometimes::CrashUntold,
        Sometimes::TornTail,
        Sometimes::Checkpoint,
        Sometimes::ParkedFull,
        Sometimes::CopiesFull,
        Sometimes::ArrivalRefused,
        Sometimes::Overdraft,
        Sometimes::UnknownHappened,
        Sometimes::UnknownDidNot,
        Sometimes::WriteLost,
        Sometimes::StaleUnpromised,
        Sometimes::AskedWhileAway,
    ];
}

/// The heading under which a row stands, and the row.
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
            CoverageRow::Ended(ending) => write!(f, "outcome: {ending}"),
            CoverageRow::Sometimes(sometimes) => write!(f, "sometimes: {sometimes}"),
        }
    }
}

impl fmt::Display for EndingRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EndingRow::Written => f.write_str("write ok"),
            EndingRow::Read => f.write_str("read ok"),
            EndingRow::WriteFailed(word) => write!(f, "write fail, {}", plain(*word)),
            EndingRow::ReadFailed(word) => write!(f, "read fail, {}", plain(*word)),
            EndingRow::WriteUnknown(word) => write!(f, "write info, {}", plain(*word)),
        }
    }
}

/// As in histories.
fn plain(word: CauseWord) -> String {
    let value = serde_json::to_value(word).expect("a word is JSON");
    value.as_str().unwrap_or_default().to_owned()
}

impl fmt::Display for Sometimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sometimes::ParkedInPartition => "a read was parked while branches were cut apart",
            Sometimes::ParkedOverReturn => "a branch came back while requests were parked at another",
            Sometimes::Retried => "an operation was tried again",
            Sometimes::Joined => "a copy joined a request that was still waiting",
            Sometimes::Recalled => "a retry found its write executed already",
            Sometimes::Lost => "a run of writes was lost on its way",
            Sometimes::Duplicated => "a run of writes was delivered twice",
            Sometimes::SentAgain => "a lost run was sent again and filled the gap",
            Sometimes::Relayed => "a branch helped a peer to another origin's writes",
            Sometimes::RunTwice => "a run arrived that held nothing new",
            Sometimes::EarlyGivenUp => "writes were given up because too many came early",
            Sometimes::BornAgain => "a branch began a new incarnation",
            Sometimes::Snapshot => "a branch installed a snapshot",
            Sometimes::TransferBroken => "a transfer of a snapshot broke and began again",
            Sometimes::SessionForgotten => "a session was forgotten and opened anew with its token",
            Sometimes::TokenLost => "a token was lost and a session opened anew without it",
            Sometimes::LogFull => "a write was refused because the log was full",
            Sometimes::DiskFull => "a write was refused because the disk was full",
            Sometimes::CrashUnwritten => "a branch crashed before records were written",
            Sometimes::CrashUnsynced => "a branch crashed after a write and before its sync",
            Sometimes::CrashUntold => "a branch crashed after a sync and before the reply",
            Sometimes::TornTail => "a recovery cut a torn end off its log",
            Sometimes::Checkpoint => "a log began anew with a checkpoint",
            Sometimes::ParkedFull => "a request was refused because too many were parked",
            Sometimes::CopiesFull => "a copy was refused because too many waited",
            Sometimes::ArrivalRefused => "an arrival was refused because its session was busy",
            Sometimes::Overdraft => "an account was overdrawn",
            Sometimes::UnknownHappened => "a write of unknown outcome had happened",
            Sometimes::UnknownDidNot => "a write of unknown outcome had not happened",
            Sometimes::WriteLost => "an acknowledged write was lost with its log",
            Sometimes::StaleUnpromised => "a read was stale where nothing was promised",
            Sometimes::AskedWhileAway => "a branch was asked while it was down or stood still",
        })
    }
}
