//! A customer: a [`Session`] over real calls.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tonic::transport::Channel;

use super::alarm::Alarm;
use super::line::Line;
use super::wire::proto::bank_client::BankClient;
use super::wire::{Call, CallMessage, CallReply, GreetAnswer, GreetCall, Sending, WireError, proto};
use super::{clock, status, transport};
use crate::model::{BranchId, Greeting, Operation, Reply, Request, RequestError, RequestId, SessionId, Time};
use crate::network::{Fidelity, Leg};
use crate::session::{Completion, Input, Lost, Output, Policy, Session};

/// Connections to every branch, shared by any number of customers. Connects when first used.
#[derive(Clone)]
pub struct Branches {
    clients: Arc<BTreeMap<BranchId, BankClient<Channel>>>,
    replies: Arc<Replies>,
}

/// Replies that have arrived and are not yet due.
struct Replies {
    line: Arc<Line<oneshot::Sender<Duration>>>,
    fidelity: Mutex<Fidelity>,
    waking: AbortHandle,
}

/// One customer, who may ask at any branch, one operation after another.
pub struct Customer {
    branches: Branches,
    session: Session,
    /// When the branch sent the reply that ended the last operation.
    answered: Option<Time>,
}

/// What one attempt came to.
struct Heard {
    input: Input,
    /// When the branch sent it, if it sent anything.
    sent_at: Option<Time>,
}

impl Branches {
    /// Must be called within a runtime, which then drives the connections.
    ///
    /// # Errors
    ///
    /// When the process has no file descriptors left.
    pub fn new(addresses: &BTreeMap<BranchId, SocketAddr>) -> io::Result<Branches> {
        let client = |&address| BankClient::new(transport::endpoint(address).connect_lazy());
        let clients = addresses.iter().map(|(&branch, address)| (branch, client(address))).collect();
        Ok(Branches { clients: Arc::new(clients), replies: Arc::new(Replies::new(Alarm::new()?)) })
    }

    /// How much later than drawn replies were handed over; a customer holds them until they are due.
    pub fn fidelity(&self) -> Fidelity {
        self.replies.fidelity().clone()
    }

    /// Counts lateness from now on.
    pub(super) fn restart_fidelity(&self) {
        *self.replies.fidelity() = Fidelity::new();
    }

    /// A new customer. `policy` has passed [`Policy::check`].
    pub fn customer(&self, policy: Policy) -> Customer {
        let id = SessionId { opened_at: clock::unix_ns(), nonce: rand::random() };
        self.customer_of(Session::new(id, clock::now(), policy, rand::random()))
    }

    /// The customer whose session this is.
    pub fn customer_of(&self, session: Session) -> Customer {
        Customer { branches: self.clone(), session, answered: None }
    }

    /// One attempt at one request, as it is. `None` if no answer came.
    pub async fn send(&self, request: Request, attempt: u32) -> Option<Reply> {
        self.ask(request, attempt).await.map(|(reply, _)| reply)
    }

    /// The reply, and when the branch sent it, if it says so.
    async fn ask(&self, request: Request, attempt: u32) -> Option<(Reply, Option<Time>)> {
        let mut client = self.clients.get(&request.branch)?.clone();
        let call = Call { request, attempt, sent_at: Some(clock::now()), holds_replies: true };
        let answer: Result<Result<CallReply, WireError>, _> = match CallMessage::from(call) {
            CallMessage::Deposit(message) => client.deposit(message).await.map(|r| r.into_inner().try_into()),
            CallMessage::Withdraw(message) => {
                client.withdraw(message).await.map(|r| r.into_inner().try_into())
            }
            CallMessage::Query(message) => client.query(message).await.map(|r| r.into_inner().try_into()),
        };
        let CallReply { reply, sending } = match answer {
            Ok(reply) => reply.ok()?,
            Err(refused) => status::reply(&refused)?,
        };
        let sent_at = sending.as_ref().map(|sending| sending.at);
        self.replies.hold(sending).await;
        Some((reply, sent_at))
    }

    async fn greet(&self, call: GreetCall) -> Option<(Result<Greeting, RequestError>, Option<Time>)> {
        let mut client = self.clients.get(&call.branch)?.clone();
        let (greeting, sending) = match client.greet(proto::GreetRequest::from(call)).await {
            Ok(answer) => {
                let GreetAnswer { greeting, sending } = answer.into_inner().try_into().ok()?;
                (Ok(greeting), sending)
            }
            Err(refused) => {
                let CallReply { reply, sending } = status::reply(&refused)?;
                (Err(reply.outcome.err()?), sending)
            }
        };
        let sent_at = sending.as_ref().map(|sending| sending.at);
        self.replies.hold(sending).await;
        Some((greeting, sent_at))
    }
}

impl Replies {
    fn new(alarm: Alarm) -> Replies {
        let line = Arc::new(Line::new());
        let held = Arc::clone(&line);
        let waking = tokio::spawn(async move { held.wake(alarm).await }).abort_handle();
        Replies { line, fidelity: Mutex::default(), waking }
    }

    /// Returns when the reply is due.
    async fn hold(&self, sending: Option<Sending>) {
        let Some(Sending { at, delay }) = sending else { return };
        let late = self.line.until(at + delay).await;
        self.fidelity().note(Leg::Reply, late);
    }

    fn fidelity(&self) -> MutexGuard<'_, Fidelity> {
        self.fidelity.lock().expect("nothing panics while it counts")
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        self.waking.abort();
    }
}

impl Customer {
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// When the branch sent the reply that ended the last operation, on the machine's clock; `None` if no reply did.
    pub fn answered(&self) -> Option<Time> {
        self.answered
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
            let Heard { input, sent_at } = tokio::select! {
                Some(heard) = attempts.next() => heard,
                () = tokio::time::sleep(timeout) => Heard { input: Input::Timeout, sent_at: None },
            };
            // What ends the operation is the last thing heard.
            self.answered = sent_at;
            self.session.handle(clock::now(), input, &mut outbox);
        }
    }
}

async fn send(branches: Branches, request: Request, attempt: u32) -> Heard {
    let id = request.id;
    let (reply, sent_at) = branches.ask(request, attempt).await.unzip();
    let input = Input::Replied { request: id, attempt, reply: reply.ok_or(Lost) };
    Heard { input, sent_at: sent_at.flatten() }
}

/// A branch that answers a greeting with an error has answered the attempt; only silence is a lost greeting.
async fn greet(branches: Branches, request: RequestId, branch: BranchId, attempt: u32) -> Heard {
    let call = GreetCall {
        branch,
        request: Some(request),
        attempt,
        sent_at: Some(clock::now()),
        holds_replies: true,
    };
    let Some((greeting, sent_at)) = branches.greet(call).await else {
        return Heard { input: Input::Greeted { request, attempt, greeting: Err(Lost) }, sent_at: None };
    };
    let input = match greeting {
        Ok(greeting) => Input::Greeted { request, attempt, greeting: Ok(greeting) },
        Err(error) => {
            let reply = Reply { outcome: Err(error), parked_for: Duration::ZERO };
            Input::Replied { request, attempt, reply: Ok(reply) }
        }
    };
    Heard { input, sent_at }
}
