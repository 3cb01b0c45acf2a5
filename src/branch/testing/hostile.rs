//! Input that no sound peer would send: from a member that was configured differently, a clock that was set back, a
//! damaged message. It is ignored and counted; nothing panics and nothing spins.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cluster::TestSession;
use super::{TestCluster, VisibleEvent};
use crate::branch::{
    Ack, BatchAck, Branch, CallId, Config, Input, Outbox, PeerBody, PeerMessage, SnapshotChunk, SnapshotPart,
    Start, WriteBatch,
};
use crate::model::{
    AccountId, Amount, BranchId, Guarantees, Incarnation, Operation, Origin, Record, Request, RequestId,
    SessionId, SessionToken, Snapshot, Time, VersionVector, Write, WriteKind,
};

const INCARNATION: Incarnation = Incarnation { started_at: 1, nonce: 0 };
const SESSION: SessionId = SessionId { opened_at: 1, nonce: 1 };

fn config(branches: u32) -> Config {
    Config::new(BranchId(1), (1..=branches).map(BranchId), vec![1000])
}

/// Branch 1, connected with branch 2.
fn connected(config: Config) -> Branch {
    let mut branch = Branch::new(config, INCARNATION, Start::NewCluster).expect("the configuration is sound");
    branch.handle(Time(1), Input::Connected { peer: BranchId(2) }, &mut Outbox::default());
    branch
}

fn origin(branch: u32) -> Origin {
    Origin { branch: BranchId(branch), incarnation: INCARNATION }
}

fn from_2(body: PeerBody) -> Input {
    Input::Peer { from: BranchId(2), message: PeerMessage { sender: INCARNATION, body } }
}

fn deposit() -> Operation {
    let amount = Amount::new(1).expect("one is positive");
    Operation::Write { kind: WriteKind::Deposit, account: AccountId(0), amount }
}

/// A deposit at branch 1, synced.
fn write(branch: &mut Branch) {
    let request = Request {
        id: RequestId { session: SESSION, number: 1 },
        branch: BranchId(1),
        incarnation: Some(INCARNATION),
        operation: deposit(),
        token: SessionToken::default(),
        guarantees: Guarantees::NONE,
        max_wait: Duration::ZERO,
    };
    let mut outbox = Outbox::default();
    branch.handle(Time(1), Input::Request { call: CallId(1), request }, &mut outbox);
    branch.handle(Time(1), Input::Synced { position: 1 }, &mut outbox);
}

/// A write that branch 2 accepted.
fn foreign(counter: u64, account: u64) -> Write {
    Write {
        dot: origin(2).dot(counter),
        request: RequestId { session: SESSION, number: 1 },
        account: AccountId(account),
        kind: WriteKind::Deposit,
        amount: Amount::new(1).expect("one is positive"),
        after: VersionVector::new(),
    }
}

#[test]
fn a_write_to_an_account_that_does_not_exist_here_is_ignored() {
    let mut branch = connected(config(2));
    let write = foreign(1, 7);
    let run = WriteBatch { origin: origin(2), first: 1, copy: 0, sent_at: Time(1), writes: vec![write] };
    let mut outbox = Outbox::default();
    branch.handle(Time(1), from_2(PeerBody::Run(run)), &mut outbox);
    assert!(outbox.records.is_empty());
    assert_eq!(branch.counters().ignored_messages, 1);
}

#[test]
fn an_ack_of_writes_that_do_not_exist_is_ignored() {
    let mut branch = connected(config(2));
    let applied = [(origin(1), u64::MAX)].into_iter().collect();
    let ack = Ack { number: 1, applied, about: None, first_known: None };
    branch.handle(Time(1), from_2(PeerBody::Ack(ack)), &mut Outbox::default());
    assert_eq!(branch.counters().ignored_messages, 1);
}

#[test]
fn an_echo_of_the_future_does_not_make_it_spin() {
    let mut branch = connected(config(2));
    write(&mut branch);
    let about = BatchAck {
        origin: origin(1),
        echo: Time(1_000_000_000),
        held: vec![],
        duplicate: false,
        direct: false,
    };
    let ack = Ack { number: 1, applied: VersionVector::new(), about: Some(about), first_known: None };
    branch.handle(Time(2), from_2(PeerBody::Ack(ack)), &mut Outbox::default());
    let due = branch.next_timeout().expect("the write is not acknowledged");
    assert!(due > Time(1_000_000), "the timer is due at {due}, as if everything were lost");
}

#[test]
fn relays_that_never_come_are_possible() {
    let mut config = config(4);
    config.timing.relay_after = Duration::MAX;
    let mut branch = connected(config);
    write(&mut branch);
    let mut outbox = Outbox::default();
    branch.handle(Time(1_000_000_000), Input::Timeout, &mut outbox);
    assert_eq!(branch.counters().batches_relayed, 0);
}

/// Takes `content` over as the state of branch 2, if it will; whether it did.
fn installs(content: Snapshot) -> bool {
    let incarnation = Incarnation { started_at: 2, nonce: 0 };
    let mut branch = Branch::new(config(2), incarnation, Start::Unknown).expect("the configuration is sound");
    branch.handle(Time(1), Input::Connected { peer: BranchId(2) }, &mut Outbox::default());
    let ack = Ack { number: 1, applied: VersionVector::new(), about: None, first_known: Some(INCARNATION) };
    branch.handle(Time(1), from_2(PeerBody::Ack(ack)), &mut Outbox::default());
    let part = SnapshotPart { snapshot: 1, index: 0, count: 1, content };
    let piece = SnapshotChunk { number: 1, transfer: 1, part: Some(part) };
    let mut outbox = Outbox::default();
    branch.handle(Time(1), from_2(PeerBody::Piece(piece)), &mut outbox);
    let installed = outbox.records.iter().any(|record| matches!(record, Record::Snapshot(_)));
    assert_eq!(branch.counters().broken_transfers, u64::from(!installed));
    installed
}

#[test]
fn a_state_that_is_not_of_this_cluster_or_not_whole_is_not_taken_over() {
    let vector = |branch, counter| [(origin(branch), counter)].into_iter().collect::<VersionVector>();
    let own = Origin { branch: BranchId(1), incarnation: Incarnation { started_at: 2, nonce: 0 } };
    let of = |applied, balances, kept| Snapshot { applied, balances, kept };
    let rows = [
        ("a state", of(vector(2, 3), vec![(AccountId(0), -5)], vec![foreign(2, 0), foreign(3, 0)]), true),
        ("no such account", of(vector(2, 3), vec![(AccountId(7), 1)], vec![]), false),
        ("no such branch", of(vector(9, 3), vec![], vec![]), false),
        ("own writes that do not exist", of([(own, 1)].into_iter().collect(), vec![], vec![]), false),
        ("a write to no account", of(vector(2, 3), vec![], vec![foreign(3, 7)]), false),
        ("a gap among the writes", of(vector(2, 3), vec![], vec![foreign(1, 0), foreign(3, 0)]), false),
        ("writes that end too soon", of(vector(2, 3), vec![], vec![foreign(2, 0)]), false),
    ];
    for (name, content, expected) in rows {
        assert_eq!(installs(content), expected, "{name}");
    }
}

/// A network draws fates from names; a name that is used twice would meet the same fate twice.
#[test]
fn every_run_and_every_probe_has_a_name_of_its_own() {
    let members: Vec<BranchId> = (1..=2).map(BranchId).collect();
    let configs = members.iter().map(|&id| Config::new(id, members.clone(), vec![1000])).collect();
    let mut cluster = TestCluster::new(configs, true);
    let session =
        TestSession { id: SESSION, number: 0, token: SessionToken::default(), guarantees: Guarantees::NONE };
    cluster.sessions.insert("a".to_owned(), session);
    cluster.ask("a", BranchId(1), deposit(), None, Duration::ZERO);
    cluster.sync(BranchId(1), None);
    cluster.deliver_all();
    // Branch 2 holds it unsynced. A second copy has it say so, and then branch 1 probes.
    cluster.advance(Duration::from_millis(100));
    cluster.deliver_all();
    cluster.advance(Duration::from_secs(3));
    cluster.disconnect_one(BranchId(1), BranchId(2));
    cluster.connect_one(BranchId(1), BranchId(2));
    let mut names = BTreeMap::new();
    for event in cluster.take_events() {
        if let VisibleEvent::Sent { packet, .. } = event
            && let PeerBody::Run(run) = &packet.message.body
        {
            *names.entry((packet.from, packet.to, run.origin, run.first, run.copy)).or_insert(0) += 1;
        }
    }
    assert!(names.len() > 4 && names.values().all(|&uses| uses == 1), "{names:?}");
}
