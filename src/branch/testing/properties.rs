//! Whatever a network and a disk may do, within what they promise, to a cluster of three.
//!
//! A schedule is a list of steps that asks, delivers in any order, loses, duplicates, cuts streams, syncs late and
//! crashes. After it everything heals and runs until it is quiet. Then all branches agree, what was acknowledged is
//! there, once, and every answer given on the way was what its witness and its guarantees make it.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::cluster::Session;
use super::{Cluster, Event};
use crate::branch::Config;
use crate::model::{
    AccountId, Amount, Answer, BranchId, Dot, Guarantees, Operation, Request, RequestId, SessionId,
    SessionToken, VersionVector, WriteKind,
};

const BRANCHES: u32 = 3;
const SESSIONS: usize = 3;
const INITIAL: i64 = 1_000;

#[derive(Debug, Clone)]
enum Step {
    Ask { session: usize, branch: u32, kind: Option<WriteKind>, amount: u64, again: bool },
    Deliver { index: usize, twice: bool },
    Lose { index: usize },
    Advance { milliseconds: u64 },
    Sync { branch: u32, count: usize },
    Reconnect { from: u32, to: u32 },
    Crash { branch: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    let branch = 1..=BRANCHES;
    let kind = prop_oneof![Just(None), Just(Some(WriteKind::Deposit)), Just(Some(WriteKind::Withdraw))];
    prop_oneof![
        6 => (0..SESSIONS, branch.clone(), kind, 1..900u64, prop::bool::weighted(0.2))
            .prop_map(|(session, branch, kind, amount, again)| Step::Ask { session, branch, kind, amount, again }),
        8 => (any::<prop::sample::Index>(), prop::bool::weighted(0.1))
            .prop_map(|(index, twice)| Step::Deliver { index: index.index(1 << 16), twice }),
        1 => (0..64usize).prop_map(|index| Step::Lose { index }),
        2 => (1..300u64).prop_map(|milliseconds| Step::Advance { milliseconds }),
        4 => (branch.clone(), 1..4usize).prop_map(|(branch, count)| Step::Sync { branch, count }),
        1 => (branch.clone(), branch.clone()).prop_map(|(from, to)| Step::Reconnect { from, to }),
        1 => branch.prop_map(|branch| Step::Crash { branch }),
    ]
}

fn guarantees() -> impl Strategy<Value = Guarantees> {
    any::<[bool; 4]>().prop_map(
        |[read_your_writes, monotonic_reads, monotonic_writes, writes_follow_reads]| Guarantees {
            read_your_writes,
            monotonic_reads,
            monotonic_writes,
            writes_follow_reads,
        },
    )
}

proptest! {
    // A fixed seed: the same cases everywhere. PROPTEST_CASES asks for more of them.
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1994),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn all_branches_converge_and_every_answer_was_right(
        steps in prop::collection::vec(step(), 1..120),
        guarantees in prop::collection::vec(guarantees(), SESSIONS),
        durable in any::<bool>(),
    ) {
        let mut trial = Trial::new(durable, &guarantees);
        for step in &steps {
            trial.take(step);
            trial.judge_answers()?;
        }
        trial.heal();
        trial.judge_answers()?;
        trial.judge_the_end()?;
    }
}

#[test]
fn the_same_schedule_twice_gives_the_same_events() {
    let steps = |cluster: &mut Trial| {
        for index in 0..60 {
            cluster.take(&Step::Ask {
                session: index % SESSIONS,
                branch: index as u32 % BRANCHES + 1,
                kind: [None, Some(WriteKind::Deposit), Some(WriteKind::Withdraw)][index % 3],
                amount: index as u64 + 1,
                again: false,
            });
            cluster.take(&Step::Deliver { index: index * 7, twice: index % 5 == 0 });
        }
        format!("{:?}", cluster.cluster.take_events())
    };
    let run = || steps(&mut Trial::new(false, &[Guarantees::ALL; SESSIONS]));
    assert_eq!(run(), run());
}

struct Trial {
    cluster: Cluster,
    /// The last operation of each session, for a copy of it.
    last: BTreeMap<usize, Request>,
    acknowledged: BTreeMap<RequestId, Dot>,
}

impl Trial {
    fn new(durable: bool, guarantees: &[Guarantees]) -> Trial {
        let members: Vec<BranchId> = (1..=BRANCHES).map(BranchId).collect();
        let configs = members.iter().map(|&id| Config::new(id, members.clone(), vec![INITIAL])).collect();
        let mut cluster = Cluster::new(configs, durable);
        for (index, &guarantees) in guarantees.iter().enumerate() {
            let id = SessionId { opened_at: index as u64, nonce: 0 };
            let session = Session { id, number: 0, token: SessionToken::default(), guarantees };
            cluster.sessions.insert(index.to_string(), session);
        }
        Trial { cluster, last: BTreeMap::new(), acknowledged: BTreeMap::new() }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Ask { session, branch, kind, amount, again } => {
                self.ask(session, branch, kind, amount, again)
            }
            Step::Deliver { index, twice } => self.deliver(index, twice),
            Step::Lose { index } if index < self.cluster.packets.len() => {
                self.cluster.packets.remove(index);
            }
            Step::Lose { .. } => {}
            Step::Advance { milliseconds } => self.cluster.advance(Duration::from_millis(milliseconds)),
            Step::Sync { branch, count } => {
                if self.cluster.durable {
                    self.cluster.sync(BranchId(branch), Some(count));
                }
            }
            Step::Reconnect { from, to } if from != to => {
                self.cluster.disconnect_one(BranchId(from), BranchId(to));
                self.cluster.connect_one(BranchId(from), BranchId(to));
            }
            Step::Reconnect { .. } => {}
            Step::Crash { branch } => {
                if self.cluster.durable {
                    self.cluster.crash(BranchId(branch));
                    self.cluster.restart(BranchId(branch), false);
                }
            }
        }
    }

    /// A new operation, or a copy of the session's last request, as a retry would send it.
    fn ask(&mut self, session: usize, branch: u32, kind: Option<WriteKind>, amount: u64, again: bool) {
        let name = session.to_string();
        if let (true, Some(request)) = (again, self.last.get(&session)) {
            let request = request.clone();
            return self.cluster.ask_exactly(&name, request);
        }
        let account = AccountId(0);
        let operation = match kind {
            None => Operation::Query { account },
            Some(kind) => {
                Operation::Write { kind, account, amount: Amount::new(amount).expect("amounts are positive") }
            }
        };
        let request =
            self.cluster.next_request(&name, BranchId(branch), operation, None, Duration::from_secs(1));
        self.last.insert(session, request.clone());
        self.cluster.ask_exactly(&name, request);
    }

    fn deliver(&mut self, index: usize, twice: bool) {
        let count = self.cluster.packets.len();
        if count > 0 {
            let packet = self.cluster.packets.remove(index % count);
            (0..=u8::from(twice)).for_each(|_| self.cluster.deliver(packet.clone()));
        }
    }

    /// No fault any more; time enough for every timeout, relay and heartbeat.
    fn heal(&mut self) {
        for _ in 0..200 {
            self.cluster.run(Duration::from_millis(100));
            for id in self.cluster.ids() {
                self.cluster.sync(id, None);
            }
        }
    }

    fn judge_answers(&mut self) -> Result<(), TestCaseError> {
        for event in self.cluster.take_events() {
            let Event::Replied { request, reply, .. } = event else { continue };
            let needed = request.guarantees.needed(&request.operation, &request.token).into_vector();
            match reply.outcome {
                Ok(Answer::Balance { balance, witness }) => {
                    prop_assert!(witness.dominates(&needed), "{witness} lacks some of {needed}");
                    prop_assert_eq!(i128::from(balance), self.sum(&witness)?, "witness {}", witness);
                }
                Ok(Answer::Written { dot }) => {
                    let before = self.acknowledged.insert(request.id, dot);
                    prop_assert!(before.is_none_or(|earlier| earlier == dot), "{} has two dots", request.id);
                    let carried = &self.cluster.writes[&dot].after;
                    prop_assert_eq!(carried, &request.guarantees.carried(&request.token));
                }
                Ok(Answer::Refused(_)) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// The balance that a witness stands for; fails if it names a write without something that comes before it.
    fn sum(&self, witness: &VersionVector) -> Result<i128, TestCaseError> {
        let mut sum = i128::from(INITIAL);
        for write in self.cluster.writes.values().filter(|write| witness.contains(write.dot)) {
            prop_assert!(witness.dominates(&write.after), "{} is visible before {}", write.dot, write.after);
            sum += write.delta();
        }
        Ok(sum)
    }

    fn judge_the_end(&self) -> Result<(), TestCaseError> {
        let first = self.cluster.branch(BranchId(1));
        for id in self.cluster.ids() {
            let branch = self.cluster.branch(id);
            prop_assert_eq!(branch.applied(), first.applied(), "branch {} has not converged", id);
            prop_assert_eq!(branch.balance(AccountId(0)), Some(self.sum(first.applied())?));
            prop_assert_eq!(branch.parked(), 0);
            prop_assert_eq!(branch.retained(), 0, "branch {} keeps what all have", id);
        }
        let requests: BTreeMap<RequestId, Dot> =
            self.cluster.writes.values().map(|write| (write.request, write.dot)).collect();
        let visible = self.cluster.writes.keys().filter(|&&dot| first.applied().contains(dot)).count();
        prop_assert_eq!(requests.len().min(visible), visible, "one request was executed twice");
        for (request, dot) in &self.acknowledged {
            prop_assert!(
                first.applied().contains(*dot),
                "{} was acknowledged as {} and is gone",
                request,
                dot
            );
        }
        prop_assert_eq!(self.cluster.next_timeout(), None, "a cluster at rest has no timer");
        Ok(())
    }
}
