//! Branches that start in any order, go away, and come back as a new incarnation.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use readback::branch::{Config, Start};
use readback::live::{BranchHandle, ClientPool, HostOptions, RecordedBranch};
use readback::model::{BranchId, NotServing, Operation, RequestError};
use readback::network::{self, Fate, Identity, MessageInfo, Network};
use readback::session::{AttemptFailure, FailureCause, Outcome, Policy};

use super::bank::{bounded, runtime};
use super::customers::{SHARED, deposit, insisting, look, pay_in, perform};

const MEMBERS: [BranchId; 3] = [BranchId(1), BranchId(2), BranchId(3)];

/// Where branches will listen. The listeners of those that have not started are held, so that no other program takes
/// the ports.
struct Places {
    addresses: BTreeMap<BranchId, SocketAddr>,
    listeners: BTreeMap<BranchId, TcpListener>,
    network: Arc<dyn Network>,
}

impl Places {
    fn reserve() -> Places {
        let bind = |id| (id, TcpListener::bind(("127.0.0.1", 0)).expect("the system picks a port"));
        let listeners: BTreeMap<BranchId, TcpListener> = MEMBERS.into_iter().map(bind).collect();
        let address = |listener: &TcpListener| listener.local_addr().expect("a bound listener");
        let addresses = listeners.iter().map(|(&id, listener)| (id, address(listener))).collect();
        Places { addresses, listeners, network: network::perfect() }
    }

    /// Starts a branch that does not know whether the cluster knew it before.
    fn start(&mut self, id: BranchId) -> BranchHandle {
        let rebind = || TcpListener::bind(self.addresses[&id]).expect("the former listener has ended");
        let listener = self.listeners.remove(&id).unwrap_or_else(rebind);
        let peers = self.addresses.iter().filter(|&(&peer, _)| peer != id).map(|(&p, &at)| (p, at)).collect();
        let config = Config::new(id, MEMBERS, vec![0]);
        let network = Arc::clone(&self.network);
        BranchHandle::start(HostOptions {
            config,
            start: Start::Unknown,
            listener,
            peers,
            network,
            recorded: RecordedBranch::default(),
            disk: None,
        })
        .expect("the branch starts")
    }
}

/// Loses every piece of a state until it is asked to let them through.
fn withholding_states() -> (Arc<dyn Network>, Arc<AtomicBool>) {
    let lets_through = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&lets_through);
    let network = move |message: &MessageInfo| match message.identity {
        Identity::Piece { .. } if !gate.load(Ordering::Relaxed) => Fate::Drop,
        Identity::Call { .. }
        | Identity::Run { .. }
        | Identity::Ack { .. }
        | Identity::Ask { .. }
        | Identity::Piece { .. } => Fate::at_once(),
    };
    (Arc::new(network), lets_through)
}

/// Asks often, at a branch that may not serve yet.
fn asking_again() -> Policy {
    let pause = Duration::from_millis(50);
    Policy { attempts_max: 500, backoff_initial: pause, backoff_max: pause, ..insisting() }
}

async fn until_serving(branch: &BranchHandle) {
    branch.serving().wait_for(|&serves| serves).await.expect("the branch runs");
}

#[test]
fn branches_serve_once_all_have_met_and_a_write_at_the_first_is_read_at_the_last() {
    let mut places = Places::reserve();
    let first = places.start(MEMBERS[0]);
    assert!(!*first.serving().borrow());
    let runtime = runtime();
    bounded(&runtime, async {
        let branches = ClientPool::new(&places.addresses).expect("the process has descriptors left");
        let mut early = branches.customer(Policy { attempts_max: 2, ..asking_again() });
        let second = places.start(MEMBERS[1]);
        let refused = perform(&mut early, 1, deposit(SHARED, 1)).await;
        let joining = RequestError::NotServing { reason: NotServing::Joining };
        let cause = FailureCause::GivenUp { failures: 2, last: AttemptFailure::Passing(joining) };
        assert_eq!(refused.outcome, Outcome::Fail(cause), "branch 3 has not been heard yet");
        assert!(!*first.serving().borrow() && !*second.serving().borrow());
        let third = places.start(MEMBERS[2]);
        for branch in [&first, &second, &third] {
            until_serving(branch).await;
        }
        let mut customer = branches.customer(insisting());
        let dot = pay_in(&mut customer, 1, 7).await;
        let (balance, witness) = look(&mut customer, 3).await;
        assert_eq!(balance, 7);
        assert!(witness.contains(dot));
    });
}

#[test]
fn a_branch_that_comes_back_without_its_state_takes_over_that_of_the_others_and_serves() {
    let mut places = Places::reserve();
    let [first, second, third] = MEMBERS.map(|id| places.start(id));
    let runtime = runtime();
    bounded(&runtime, async {
        for branch in [&first, &second, &third] {
            until_serving(branch).await;
        }
        let branches = ClientPool::new(&places.addresses).expect("the process has descriptors left");
        let mut customer = branches.customer(asking_again());
        pay_in(&mut customer, 3, 1).await;
        look(&mut customer, 1).await;
        let before = third.incarnation();
        third.shut_down();
        pay_in(&mut customer, 1, 2).await;
        assert_eq!(look(&mut customer, 2).await.0, 3, "two branches go on, with what the third had sent");

        let third = places.start(MEMBERS[2]);
        assert_ne!(third.incarnation(), before);
        until_serving(&third).await;
        assert_eq!(third.report().counters.installed_snapshots, 1);
        assert_eq!(look(&mut customer, 3).await.0, 3);
        let write = perform(&mut customer, 3, deposit(SHARED, 4)).await;
        let gone = RequestError::IncarnationGone { current: third.incarnation() };
        assert_eq!(
            write.outcome,
            Outcome::Info(FailureCause::Error(gone)),
            "it may have forgotten the write"
        );
        pay_in(&mut customer, 3, 8).await;
        assert_eq!(look(&mut customer, 1).await.0, 11);
    });
}

/// The negative control: without the pieces of a state, the same branch serves no customer.
#[test]
fn a_branch_that_gets_no_state_serves_nobody_until_it_does() {
    let (network, lets_pieces_through) = withholding_states();
    let mut places = Places { network, ..Places::reserve() };
    let [first, second, third] = MEMBERS.map(|id| places.start(id));
    let runtime = runtime();
    bounded(&runtime, async {
        for branch in [&first, &second, &third] {
            until_serving(branch).await;
        }
        let branches = ClientPool::new(&places.addresses).expect("the process has descriptors left");
        let mut customer = branches.customer(Policy { attempts_max: 2, ..asking_again() });
        pay_in(&mut customer, 1, 1).await;
        third.shut_down();
        let third = places.start(MEMBERS[2]);
        let read = perform(&mut customer, 3, Operation::Query { account: SHARED }).await;
        let joining = RequestError::NotServing { reason: NotServing::Joining };
        let cause = FailureCause::GivenUp { failures: 2, last: AttemptFailure::Passing(joining) };
        assert_eq!(read.outcome, Outcome::Fail(cause));
        assert!(!*third.serving().borrow());
        assert_eq!(third.report().counters.installed_snapshots, 0);

        lets_pieces_through.store(true, Ordering::Relaxed);
        until_serving(&third).await;
        assert_eq!(look(&mut customer, 3).await.0, 1);
    });
}
