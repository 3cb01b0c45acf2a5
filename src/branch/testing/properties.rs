//! A property: a small cluster converges whatever the network and the disk do, within what they promise.
//!
//! A schedule is a list of steps that asks, delivers in any order, loses, duplicates, cuts links and streams, syncs
//! late, and takes branches down and up, with their logs or without, as long as one keeps its own; bounds are drawn
//! too, so that each is reached. After it everything heals and runs until it is quiet. Then all branches serve and
//! agree, what was acknowledged is there, once, unless it was lost with a log, what was refused is not, and every
//! answer given on the way was what its witness and its guarantees make it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;

use super::cluster::TestSession;
use super::{TestCluster, VisibleEvent};
use crate::branch::{Config, Limits};
use crate::model::{
    AccountId, Amount, Answer, BranchId, Dot, Guarantees, Operation, Origin, Reply, Request, RequestError,
    RequestId, SessionId, SessionToken, VersionVector, Write, WriteKind,
};

const SESSIONS: usize = 4;
const INITIAL: i64 = 1_000;
/// Tenths of a second in which every cluster is left to itself.
const HEALING_ROUNDS: usize = 800;
/// A timer that is left after so many is set again and again.
const HEALING_ROUNDS_MAX: usize = 20_000;

/// Branches are numbers that are folded into the size of the cluster.
#[derive(Debug, Clone)]
enum ClusterStep {
    Ask {
        session: usize,
        branch: u32,
        kind: Option<WriteKind>,
        amount: u64,
        wait_ms: u64,
    },
    /// A copy of one of the session's last requests, as a retry would send it.
    Repeat {
        session: usize,
        back: usize,
    },
    Deliver {
        index: Index,
        twice: bool,
    },
    DeliverAll,
    Lose {
        index: Index,
    },
    LoseAll,
    Advance {
        milliseconds: u64,
    },
    Sync {
        branch: u32,
        count: usize,
    },
    /// A checkpoint takes the place of the branch's log.
    Checkpoint {
        branch: u32,
    },
    Reconnect {
        from: u32,
        to: u32,
    },
    Cut {
        from: u32,
        to: u32,
    },
    Mend {
        from: u32,
        to: u32,
    },
    Crash {
        branch: u32,
    },
    Down {
        branch: u32,
    },
    Up {
        branch: u32,
    },
    /// The branch crashes, loses its whole log, and comes back as a new incarnation.
    LoseState {
        branch: u32,
    },
}

fn step() -> impl Strategy<Value = ClusterStep> {
    prop_oneof![
        8 => ask(),
        2 => (0..SESSIONS, 0..3usize).prop_map(|(session, back)| ClusterStep::Repeat { session, back }),
        8 => (any::<Index>(), prop::bool::weighted(0.1))
            .prop_map(|(index, twice)| ClusterStep::Deliver { index, twice }),
        2 => Just(ClusterStep::DeliverAll),
        1 => any::<Index>().prop_map(|index| ClusterStep::Lose { index }),
        1 => Just(ClusterStep::LoseAll),
        3 => (1..700u64).prop_map(|milliseconds| ClusterStep::Advance { milliseconds }),
        4 => (0..4u32, 1..4usize).prop_map(|(branch, count)| ClusterStep::Sync { branch, count }),
        1 => (0..4u32).prop_map(|branch| ClusterStep::Checkpoint { branch }),
        1 => (0..4u32, 0..4u32).prop_map(|(from, to)| ClusterStep::Reconnect { from, to }),
        1 => (0..4u32, 0..4u32).prop_map(|(from, to)| ClusterStep::Cut { from, to }),
        1 => (0..4u32, 0..4u32).prop_map(|(from, to)| ClusterStep::Mend { from, to }),
        1 => (0..4u32).prop_map(|branch| ClusterStep::Crash { branch }),
        1 => (0..4u32).prop_map(|branch| ClusterStep::Down { branch }),
        1 => (0..4u32).prop_map(|branch| ClusterStep::Up { branch }),
        1 => (0..4u32).prop_map(|branch| ClusterStep::LoseState { branch }),
    ]
}

fn ask() -> impl Strategy<Value = ClusterStep> {
    let kind = prop_oneof![Just(None), Just(Some(WriteKind::Deposit)), Just(Some(WriteKind::Withdraw))];
    let wait_ms = prop_oneof![Just(0u64), Just(50), Just(1000), Just(3000)];
    (0..SESSIONS, 0..4u32, kind, 1..900u64, wait_ms).prop_map(|(session, branch, kind, amount, wait_ms)| {
        ClusterStep::Ask { session, branch, kind, amount, wait_ms }
    })
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

fn limits() -> impl Strategy<Value = Limits> {
    let one_of = |small: [usize; 2], large: usize| prop_oneof![Just(small[0]), Just(small[1]), Just(large)];
    let [early, window, run] = [one_of([1, 2], 1000), one_of([1, 2], 256), one_of([1, 2], 512)];
    let [retained, sessions, parked] = [one_of([3, 10], 1000), one_of([1, 2], 1000), one_of([1, 2], 1000)];
    let [behind, piece] = [one_of([1, 3], 1000), one_of([1, 2], 1000)];
    (early, window, run, retained, sessions, parked, behind, piece).prop_map(
        |(early_max, window_runs, run_max, retained_max, sessions_max, parked_max, behind_max, piece_max)| {
            Limits {
                early_max,
                window_runs,
                run_max,
                retained_max,
                sessions_max,
                parked_max,
                behind_max,
                piece_max,
                ..Limits::default()
            }
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
        branches in 2..=4u32,
        steps in prop::collection::vec(step(), 1..150),
        guarantees in prop::collection::vec(guarantees(), SESSIONS),
        durable in any::<bool>(),
        loses_state in any::<bool>(),
        limits in limits(),
    ) {
        // What a majority has is dropped although others lack it. If that majority lost its state, they would differ.
        let behind_max = if loses_state { Limits::default().behind_max } else { limits.behind_max };
        let limits = Limits { behind_max, ..limits };
        let steps = steps.iter().filter(|step| loses_state || !matches!(step, ClusterStep::LoseState { .. }));
        let mut trial = PropertyTrial::new(branches, durable, &guarantees, &limits);
        for step in steps {
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
    let run = || {
        let mut trial = PropertyTrial::new(3, false, &[Guarantees::ALL; SESSIONS], &Limits::default());
        for index in 0..60 {
            let kind = [None, Some(WriteKind::Deposit), Some(WriteKind::Withdraw)][index % 3];
            let (branch, amount) = (index as u32, index as u64 + 1);
            trial.take(&ClusterStep::Ask { session: index % SESSIONS, branch, kind, amount, wait_ms: 1000 });
            let count = trial.cluster.packets.len();
            trial.deliver(index * 7 % count.max(1), index % 5 == 0);
        }
        format!("{:?}", trial.cluster.take_events())
    };
    assert_eq!(run(), run());
}

/// Nothing is delivered for five seconds, so the branches measure a round trip of that length. Branch 1 hears that it
/// lacks a write and watches whether helpers bring it, for a multiple of the round trip: 80 seconds. The write comes at
/// once, and the watch is a timer that ends by itself.
#[test]
fn a_cluster_that_measured_long_round_trips_comes_to_rest_later() {
    let limits = Limits {
        parked_max: 1,
        retained_max: 3,
        sessions_max: 1,
        window_runs: 1,
        run_max: 1,
        early_max: 1,
        behind_max: 1,
        piece_max: 1,
        ..Limits::default()
    };
    let mut trial = PropertyTrial::new(4, false, &[Guarantees::default(); SESSIONS], &limits);
    let deposit = |branch| {
        let kind = Some(WriteKind::Deposit);
        ClusterStep::Ask { session: 0, branch, kind, amount: 1, wait_ms: 0 }
    };
    trial.take(&deposit(0));
    trial.deliver(0, false);
    trial.take(&ClusterStep::Advance { milliseconds: 1_233 });
    trial.take(&deposit(3));
    trial.deliver(5, false);
    trial.take(&ClusterStep::Advance { milliseconds: 3_121 });
    trial.take(&deposit(3));
    trial.take(&ClusterStep::Advance { milliseconds: 609 });
    trial.judge_answers().expect("all answers are right");
    trial.heal();
    trial.judge_the_end().expect("the cluster comes to rest");
}

struct PropertyTrial {
    branches: u32,
    cluster: TestCluster,
    asked: BTreeMap<usize, Vec<Request>>,
    acknowledged: BTreeMap<RequestId, Dot>,
    refused: BTreeSet<RequestId>,
    /// Incarnations whose log is gone.
    lost: BTreeSet<Origin>,
}

impl PropertyTrial {
    fn new(branches: u32, durable: bool, guarantees: &[Guarantees], limits: &Limits) -> PropertyTrial {
        let members: Vec<BranchId> = (1..=branches).map(BranchId).collect();
        let config =
            |&id| Config { limits: limits.clone(), ..Config::new(id, members.clone(), vec![INITIAL]) };
        let mut cluster = TestCluster::new(members.iter().map(config).collect(), durable);
        for (index, &guarantees) in guarantees.iter().enumerate() {
            let id = SessionId { opened_at: index as u64, nonce: 0 };
            let session = TestSession { id, number: 0, token: SessionToken::default(), guarantees };
            cluster.sessions.insert(index.to_string(), session);
        }
        let (asked, acknowledged, refused) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        PropertyTrial { branches, cluster, asked, acknowledged, refused, lost: BTreeSet::new() }
    }

    fn take(&mut self, step: &ClusterStep) {
        let cluster_is_durable = self.cluster.durable;
        match *step {
            ClusterStep::Ask { session, branch, kind, amount, wait_ms } => {
                self.ask(session, self.id(branch), kind, amount, Duration::from_millis(wait_ms));
            }
            ClusterStep::Repeat { session, back } => self.repeat(session, back),
            ClusterStep::Deliver { index, twice } => {
                if !self.cluster.packets.is_empty() {
                    self.deliver(index.index(self.cluster.packets.len()), twice);
                }
            }
            ClusterStep::DeliverAll => self.cluster.deliver_all(),
            ClusterStep::Lose { index } => {
                if !self.cluster.packets.is_empty() {
                    self.cluster.packets.remove(index.index(self.cluster.packets.len()));
                }
            }
            ClusterStep::LoseAll => self.cluster.packets.clear(),
            ClusterStep::Advance { milliseconds } => {
                self.cluster.advance(Duration::from_millis(milliseconds))
            }
            ClusterStep::Sync { branch, count } => {
                if cluster_is_durable && self.runs(self.id(branch)) {
                    self.cluster.sync(self.id(branch), Some(count));
                }
            }
            ClusterStep::Checkpoint { branch } => {
                if self.runs(self.id(branch)) {
                    self.cluster.checkpoint(self.id(branch));
                }
            }
            ClusterStep::Reconnect { from, to } => self.reconnect(self.id(from), self.id(to)),
            ClusterStep::Cut { from, to } => drop(self.cluster.cut.insert((self.id(from), self.id(to)))),
            ClusterStep::Mend { from, to } => drop(self.cluster.cut.remove(&(self.id(from), self.id(to)))),
            ClusterStep::Crash { branch } => {
                self.take(&ClusterStep::Down { branch });
                self.take(&ClusterStep::Up { branch });
            }
            ClusterStep::Down { branch } => {
                // Without a disk nothing would be left to come back with.
                if cluster_is_durable && self.runs(self.id(branch)) {
                    self.cluster.crash(self.id(branch));
                }
            }
            ClusterStep::Up { branch } => {
                if !self.runs(self.id(branch)) {
                    self.cluster.restart(self.id(branch), false);
                }
            }
            ClusterStep::LoseState { branch } => self.lose_state(self.id(branch)),
        }
    }

    fn id(&self, branch: u32) -> BranchId {
        BranchId(branch % self.branches + 1)
    }

    fn runs(&self, id: BranchId) -> bool {
        self.cluster.hosts[&id].branch.is_some()
    }

    fn ask(
        &mut self,
        session: usize,
        id: BranchId,
        kind: Option<WriteKind>,
        amount: u64,
        max_wait: Duration,
    ) {
        if !self.runs(id) {
            return;
        }
        let (name, account) = (session.to_string(), AccountId(0));
        let operation = match kind {
            None => Operation::Query { account },
            Some(kind) => {
                Operation::Write { kind, account, amount: Amount::new(amount).expect("amounts are positive") }
            }
        };
        let request = self.cluster.next_request(&name, id, operation, None, max_wait);
        self.asked.entry(session).or_default().push(request.clone());
        self.cluster.ask_exactly(&name, request);
    }

    fn repeat(&mut self, session: usize, back: usize) {
        let asked = self.asked.get(&session).and_then(|asked| asked.iter().rev().nth(back));
        let Some(request) = asked.filter(|request| self.runs(request.branch)).cloned() else { return };
        self.cluster.ask_exactly(&session.to_string(), request);
    }

    fn deliver(&mut self, index: usize, twice: bool) {
        if index < self.cluster.packets.len() {
            let packet = self.cluster.packets.remove(index);
            (0..=u8::from(twice)).for_each(|_| self.cluster.deliver(packet.clone()));
        }
    }

    /// Not if no branch would be left to give a state.
    fn lose_state(&mut self, id: BranchId) {
        let serves = |&other: &BranchId| {
            other != id && self.runs(other) && self.cluster.branch(other).greeting().is_ok()
        };
        if self.runs(id) && self.cluster.ids().iter().any(serves) {
            let incarnation = self.cluster.hosts[&id].incarnation;
            self.lost.insert(Origin { branch: id, incarnation });
            self.cluster.crash(id);
            self.cluster.restart(id, true);
        }
    }

    fn reconnect(&mut self, from: BranchId, to: BranchId) {
        if from != to && self.runs(from) && self.runs(to) {
            self.cluster.disconnect_one(from, to);
            self.cluster.connect_one(from, to);
        }
    }

    /// No fault any more; time enough for every timeout, relay and heartbeat, and for what is timed by a multiple of
    /// the round trips that were measured before.
    fn heal(&mut self) {
        self.cluster.cut.clear();
        for id in self.cluster.ids() {
            if !self.runs(id) {
                self.cluster.restart(id, false);
            }
        }
        for id in self.cluster.ids() {
            self.cluster.connect(id);
        }
        for round in 0..HEALING_ROUNDS_MAX {
            if round >= HEALING_ROUNDS && self.cluster.next_timeout().is_none() {
                return;
            }
            self.cluster.run(Duration::from_millis(100));
            for id in self.cluster.ids() {
                self.cluster.sync(id, None);
            }
        }
    }

    fn judge_answers(&mut self) -> Result<(), TestCaseError> {
        for event in self.cluster.take_events() {
            if let VisibleEvent::Replied { request, reply, .. } = event {
                self.judge_answer(&request, reply)?;
            }
        }
        Ok(())
    }

    fn judge_answer(&mut self, request: &Request, reply: Reply) -> Result<(), TestCaseError> {
        let id = request.id;
        let needed = request.guarantees.needed(&request.operation, &request.token).into_vector();
        prop_assert!(reply.parked_for <= request.max_wait, "{} was parked {:?}", id, reply.parked_for);
        match reply.outcome {
            Ok(Answer::Balance { balance, witness }) => {
                prop_assert!(witness.dominates(&needed), "{witness} lacks some of {needed}");
                prop_assert_eq!(i128::from(balance), self.sum(&witness)?, "witness {}", witness);
            }
            Ok(Answer::Written { dot }) => {
                prop_assert!(!self.refused.contains(&id), "{} was refused, then written", id);
                let before = self.acknowledged.insert(id, dot);
                prop_assert!(before.is_none_or(|earlier| earlier == dot), "{} has two dots", id);
                let carried = &self.cluster.writes[&dot].after;
                prop_assert_eq!(carried, &request.guarantees.carried(&request.token));
            }
            Ok(Answer::Refused(_)) => {
                prop_assert!(!self.acknowledged.contains_key(&id), "{} was written, then refused", id);
                self.refused.insert(id);
            }
            Err(RequestError::TokenLost { missing, .. }) => {
                let ended = missing.iter().all(|dot| self.lost.contains(&dot.origin));
                prop_assert!(ended, "some incarnation of {missing:?} has its log");
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// The balance of the writes in a witness; fails if it names a write without something that comes before it.
    fn sum(&self, witness: &VersionVector) -> Result<i128, TestCaseError> {
        let mut sum = i128::from(INITIAL);
        for write in self.cluster.writes.values().filter(|write| witness.contains(write.dot)) {
            prop_assert!(witness.dominates(&write.after), "{} is visible before {}", write.dot, write.after);
            sum += write.delta();
        }
        Ok(sum)
    }

    fn judge_the_end(&self) -> Result<(), TestCaseError> {
        let all = self.cluster.branch(BranchId(1)).applied();
        for id in self.cluster.ids() {
            let branch = self.cluster.branch(id);
            prop_assert_eq!(branch.greeting().err(), None, "branch {} does not serve", id);
            prop_assert_eq!(branch.applied(), all, "branch {} has not converged", id);
            prop_assert_eq!(branch.balance(AccountId(0)), Some(self.sum(all)?));
            prop_assert_eq!(branch.parked(), 0);
            prop_assert_eq!(branch.retained(), 0, "branch {} keeps what all have", id);
        }
        let visible: Vec<&Write> =
            self.cluster.writes.values().filter(|write| all.contains(write.dot)).collect();
        let executed: BTreeSet<RequestId> = visible.iter().map(|write| write.request).collect();
        prop_assert_eq!(executed.len(), visible.len(), "a request was executed twice");
        for (request, dot) in &self.acknowledged {
            let may_be_lost = self.lost.contains(&dot.origin);
            prop_assert!(
                all.contains(*dot) || may_be_lost,
                "{} was acknowledged as {} and is gone",
                request,
                dot
            );
            prop_assert_eq!(self.cluster.writes[dot].request, *request);
        }
        for request in &self.refused {
            prop_assert!(!executed.contains(request), "{} was refused and is there", request);
        }
        prop_assert_eq!(self.cluster.next_timeout(), None, "a cluster at rest has no timer");
        Ok(())
    }
}
