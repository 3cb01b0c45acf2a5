//! The events of a trial, as the parts that see them report them, on their way into a history.
//!
//! A report is short, with full names, so that the parts that are measured have little to do; the recorder turns it
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

/// One event. Times are on the substrate's clock.
#[derive(Debug)]
pub enum TrialEvent {
    /// A branch began a life without state.
    Began(Origin),
    /// A session opened.
    Opened {
        /// Its number in the history.
        session: SessionIndex,
        /// Its id.
        id: SessionId,
        /// Where its customer is.
        region: Option<String>,
        /// The session that it continues, if it does.
        follows: Option<Follows>,
    },
    /// A session began an operation.
    Invoked {
        /// The session.
        session: SessionIndex,
        /// The operation's number in the session, from 1.
        number: u64,
        /// The operation.
        arrival: IntendedOperation,
    },
    /// An operation never began: its session was busy.
    Refused {
        /// The session.
        session: SessionIndex,
        /// The operation.
        arrival: IntendedOperation,
    },
    /// An operation ended.
    Completed {
        /// The session.
        session: SessionIndex,
        /// How it ended.
        completion: Box<Completion>,
        /// When a branch sent the answer, if one did.
        answered: Option<Time>,
    },
    /// A branch observed something of its own writes and messages.
    Observed(BranchId, Observation),
    /// A fault began or ended.
    Fault {
        /// Its id.
        fault: u32,
        /// Which of the two.
        edge: Edge,
        /// The stable word of its kind.
        kind: String,
        /// Its effect, for a reader.
        text: String,
        /// The branch whose process it strikes, if it strikes one.
        branch: Option<BranchId>,
        /// Whether that branch loses its log.
        loses_state: bool,
    },
    /// The trial reached a milestone.
    Reached(Milestone),
    /// The final state of a branch.
    Final {
        /// The branch.
        branch: BranchId,
        /// Its vector.
        applied: VersionVector,
        /// Balances that differ from the start.
        balances: Vec<(AccountId, i128)>,
    },
    /// A remark for a reader.
    Note(String),
}

/// An operation as it was intended.
#[derive(Debug, Clone, Copy)]
pub struct IntendedOperation {
    /// The branch that is asked.
    pub branch: BranchId,
    /// The operation.
    pub operation: Operation,
    /// When it was due.
    pub intended: Time,
    /// Whether it was due in the warm-up.
    pub warm_up: bool,
}

/// An observation of a branch about its own writes and messages. A branch that is a process sends it to its trial.
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

/// Why an event cannot be in a history.
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

    /// The final state of a branch: its vector, and every balance that differs from the start.
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

    /// The line of a history whose base is `base`. An earlier event gets the time of the base.
    ///
    /// # Errors
    ///
    /// An origin that `origins` does not name.
    ///
    /// # Panics
    ///
    /// If an origin begins that has a name already: a substrate gives each life its own.
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

fn outcome(
    outcome: session::Outcome<session::FailureCause>,
    origins: &Origins,
) -> Result<history::RecordedOutcome, UnknownOrigin> {
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

/// A time from the trial's base; an earlier one counts as the base.
pub fn since(at: Time, base: Time) -> Time {
    Time(u64::try_from(at.since(base).as_nanos()).unwrap_or(u64::MAX))
}
