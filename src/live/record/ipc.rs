//! What a trial and its branches say to each other where branches are processes.
//!
//! Orders go to a branch's standard input, news come from its standard output: frames of a length (u32,
//! little-endian) and a `postcard` encoding. What a branch has written before it is killed is in the pipe, and is
//! read.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::{AccountId, BranchId, Incarnation, Time, VersionVector};
use crate::network::{InjectionError, Leg};
use crate::scenario::WriteRange;

/// A longer frame is none.
const FRAME_MAX: u32 = 1 << 30;

/// From the trial to a branch.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::live) enum ToChild {
    /// First of all: who the branch is.
    Begin(Box<SpawnSpec>),
    /// Where all branches listen. The branch starts.
    Meet(BTreeMap<BranchId, SocketAddr>),
    /// The trial's base, from which the network and the faults of disks count.
    Raise(Time),
    /// Lateness counts from now on.
    CountLateness,
    /// How the branch stands at the end.
    Account,
}

/// What a branch is born with.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::live) struct SpawnSpec {
    /// The trial's plan, as text.
    pub plan: String,
    pub initial_balances: Vec<i64>,
    pub branch: BranchId,
    pub incarnation: Incarnation,
    /// The whole cluster is new.
    pub new_cluster: bool,
    /// Where it listened before, if it did.
    pub address: Option<SocketAddr>,
    pub data: Option<PathBuf>,
}

/// From a branch to the trial.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::live) enum FromChild {
    Listening(SocketAddr),
    /// It runs, with these writes visible from the start, and has read so many records in so much time, if it came
    /// back.
    Began {
        at: Time,
        applied: VersionVector,
        recovery: Option<(u64, Duration)>,
    },
    /// What happened at one time.
    Seen(Time, Vec<Observation>),
    /// How it stands. All that happened before that time has been told.
    Standing(Time, BranchStanding),
    Account(Box<FinalReport>),
}

/// What happens at a branch, as its history needs it.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::live) enum Observation {
    Applied(WriteRange),
    Sent { to: BranchId, run: WriteRange, copy: u32, delays: Vec<Duration> },
}

/// A branch at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::live) struct BranchStanding {
    pub parked: usize,
    /// Messages that have arrived and are not yet due.
    pub held: usize,
    /// Peers to whom the stream stands.
    pub connected: usize,
    pub applied: VersionVector,
}

/// What is known of a branch at the end.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::live) struct FinalReport {
    pub applied: VersionVector,
    /// Of every account.
    pub balances: Vec<(AccountId, i128)>,
    /// What it counted, as results keep it: JSON.
    pub observed: String,
    /// By leg, lateness in nanoseconds and how often.
    pub late: Vec<(u8, u64, u64)>,
}

/// Writes one frame.
pub(in crate::live) fn write(out: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(io::Error::other)?;
    let len = u32::try_from(frame.len() - 4).map_err(io::Error::other)?;
    frame[..4].copy_from_slice(&len.to_le_bytes());
    out.write_all(&frame)?;
    out.flush()
}

/// Reads one frame. `None` at the end, also of one that was cut short: whoever wrote it is gone.
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

/// Lateness as it travels.
pub(in crate::live) fn late(fidelity: &InjectionError) -> Vec<(u8, u64, u64)> {
    let of_leg = |(index, leg): (usize, Leg)| {
        let counts = fidelity.leg(leg).iter_recorded();
        counts.map(move |at| (index as u8, at.value_iterated_to(), at.count_since_last_iteration()))
    };
    Leg::ALL.into_iter().enumerate().flat_map(of_leg).collect()
}

/// And as it arrives.
pub(in crate::live) fn fidelity(late: &[(u8, u64, u64)]) -> InjectionError {
    let mut fidelity = InjectionError::new();
    for &(index, nanoseconds, count) in late {
        if let Some(&leg) = Leg::ALL.get(usize::from(index)) {
            fidelity.note_many(leg, Duration::from_nanos(nanoseconds), count);
        }
    }
    fidelity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_message_that_was_cut_short_is_none() {
        let mut bytes = Vec::new();
        write(&mut bytes, &ToChild::Raise(Time(7))).expect("memory takes it");
        write(&mut bytes, &ToChild::CountLateness).expect("memory takes it");
        let mut from = &bytes[..];
        assert!(matches!(read(&mut from), Ok(Some(ToChild::Raise(Time(7))))));
        assert!(matches!(read(&mut from), Ok(Some(ToChild::CountLateness))));
        assert!(matches!(read::<ToChild>(&mut from), Ok(None)));
        for cut in 0..5 {
            assert!(matches!(read::<ToChild>(&mut &bytes[..cut]), Ok(None)), "cut at {cut}");
        }
        assert!(read::<ToChild>(&mut &[255; 8][..]).is_err());
    }

    #[test]
    fn lateness_survives_the_way() {
        let mut before = InjectionError::new();
        before.note_many(Leg::Ack, Duration::from_micros(30), 5);
        before.note(Leg::Request, Duration::from_millis(2));
        let after = fidelity(&late(&before));
        for leg in Leg::ALL {
            assert_eq!(before.leg(leg), after.leg(leg), "{leg:?}");
        }
    }
}
