//! What is measured: a cluster of three branches over a perfect network, with volatile logs.

use std::error::Error;
use std::time::{Duration, Instant};

use readback::live::{ClientPool, Cluster, ClusterOptions, reply_bytes, request_bytes};
use readback::model::{BranchId, Request, RequestId};
use readback::network;
use readback::session::Policy;

use crate::echo::Sizes;
use crate::worker::{QUERY, deposit, perform};

pub const BRANCHES: [BranchId; 3] = [BranchId(1), BranchId(2), BranchId(3)];

/// Where operations are measured: all their calls go to one branch, as those of the floor go to one server.
pub const ASKED: BranchId = BRANCHES[0];

/// Where a customer writes who is to wait at the first.
pub const OTHER: BranchId = BRANCHES[1];

/// How long branches may take until they serve, and until they have each other's writes.
const READY_WITHIN: Duration = Duration::from_secs(10);
const READY_POLL: Duration = Duration::from_millis(1);

/// A cluster of which every branch serves.
pub async fn start() -> Result<Cluster, Box<dyn Error>> {
    let cluster = Cluster::start(ClusterOptions::new(BRANCHES, 0, network::perfect()))?;
    for branch in cluster.branches() {
        let mut serving = branch.serving();
        tokio::time::timeout(READY_WITHIN, serving.wait_for(|&serving| serving)).await??;
    }
    Ok(cluster)
}

/// Returns when every branch has every write, and knows that every other has.
///
/// # Panics
///
/// If that takes too long: something is broken, and figures would mean nothing.
pub async fn settle(cluster: &Cluster) {
    let deadline = Instant::now() + READY_WITHIN;
    while !is_settled(cluster) {
        assert!(Instant::now() < deadline, "replication has not settled within {READY_WITHIN:?}");
        tokio::time::sleep(READY_POLL).await;
    }
}

fn is_settled(cluster: &Cluster) -> bool {
    let snapshots: Vec<_> = cluster.branches().map(|branch| branch.report()).collect();
    snapshots.iter().all(|branch| branch.retained == 0 && branch.applied == snapshots[0].applied)
}

/// Of a satisfied query and of its reply: asks, after a write at every branch, and looks how large both were.
pub async fn sizes(branches: &ClientPool) -> Result<Sizes, Box<dyn Error>> {
    let policy = Policy::default();
    let mut customer = branches.customer(policy);
    for branch in BRANCHES {
        perform(&mut customer, branch, deposit()).await;
    }
    // The first read may wait, and a reply says for how long.
    perform(&mut customer, ASKED, QUERY).await;
    let Policy { guarantees, max_wait, .. } = policy;
    let session = customer.session();
    let request = Request {
        id: RequestId { session: session.id(), number: BRANCHES.len() as u64 + 2 },
        branch: ASKED,
        incarnation: None,
        operation: QUERY,
        token: guarantees.needed(&QUERY, session.token()),
        guarantees,
        max_wait,
    };
    let request_size = request_bytes(&request, 0);
    let reply = branches.send(request, 0).await.ok_or("a query was not answered")?;
    let reply_size = reply_bytes(&reply).ok_or("a query was answered with an error")?;
    Ok(Sizes { request: request_size, reply: reply_size })
}
