//! Snapshots that this branch sends, as a donor: states frozen for peers, one for each, until the peer has it or asks
//! no more.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::branch::message::SnapshotPart;
use crate::model::{BranchId, Snapshot, Time, VersionVector};

/// The states that are held for peers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct OutgoingSnapshots {
    held: BTreeMap<BranchId, FrozenState>,
    /// States frozen so far: the number of the last.
    frozen: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FrozenState {
    snapshot: u64,
    /// The transfer for which it was frozen, by the peer's count.
    transfer: u64,
    asked_at: Time,
    state: Snapshot,
}

impl OutgoingSnapshots {
    /// A piece of the state that is held for this transfer of the peer, if there is one.
    pub fn part(
        &mut self,
        now: Time,
        peer: BranchId,
        transfer: u64,
        index: u32,
        piece_max: usize,
    ) -> Option<SnapshotPart> {
        let frozen = self.held.get_mut(&peer).filter(|frozen| frozen.transfer == transfer)?;
        frozen.asked_at = now;
        Some(frozen.part(index, piece_max))
    }

    /// Holds a state for the peer, in the place of any other.
    pub fn hold(&mut self, now: Time, peer: BranchId, transfer: u64, state: Snapshot) {
        self.frozen += 1;
        self.held.insert(peer, FrozenState { snapshot: self.frozen, transfer, asked_at: now, state });
    }

    /// Whether a state may be held for the peer, among at most so many.
    pub fn has_room(&self, peer: BranchId, snapshots_max: usize) -> bool {
        self.held.contains_key(&peer) || self.held.len() < snapshots_max
    }

    /// Drops the states that no peer has asked for in `idle`: it has the whole, or has turned to another donor.
    pub fn release_idle(&mut self, now: Time, idle: Duration) {
        self.held.retain(|_, frozen| now.since(frozen.asked_at) < idle);
    }

    /// Drops the state that is held for a peer: it is gone, or has a new incarnation.
    pub fn release(&mut self, peer: BranchId) {
        self.held.remove(&peer);
    }
}

impl FrozenState {
    /// The piece at `index`, accounts first, then writes; the last one if there are fewer.
    fn part(&self, index: u32, piece_max: usize) -> SnapshotPart {
        let Snapshot { applied, balances, kept } = &self.state;
        let of_balances = balances.len().div_ceil(piece_max);
        let count = (of_balances + kept.len().div_ceil(piece_max)).max(1);
        let at = usize::try_from(index).unwrap_or(usize::MAX).min(count - 1);
        let content = Snapshot {
            applied: if at == 0 { applied.clone() } else { VersionVector::new() },
            balances: balances.chunks(piece_max).nth(at).map(<[_]>::to_vec).unwrap_or_default(),
            kept: at
                .checked_sub(of_balances)
                .and_then(|at| kept.chunks(piece_max).nth(at))
                .map(<[_]>::to_vec)
                .unwrap_or_default(),
        };
        let number = |pieces| u32::try_from(pieces).unwrap_or(u32::MAX);
        SnapshotPart { snapshot: self.snapshot, index: number(at), count: number(count), content }
    }
}
