//! The session's mutants: the moments at which one may change the token, and what it does then.

use std::collections::BTreeMap;
use std::time::Duration;

use super::flight::Flight;
use crate::model::{BranchId, Mutant, SessionToken, Time, VersionVector};

/// How long the fixed window lasts.
const WINDOW: Duration = Duration::from_secs(2);

/// Entries of the largest token that is still sent.
const ENTRIES_MAX: usize = 2;

/// The mutant of one session, with what it remembers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SessionMutation {
    mutant: Option<Mutant>,
    /// When the latest write was acknowledged.
    wrote_at: Time,
    /// The writes that branches were seen to have.
    progress: BTreeMap<BranchId, VersionVector>,
}

/// A moment at which a mutant may change a token.
pub(super) enum MutationPoint<'a> {
    /// An operation begins.
    Begin,
    /// A write was acknowledged; its dot is not yet in the token.
    Written,
    /// A branch answered a read with this witness, which is in the token.
    Read(BranchId, &'a VersionVector),
    /// An operation was given up.
    GivenUp,
    /// The request of this flight goes out with a part of the token.
    Send(&'a Flight),
}

impl SessionMutation {
    pub fn new(mutant: Option<Mutant>) -> SessionMutation {
        SessionMutation { mutant, wrote_at: Time::default(), progress: BTreeMap::new() }
    }

    /// The token as the mutant leaves it.
    pub fn changed(&mut self, now: Time, moment: MutationPoint<'_>, mut token: SessionToken) -> SessionToken {
        self.change(now, moment, &mut token);
        token
    }

    /// Lets the mutant change a token.
    pub fn change(&mut self, now: Time, moment: MutationPoint<'_>, token: &mut SessionToken) {
        let Some(mutant) = self.mutant else { return };
        match (mutant, moment) {
            (Mutant::FixedWindow, MutationPoint::Written) => self.wrote_at = now,
            (Mutant::FixedWindow, MutationPoint::Begin) if now.since(self.wrote_at) >= WINDOW => {
                token.writes = VersionVector::new();
            }
            (Mutant::TokenNotMerged, MutationPoint::Written)
            | (Mutant::UnstickAtFirst, MutationPoint::Read(..)) => {
                token.writes = VersionVector::new();
            }
            (Mutant::NoMonotonicReads, MutationPoint::Send(_)) => token.reads = VersionVector::new(),
            (Mutant::NewClientWithoutToken, MutationPoint::GivenUp) => *token = SessionToken::default(),
            (Mutant::RetryWithoutToken, MutationPoint::Send(flight)) if flight.failures > 0 => {
                *token = SessionToken::default();
            }
            (Mutant::NoTokenOnWrites, MutationPoint::Send(flight)) if flight.request.operation.is_write() => {
                *token = SessionToken::default();
            }
            (Mutant::OversizeTokenDropped, MutationPoint::Send(_))
                if token.writes.len() + token.reads.len() > ENTRIES_MAX =>
            {
                *token = SessionToken::default();
            }
            (Mutant::StaleProgress, MutationPoint::Read(branch, witness)) => {
                self.progress.entry(branch).or_default().merge(witness);
            }
            (Mutant::StaleProgress, MutationPoint::Send(flight)) if !flight.request.operation.is_write() => {
                if let Some(seen) = self.progress.get(&flight.request.branch) {
                    token.writes = beyond(seen, &token.writes);
                    token.reads = beyond(seen, &token.reads);
                }
            }
            _ => {}
        }
    }
}

/// The entries of a vector that a branch was never seen to have.
fn beyond(seen: &VersionVector, vector: &VersionVector) -> VersionVector {
    vector.iter().filter(|&(origin, counter)| seen.get(origin) < counter).collect()
}
