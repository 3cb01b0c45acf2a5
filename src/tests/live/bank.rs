//! The cluster under test, and how a test waits.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use readback::live::{BranchHandle, ClientPool, Cluster, ClusterOptions, Customer};
use readback::model::{
    AccountId, Answer, BranchId, Guarantees, Operation, Reply, Request, RequestId, SessionId, SessionToken,
    VersionVector,
};
use readback::network::Network;
use readback::session::Policy;
use tokio::runtime::Runtime;

/// How long a test may take altogether. Far more than any needs, so that only a hang reaches it.
const BOUND: Duration = Duration::from_secs(60);

/// How long a read that must be answered may wait.
pub const PATIENCE: Duration = Duration::from_secs(20);

const LOOKS_MAX: u32 = 10_000;
const LOOKS_APART: Duration = Duration::from_millis(2);

/// A running cluster and connections to it.
pub struct Bank {
    // Dropped first: open connections would keep the branches from ending at once.
    runtime: Runtime,
    pub branches: ClientPool,
    cluster: Cluster,
}

/// A cluster of branches 1 to `branches` whose `accounts` accounts all start with `balance`.
pub fn options(branches: u32, accounts: usize, balance: i64, network: Arc<dyn Network>) -> ClusterOptions {
    let ids = (1..=branches).map(BranchId);
    ClusterOptions { initial_balances: vec![balance; accounts], ..ClusterOptions::new(ids, balance, network) }
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the system grants a runtime")
}

/// Runs a whole story, and fails if it does not end.
pub fn bounded<T>(runtime: &Runtime, story: impl Future<Output = T>) -> T {
    let limited = async { tokio::time::timeout(BOUND, story).await };
    runtime.block_on(limited).unwrap_or_else(|_| panic!("the story has not ended after {BOUND:?}"))
}

/// Looks until `condition` holds.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let mut looks = tokio::time::interval(LOOKS_APART);
    for _ in 0..LOOKS_MAX {
        if condition() {
            return;
        }
        looks.tick().await;
    }
    panic!("{what}: not seen in {LOOKS_MAX} looks");
}

/// A read of account 0 as a message, for callers without a session.
pub fn query(branch: BranchId) -> Request {
    Request {
        id: RequestId { session: SessionId { opened_at: 1, nonce: 1 }, number: 1 },
        branch,
        incarnation: None,
        operation: Operation::Query { account: AccountId(0) },
        token: SessionToken::default(),
        guarantees: Guarantees::NONE,
        max_wait: PATIENCE,
    }
}

/// A read that is answered only by a branch that has all of `writes`.
pub fn guarded_query(branch: BranchId, writes: &VersionVector) -> Request {
    let token = SessionToken { writes: writes.clone(), reads: VersionVector::new() };
    Request { token, guarantees: Guarantees::READ_YOUR_WRITES, ..query(branch) }
}

impl Bank {
    pub fn start(options: ClusterOptions) -> Bank {
        let cluster = Cluster::start(options).expect("the cluster starts");
        let runtime = runtime();
        let branches = runtime
            .block_on(async { ClientPool::new(&cluster.addresses()) })
            .expect("the process has descriptors left");
        Bank { runtime, branches, cluster }
    }

    /// Runs a test's story.
    pub fn live<T>(&self, story: impl Future<Output = T>) -> T {
        bounded(&self.runtime, story)
    }

    pub fn customer(&self, policy: Policy) -> Customer {
        policy.check().expect("a sound policy");
        self.branches.customer(policy)
    }

    pub fn branch(&self, id: u32) -> &BranchHandle {
        self.cluster.branch(BranchId(id))
    }

    pub fn handles(&self) -> impl Iterator<Item = &BranchHandle> {
        self.cluster.branches()
    }

    /// Waits until every branch has these writes, which must be all that there are.
    pub async fn settle(&self, writes: &VersionVector) {
        let reads = self.handles().map(|branch| self.branches.send(guarded_query(branch.id(), writes), 0));
        for (branch, reply) in self.handles().zip(join_all(reads).await) {
            let outcome = reply.map(|Reply { outcome, .. }| outcome);
            let read = matches!(outcome, Some(Ok(Answer::Balance { .. })));
            assert!(read, "branch {} has not caught up: {outcome:?}", branch.id());
            assert_eq!(branch.report().applied, *writes, "at branch {}", branch.id());
        }
    }

    /// What each branch shows, in order of id.
    pub fn balances(&self, account: AccountId) -> Vec<i128> {
        self.handles().map(|branch| branch.balance(account).expect("the account exists")).collect()
    }
}

/// All writes that were acknowledged to these customers.
pub fn written<'a>(customers: impl IntoIterator<Item = &'a Customer>) -> VersionVector {
    let mut writes = VersionVector::new();
    customers.into_iter().for_each(|customer| writes.merge(&customer.session().token().writes));
    writes
}
