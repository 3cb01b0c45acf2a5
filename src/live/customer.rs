//! A customer: a [`Session`] over real calls.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tonic::transport::Channel;

use super::wire::proto::bank_client::BankClient;
use super::wire::{Call, CallMessage, CallReply, proto};
use super::{clock, status, transport};
use crate::model::{BranchId, Greeting, Operation, Reply, Request, RequestError, RequestId, SessionId, SessionToken, Time};
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

/// What became of one attempt.
enum Answered {
    Greeted { request: RequestId, attempt: u32, greeting: Result<Greeting, Lost> },
    Replied { request: RequestId, attempt: u32, reply: Result<Reply, Lost> },
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
        let answer = match CallMessage::from(call) {
            CallMessage::Deposit(message) => client.deposit(message).await.map(|r| r.into_inner().try_into()),
            CallMessage::Withdraw(message) => client.withdraw(message).await.map(|r| r.into_inner().try_into()),
            CallMessage::Query(message) => client.query(message).await.map(|r| r.into_inner().try_into()),
        };
        match answer {
            Ok(reply) => reply.ok().map(|CallReply { reply, .. }| reply),
            Err(refused) => status::reply(&refused),
        }
    }

    async fn greet(&self, branch: BranchId) -> Result<Greeting, Option<RequestError>> {
        let mut client = self.clients.get(&branch).ok_or(None)?.clone();
        let answer = client.greet(proto::GreetRequest::from(branch)).await;
        match answer {
            Ok(greeting) => greeting.into_inner().try_into().map_err(|_| None),
            Err(refused) => Err(status::reply(&refused).and_then(|reply| reply.outcome.err())),
        }
    }

    async fn attempt(&self, output: Output) -> Answered {
        match output {
            Output::Greet { request, branch, attempt } => match self.greet(branch).await {
                Ok(greeting) => Answered::Greeted { request, attempt, greeting: Ok(greeting) },
                Err(None) => Answered::Greeted { request, attempt, greeting: Err(Lost) },
                Err(Some(error)) => {
                    let reply = Reply { outcome: Err(error), parked_for: std::time::Duration::ZERO };
                    Answered::Replied { request, attempt, reply: Ok(reply) }
                }
            },
            Output::Send { attempt, request } => {
                let id = request.id;
                let reply = self.send(request, attempt).await.ok_or(Lost);
                Answered::Replied { request: id, attempt, reply }
            }
            Output::Completed(_) => unreachable!("a completion is not sent anywhere"),
        }
    }
}
