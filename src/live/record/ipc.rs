//! Messages over the pipes between a trial and a branch that is a process.
//!
//! The trial writes to a branch's standard input, the branch to its standard output. A message is a frame: its length
//! (u32, little-endian), then its `postcard` encoding. What a branch has written before it is killed is in the pipe,
//! and the trial still reads it.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::{AccountId, BranchId, Incarnation, Time, VersionVector};
use crate::network::InjectionError;
use crate::results::BranchObserved;
use crate::scenario::Observation;

/// Bytes of a frame at most; a length beyond it is an error.
const FRAME_MAX: u32 = 1 << 30;

/// From the trial to a branch.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::live) enum ToChild {
    /// The first message: who the branch is.
    Spawn(Box<SpawnSpec>),
    Command(TrialCommand),
}

/// What a trial wants of all its branches.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::live) enum TrialCommand {
    /// Where all branches listen: each starts, and connects to the others.
    Connect(BTreeMap<BranchId, SocketAddr>),
    /// The trial's base, from which the network and all faults count.
    StartNetwork(Time),
    /// Count the injection error from now on.
    RestartInjectionError,
    /// Send the state at the end.
    ReportFinalState,
}

/// What a branch needs to start.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::live) struct SpawnSpec {
    /// The trial's plan, as TOML.
    pub plan: String,
    pub initial_balances: Vec<i64>,
    pub branch: BranchId,
    pub incarnation: Incarnation,
    /// The whole cluster is new.
    pub new_cluster: bool,
    /// The address on which an earlier process of this branch listened.
    pub address: Option<SocketAddr>,
    /// The directory of a durable log.
    pub data: Option<PathBuf>,
}

/// From a branch to the trial.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::live) enum FromChild {
    Listening(SocketAddr),
    /// The branch runs: since when, and which writes were visible at the start. If it came back from its log: how many
    /// records it replayed, and in what time.
    Started {
        at: Time,
        applied: VersionVector,
        recovery: Option<(u64, Duration)>,
    },
    /// What happened at one time.
    Observed(Time, Vec<Observation>),
    /// The present status. The branch has reported everything that happened before this time.
    Status(Time, BranchStatus),
    Final(Box<FinalState>),
}

/// A branch at one moment, as a trial watches it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::live) struct BranchStatus {
    /// Requests that wait for writes.
    pub parked: usize,
    /// Messages that have arrived and are not yet due.
    pub held: usize,
    /// Peers to which a stream is open.
    pub connected: usize,
    pub applied: VersionVector,
}

/// A branch at the end of a trial.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::live) struct FinalState {
    pub branch: BranchId,
    pub applied: VersionVector,
    /// The balance of every account, in minor units.
    pub balances: BTreeMap<AccountId, i128>,
    /// What the branch has counted.
    pub observed: BranchObserved,
    /// The injection error of the legs that end at this branch.
    #[serde(with = "leg_counts")]
    pub injection_error: InjectionError,
}

/// Writes one frame.
pub(in crate::live) fn write(out: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(io::Error::other)?;
    let len = u32::try_from(frame.len() - 4).map_err(io::Error::other)?;
    frame[..4].copy_from_slice(&len.to_le_bytes());
    out.write_all(&frame)?;
    out.flush()
}

/// Reads one frame. `None` at the end, and for a frame that was cut short: its writer has ended.
pub(in crate::live) fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut len = [0; 4];
    if !is_whole(from.read_exact(&mut len))? {
        return Ok(None);
    }
    let len = u32::from_le_bytes(len);
    if len > FRAME_MAX {
        return Err(io::Error::other(format!("a message of {len} bytes")));
    }
    let mut bytes = Vec::new();
    from.take(u64::from(len)).read_to_end(&mut bytes)?;
    if bytes.len() < len as usize {
        return Ok(None);
    }
    postcard::from_bytes(&bytes).map(Some).map_err(io::Error::other)
}

fn is_whole(read: io::Result<()>) -> io::Result<bool> {
    match read {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Serde for an injection error: its histograms as rows of leg, nanoseconds and count.
mod leg_counts {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::network::{InjectionError, Leg};

    pub fn serialize<S: Serializer>(error: &InjectionError, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = |(index, leg): (usize, Leg)| {
            let counts = error.leg(leg).iter_recorded();
            counts.map(move |at| (index as u8, at.value_iterated_to(), at.count_since_last_iteration()))
        };
        let rows: Vec<(u8, u64, u64)> = Leg::ALL.into_iter().enumerate().flat_map(rows).collect();
        rows.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<InjectionError, D::Error> {
        let mut error = InjectionError::new();
        for (index, nanoseconds, count) in Vec::<(u8, u64, u64)>::deserialize(deserializer)? {
            if let Some(&leg) = Leg::ALL.get(usize::from(index)) {
                error.note_many(leg, Duration::from_nanos(nanoseconds), count);
            }
        }
        Ok(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Leg;

    #[test]
    fn what_is_written_is_read_and_a_message_that_was_cut_short_is_none() {
        let mut bytes = Vec::new();
        write(&mut bytes, &TrialCommand::StartNetwork(Time(7))).expect("memory takes it");
        write(&mut bytes, &TrialCommand::RestartInjectionError).expect("memory takes it");
        let mut from = &bytes[..];
        assert!(matches!(read(&mut from), Ok(Some(TrialCommand::StartNetwork(Time(7))))));
        assert!(matches!(read(&mut from), Ok(Some(TrialCommand::RestartInjectionError))));
        assert!(matches!(read::<TrialCommand>(&mut from), Ok(None)));
        for cut in 0..5 {
            assert!(matches!(read::<TrialCommand>(&mut &bytes[..cut]), Ok(None)), "cut at {cut}");
        }
        assert!(read::<TrialCommand>(&mut &[255; 8][..]).is_err());
    }

    #[test]
    fn a_final_state_survives_the_pipe_with_its_counts_and_injection_error() {
        let mut injection_error = InjectionError::new();
        injection_error.note_many(Leg::Ack, Duration::from_micros(30), 5);
        injection_error.note(Leg::Request, Duration::from_millis(2));
        let branch = BranchId(2);
        let balances = [(AccountId(0), i128::from(i64::MAX) + 1), (AccountId(1), -3)].into();
        let observed = BranchObserved {
            branch,
            batches_sent: 1,
            acks_sent: 2,
            peer_bytes: 3,
            batches_retransmitted: 4,
            batches_relayed: 5,
            batches_duplicated: 6,
            overdrafts: 7,
            log_records: 8,
            log_syncs: 9,
            lost_by_the_machine: 10,
        };
        let before =
            FinalState { branch, applied: VersionVector::new(), balances, observed, injection_error };
        let mut bytes = Vec::new();
        write(&mut bytes, &before).expect("memory takes it");
        let after: FinalState = read(&mut &bytes[..]).expect("memory gives it").expect("the frame is whole");
        assert_eq!((after.branch, after.applied), (before.branch, before.applied));
        assert_eq!((after.balances, after.observed), (before.balances, before.observed));
        for leg in Leg::ALL {
            assert_eq!(before.injection_error.leg(leg), after.injection_error.leg(leg), "{leg:?}");
        }
    }
}
