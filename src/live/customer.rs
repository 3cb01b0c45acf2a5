//! A customer: a [`Session`] over real calls.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tonic::transport::Channel;

use super::wire::proto::bank_client::BankClient;
use super::wire::{Call, CallMessage, CallReply, GreetCall, WireError, proto};
use super::{clock, status, transport};
use crate::model::{BranchId, Greeting, Operation, Reply, Request, RequestError, RequestId, SessionId};
use crate::session::{Completion, Input, Lost, Output, Policy, Session};

/// Connections to every branch, shared by any number of customers. Connects when first used.
#[derive(Clone)]
pub struct Branches {
    clients: Arc<BTreeMap<BranchId, BankClient<Channel>>>,
}

/// One customer, who may ask at any branch, one operation after another.
pub struct Customer {
    branches: Branches,
    session: Session,
}

impl Branches {
    /// Must be called within a runtime, which then drives the connections.
    pub fn new(addresses: &BTreeMap<BranchId, SocketAddr>) -> Branches {
        let client = |&address| BankClient::new(transport::endpoint(address).connect_lazy());
        let clients = addresses.iter().map(|(&branch, address)| (branch, client(address))).collect();
        Branches { clients: Arc::new(clients) }
    }

    /// A new customer. `policy` has passed [`Policy::check`].
    pub fn customer(&self, policy: Policy) -> Customer {
        let id = SessionId { opened_at: clock::unix_ns(), nonce: rand::random() };
        Customer { branches: self.clone(), session: Session::new(id, clock::now(), policy, rand::random()) }
    }

    /// One attempt at one request, as it is. `None` if no answer came.
    pub async fn send(&self, request: Request, attempt: u32) -> Option<Reply> {
        let mut client = self.clients.get(&request.branch)?.clone();
        let call = Call { request, attempt, sent_at: Some(clock::now()) };
        let answer: Result<Result<CallReply, WireError>, _> = match CallMessage::from(call) {
            CallMessage::Deposit(message) => client.deposit(message).await.map(|r| r.into_inner().try_into()),
            CallMessage::Withdraw(message) => {
                client.withdraw(message).await.map(|r| r.into_inner().try_into())
            }
            CallMessage::Query(message) => client.query(message).await.map(|r| r.into_inner().try_into()),
        };
        match answer {
            Ok(reply) => reply.ok().map(|CallReply { reply, .. }| reply),
            Err(refused) => status::reply(&refused).map(|CallReply { reply, .. }| reply),
        }
    }

    async fn greet(&self, call: GreetCall) -> Option<Result<Greeting, RequestError>> {
        let mut client = self.clients.get(&call.branch)?.clone();
        match client.greet(proto::GreetRequest::from(call)).await {
            Ok(greeting) => greeting.into_inner().try_into().ok().map(Ok),
            Err(refused) => status::reply(&refused)?.reply.outcome.err().map(Err),
        }
    }
}

impl Customer {
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Runs one operation to its end. Every wait is bounded by the session's policy.
    pub async fn perform(&mut self, branch: BranchId, operation: Operation) -> Completion {
        let mut outbox = Vec::new();
        let mut attempts = FuturesUnordered::new();
        self.session.handle(clock::now(), Input::Begin { branch, operation }, &mut outbox);
        loop {
            for output in outbox.drain(..) {
                match output {
                    Output::Completed(completion) => return completion,
                    Output::Greet { request, branch, attempt } => {
                        attempts.push(greet(self.branches.clone(), request, branch, attempt).left_future());
                    }
                    Output::Send { attempt, request } => {
                        attempts.push(send(self.branches.clone(), request, attempt).right_future());
                    }
                }
            }
            let timeout = self.session.next_timeout().map(|at| at.since(clock::now())).unwrap_or_default();
            let input = tokio::select! {
                Some(input) = attempts.next() => input,
                () = tokio::time::sleep(timeout) => Input::Timeout,
            };
            self.session.handle(clock::now(), input, &mut outbox);
        }
    }
}

async fn send(branches: Branches, request: Request, attempt: u32) -> Input {
    let id = request.id;
    let reply = branches.send(request, attempt).await.ok_or(Lost);
    Input::Replied { request: id, attempt, reply }
}

/// A branch that answers a greeting with an error has answered the attempt; only silence is a lost greeting.
async fn greet(branches: Branches, request: RequestId, branch: BranchId, attempt: u32) -> Input {
    let call = GreetCall { branch, request: Some(request), attempt, sent_at: Some(clock::now()) };
    match branches.greet(call).await {
        Some(Ok(greeting)) => Input::Greeted { request, attempt, greeting: Ok(greeting) },
        Some(Err(error)) => {
            let reply = Reply { outcome: Err(error), parked_for: Duration::ZERO };
            Input::Replied { request, attempt, reply: Ok(reply) }
        }
        None => Input::Greeted { request, attempt, greeting: Err(Lost) },
    }
}
