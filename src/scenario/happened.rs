//! What happens in a trial, in the words of the parts that see it, on its way into a history.
//!
//! It is said in few words, with full names, so that those who are measured have little to do; whoever records turns it
//! into a line, with the time from the trial's base and with indices of origins.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::branch::{PeerBody, PeerMessage};
use crate::history::{
    self, Cause, CauseWord, Edge, Event, Follows, Invoke, Milestone, Note, OriginIndex, OriginNamed, Origins,
    PhaseEvent, Refused, SessionIndex, SessionOpened,
};
use crate::model::{AccountId, BranchId, Operation, Origin, SessionId, Time, VersionVector, WriteRange};
use crate::network::Fate;
use crate::session::{self, Completion};

/// One thing that happened. Times are on the substrate's clock.
#[derive(Debug)]
pub enum TrialEvent {
    /// A branch began a life without state.
    Began(Origin),
    Opened {
        session: SessionIndex,
        id: SessionId,
        region: Option<String>,
        follows: Option<Follows>,
    },
    Invoked {
        session: SessionIndex,
        number: u64,
        arrival: IntendedOperation,
    },
    Refused {
        session: SessionIndex,
        arrival: IntendedOperation,
    },
    Completed {
        session: SessionIndex,
        completion: Box<Completion>,
        answered: Option<Time>,
    },
    Observed(BranchId, Observation),
    Fault {
        fault: u32,
        edge: Edge,
        kind: String,
        text: String,
        /// The branch whose process it strikes, if it strikes one, and whether its log is lost by it.
        branch: Option<BranchId>,
        loses_state: bool,
    },
    Reached(Milestone),
    Final {
        branch: BranchId,
        applied: VersionVector,
        balances: Vec<(AccountId, i128)>,
    },
    Note(String),
}

/// An operation as it was meant.
#[derive(Debug, Clone, Copy)]
pub struct IntendedOperation {
    pub branch: BranchId,
    pub operation: Operation,
    pub intended: Time,
    pub warm_up: bool,
}

/// What a branch observes of its own writes and messages. A branch that is a process sends it to its trial.
#[derive(Debug, Serialize, Deserialize)]
pub enum Observation {
    /// These writes became visible.
    Applied(WriteRange),
    /// A batch of writes was handed to the network.
    Sent {
        /// The peer.
        to: BranchId,
        /// The writes of the batch.
        run: WriteRange,
        /// How often the batch was sent to this peer before.
        copy: u32,
        /// The delay of each copy that the network delivers; none if it drops the message.
        #[serde(with = "delays")]
        delays: SmallVec<[Duration; 1]>,
    },
}

/// Serde for the delays of a message.
mod delays {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use smallvec::SmallVec;

    type Delays = SmallVec<[Duration; 1]>;

    pub fn serialize<S: Serializer>(delays: &Delays, serializer: S) -> Result<S::Ok, S::Error> {
        delays.as_slice().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Delays, D::Error> {
        Vec::deserialize(deserializer).map(Delays::from_vec)
    }
}

/// Why something that happened cannot stand in a history.
#[derive(Debug, thiserror::Error)]
#[error("a dot or witness counts writes of an origin that the trial does not know")]
pub struct UnknownOrigin;

impl TrialEvent {
    /// A batch of writes that was handed to the network. Acks and probes are no events: applies say more.
    pub fn sent(from: BranchId, to: BranchId, message: &PeerMessage, fate: &Fate) -> Option<TrialEvent> {
        let PeerBody::Run(run) = &message.body else { return None };
        if run.writes.is_empty() {
            return None;
        }
        let delays = match fate {
            Fate::Deliver(delays) => delays.clone(),
            Fate::Drop => SmallVec::new(),
        };
        let copy = run.copy;
        let run = WriteRange { origin: run.origin, first: run.first, last: run.last() };
        Some(TrialEvent::Observed(from, Observation::Sent { to, run, copy, delays }))
    }

    /// A branch at the end: its vector, and every balance that is not what it was at the start.
    pub fn at_end(
        branch: BranchId,
        applied: VersionVector,
        initial_balances: &[i64],
        balance: impl Fn(AccountId) -> Option<i128>,
    ) -> TrialEvent {
        let balances = (0..).zip(initial_balances).filter_map(|(account, &initial)| {
            let account = AccountId(account);
            balance(account)
                .filter(|&balance| balance != i128::from(initial))
                .map(|balance| (account, balance))
        });
        TrialEvent::Final { branch, applied, balances: balances.collect() }
    }

    /// The line of a history whose base is `base`. What happened before the base is told as of the base.
    ///
    /// # Errors
    ///
    /// When an origin is meant that `origins` does not name.
    ///
    /// # Panics
    ///
    /// When an origin begins that has a name already: a substrate gives each life its own.
    pub fn event(self, at: Time, base: Time, origins: &mut Origins) -> Result<Event, UnknownOrigin> {
        let since = |time| since(time, base);
        let t = since(at);
        Ok(match self {
            TrialEvent::Began(origin) => {
                let index = origins.name(origin).expect("every life of a branch has an origin of its own");
                Event::Origin(OriginNamed::new(t, index, origin))
            }
            TrialEvent::Opened { session, id, region, follows } => {
                Event::Session(SessionOpened { t, index: session, id, region, follows })
            }
            TrialEvent::Invoked { session, number, arrival } => {
                let IntendedOperation { branch, operation, intended, warm_up } = arrival;
                let intended = since(intended);
                Event::Invoke(Invoke { t, session, number, branch, operation, intended, warm_up })
            }
            TrialEvent::Refused { session, arrival } => {
                let IntendedOperation { branch, operation, intended, warm_up } = arrival;
                let intended = since(intended);
                Event::Refused(Refused { t, session, branch, operation, intended, warm_up })
            }
            TrialEvent::Completed { session, completion, answered } => Event::Complete(history::Complete {
                t,
                session,
                number: completion.request.number,
                outcome: outcome(completion.outcome, origins)?,
                attempts: completion.attempts,
                parked: completion.parked_for,
                answered: answered.map(since),
            }),
            TrialEvent::Observed(branch, Observation::Applied(WriteRange { origin, first, last })) => {
                Event::Apply(history::Apply { t, branch, origin: index(origins, origin)?, first, last })
            }
            TrialEvent::Observed(from, Observation::Sent { to, run, copy, delays }) => {
                let WriteRange { origin, first, last } = run;
                let origin = index(origins, origin)?;
                Event::Sent(history::Sent { t, from, to, origin, first, last, copy, delays })
            }
            TrialEvent::Fault { fault, edge, kind, text, branch, loses_state } => {
                Event::Fault(history::FaultEvent { t, fault, edge, kind, text, branch, loses_state })
            }
            TrialEvent::Reached(reached) => Event::Phase(PhaseEvent { t, reached }),
            TrialEvent::Final { branch, applied, balances } => {
                let applied = origins.witness(&applied).ok_or(UnknownOrigin)?;
                Event::Final(history::Final { t, branch, applied, balances })
            }
            TrialEvent::Note(text) => Event::Note(Note { t, text }),
        })
    }
}

fn index(origins: &Origins, origin: Origin) -> Result<OriginIndex, UnknownOrigin> {
    origins.index(origin).ok_or(UnknownOrigin)
}

fn outcome(outcome: session::Outcome, origins: &Origins) -> Result<history::RecordedOutcome, UnknownOrigin> {
    Ok(match outcome {
        session::Outcome::Ok(session::Success::Written { dot }) => {
            let dot = origins.shorten(dot).ok_or(UnknownOrigin)?;
            history::RecordedOutcome::Ok(history::RecordedSuccess::Written { dot })
        }
        session::Outcome::Ok(session::Success::Balance { balance, witness }) => {
            let witness = origins.witness(&witness).ok_or(UnknownOrigin)?;
            history::RecordedOutcome::Ok(history::RecordedSuccess::Balance { balance, witness })
        }
        session::Outcome::Fail(why) => history::RecordedOutcome::Fail(cause(&why)),
        session::Outcome::Info(why) => history::RecordedOutcome::Info(cause(&why)),
    })
}

fn cause(cause: &session::FailureCause) -> Cause {
    match cause {
        session::FailureCause::Refused(refusal) => Cause::from(refusal),
        session::FailureCause::Error(error) => Cause::from(error),
        session::FailureCause::GivenUp { .. } => Cause::new(CauseWord::GivenUp, cause),
    }
}

/// A time from the trial's base; what was before it counts as the base.
pub fn since(at: Time, base: Time) -> Time {
    Time(u64::try_from(at.since(base).as_nanos()).unwrap_or(u64::MAX))
}
