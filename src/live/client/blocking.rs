//! A client for callers without a runtime: each call blocks until it is done.

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

/// Connections to a cluster, driven by the calling thread.
pub struct BlockingClient {
    runtime: Runtime,
    pool: ClientPool,
    addresses: BTreeMap<BranchId, SocketAddr>,
}

/// A branch that lacks one of the writes for which a caller waited.
#[derive(Debug, thiserror::Error)]
#[error("branch {branch} has not caught up: {}", error.as_ref().map_or("no answer".to_owned(), ToString::to_string))]
pub struct NotDrained {
    /// The branch.
    pub branch: BranchId,
    /// Its error; `None` if no answer came.
    pub error: Option<RequestError>,
}

impl BlockingClient {
    /// A client of the branches that listen on these addresses. Connects when first used.
    ///
    /// # Errors
    ///
    /// When the system gives no more file descriptors.
    pub fn new(addresses: BTreeMap<BranchId, SocketAddr>) -> io::Result<BlockingClient> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let pool = runtime.block_on(async { ClientPool::new(&addresses) })?;
        Ok(BlockingClient { runtime, pool, addresses })
    }

    /// The injection error of replies.
    pub fn injection_error(&self) -> InjectionError {
        self.pool.injection_error()
    }

    /// A new customer. `policy` has passed [`Policy::check`].
    pub fn customer(&self, policy: Policy) -> Customer {
        self.pool.customer(policy)
    }

    /// Runs one operation to its end.
    pub fn perform(&self, customer: &mut Customer, branch: BranchId, operation: Operation) -> Completion {
        self.runtime.block_on(customer.perform(branch, operation))
    }

    /// Waits until every branch has these writes, with a read at each whose token they are.
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
            match self.pool.send(request, 0).await.map(|reply| reply.outcome) {
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
