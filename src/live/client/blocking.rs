//! Customers for callers without a runtime: each call blocks until it is done.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Runtime;

use super::customer::{ClientPool, Customer};
use crate::live::clock;
use crate::model::{
    AccountId, Answer, BranchId, Guarantees, Operation, Request, RequestError, RequestId, SessionId,
    SessionToken, VersionVector,
};
use crate::network::InjectionError;
use crate::session::{Completion, Policy};

/// Connections to a cluster, driven by whoever calls.
pub struct BlockingClient {
    runtime: Runtime,
    branches: ClientPool,
    addresses: BTreeMap<BranchId, SocketAddr>,
}

/// A branch that did not come to have every write that it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("branch {branch} has not caught up: {}", error.as_ref().map_or("no answer".to_owned(), ToString::to_string))]
pub struct NotDrained {
    pub branch: BranchId,
    pub error: Option<RequestError>,
}

impl BlockingClient {
    /// # Errors
    ///
    /// When the system gives no more file descriptors.
    pub fn new(addresses: BTreeMap<BranchId, SocketAddr>) -> io::Result<BlockingClient> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let branches = runtime.block_on(async { ClientPool::new(&addresses) })?;
        Ok(BlockingClient { runtime, branches, addresses })
    }

    /// How much later than drawn replies were handed over.
    pub fn fidelity(&self) -> InjectionError {
        self.branches.fidelity()
    }

    /// A new customer. `policy` has passed [`Policy::check`].
    pub fn customer(&self, policy: Policy) -> Customer {
        self.branches.customer(policy)
    }

    /// Runs one operation to its end.
    pub fn perform(&self, customer: &mut Customer, branch: BranchId, operation: Operation) -> Completion {
        self.runtime.block_on(customer.perform(branch, operation))
    }

    /// Waits until every branch has these writes, by reading at each with them as the token.
    ///
    /// # Errors
    ///
    /// The first branch that lacks one after `max_wait`.
    pub fn drain(&self, writes: &VersionVector, max_wait: Duration) -> Result<(), NotDrained> {
        let session = SessionId { opened_at: clock::unix_ns(), nonce: rand::random() };
        let token = SessionToken { writes: writes.clone(), reads: VersionVector::new() };
        let read = |(&branch, number): (&BranchId, u64)| Request {
            id: RequestId { session, number },
            branch,
            incarnation: None,
            operation: Operation::Query { account: AccountId(0) },
            token: token.clone(),
            guarantees: Guarantees::READ_YOUR_WRITES,
            max_wait,
        };
        let reads = self.addresses.keys().zip(1..).map(read).map(|request| async {
            let branch = request.branch;
            match self.branches.send(request, 0).await.map(|reply| reply.outcome) {
                Some(Ok(Answer::Balance { .. })) => Ok(()),
                Some(Err(error)) => Err(NotDrained { branch, error: Some(error) }),
                Some(Ok(Answer::Written { .. } | Answer::Refused(_))) | None => {
                    Err(NotDrained { branch, error: None })
                }
            }
        });
        self.runtime.block_on(join_all(reads)).into_iter().collect()
    }
}
