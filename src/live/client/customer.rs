//! A customer: a [`Session`] over real calls.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::FusedFuture as _;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::Sleep;

use super::bank_client::BankClient;
use crate::live::clock;
use crate::live::delay_queue::DelayQueue;
use crate::live::fine_timer::FineTimer;
use crate::live::status;
use crate::live::transport::CONNECTIONS;
use crate::live::wire::{
    CallMessage, CallReply, GreetAnswer, GreetCall, IncomingCall, Sending, WireError, proto,
};
use crate::model::{BranchId, Greeting, Operation, Reply, Request, RequestError, RequestId, SessionId, Time};
use crate::network::{InjectionError, Leg};
use crate::session::{Completion, Lost, Output, Policy, Session, SessionInput};

/// Connections to every branch, shared by any number of customers. Connects when first used.
#[derive(Clone)]
pub struct ClientPool {
    clients: Arc<BTreeMap<BranchId, [BankClient; CONNECTIONS]>>,
    replies: Arc<ReplyDelay>,
    /// Customers so far: they take the connections in turn.
    customers: Arc<AtomicUsize>,
}

/// Replies that have arrived and are not yet due.
struct ReplyDelay {
    held: Arc<DelayQueue<oneshot::Sender<Duration>>>,
    injection_error: Mutex<InjectionError>,
    waking: AbortHandle,
}

/// One customer, who may go to any branch, one operation after another.
pub struct Customer {
    pool: ClientPool,
    /// Which of the connections to each branch.
    connection: usize,
    /// Clients of branches that were asked before: one is cheaper to keep than to clone.
    clients: BTreeMap<BranchId, BankClient>,
    session: Session,
    outbox: Vec<Output>,
    timer: Timer,
    /// When the branch sent the reply that ended the last operation.
    answered: Option<Time>,
}

/// Fires no later than asked. Most operations end long before their timeout, so a timer that is early enough is left
/// as it is: too early is harmless to a session.
#[derive(Default)]
struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    fires_at: Time,
}

/// One call, ready to be sent.
enum PreparedCall {
    Send { request: RequestId, attempt: u32, call: CallMessage },
    Greet { request: RequestId, attempt: u32, call: proto::GreetRequest },
}

/// The result of one attempt, as an input of the session.
struct AttemptResult {
    input: SessionInput,
    at: Time,
    /// When the branch sent its reply, if it sent one.
    sent_at: Option<Time>,
}

/// When a reply was handed over.
struct Delivered {
    at: Time,
    /// When the branch sent it, if it says so.
    sent_at: Option<Time>,
}

impl ClientPool {
    /// A pool within the caller's runtime, which then drives the connections.
    ///
    /// # Errors
    ///
    /// When the process has no file descriptors left.
    pub fn new(addresses: &BTreeMap<BranchId, SocketAddr>) -> io::Result<ClientPool> {
        let of_branch = |(&branch, &address)| (branch, std::array::from_fn(|_| BankClient::new(address)));
        Ok(ClientPool {
            clients: Arc::new(addresses.iter().map(of_branch).collect()),
            replies: Arc::new(ReplyDelay::new(FineTimer::new()?)),
            customers: Arc::default(),
        })
    }

    /// The injection error of replies, which a customer holds until they are due.
    pub(in crate::live) fn injection_error(&self) -> InjectionError {
        self.replies.injection_error().clone()
    }

    /// Counts the injection error from now on.
    pub(in crate::live) fn restart_injection_error(&self) {
        *self.replies.injection_error() = InjectionError::new();
    }

    /// A new customer. `policy` has passed [`Policy::check`].
    pub fn customer(&self, policy: Policy) -> Customer {
        let id = SessionId { opened_at: clock::unix_ns(), nonce: rand::random() };
        self.customer_of(Session::new(id, clock::now(), policy, rand::random()))
    }

    /// The customer whose session this is.
    pub(in crate::live) fn customer_of(&self, session: Session) -> Customer {
        Customer {
            pool: self.clone(),
            connection: self.customers.fetch_add(1, Ordering::Relaxed) % CONNECTIONS,
            clients: BTreeMap::new(),
            session,
            outbox: Vec::new(),
            timer: Timer::default(),
            answered: None,
        }
    }

    /// One attempt at one request, as it is. `None` if no answer came.
    pub async fn send(&self, request: Request, attempt: u32) -> Option<Reply> {
        let mut client = self.client(request.branch, 0)?;
        self.replies.ask(&mut client, message(request, attempt, clock::now())).await.map(|(reply, _)| reply)
    }

    fn client(&self, branch: BranchId, connection: usize) -> Option<BankClient> {
        self.clients.get(&branch).map(|clients| clients[connection].clone())
    }
}

impl ReplyDelay {
    fn new(timer: FineTimer) -> ReplyDelay {
        let held = Arc::new(DelayQueue::new());
        let queue = Arc::clone(&held);
        let waking = tokio::spawn(async move { queue.wake(timer).await }).abort_handle();
        ReplyDelay { held, injection_error: Mutex::default(), waking }
    }

    /// Makes a call, and returns the reply when it is due. `None` if no reply came.
    async fn ask(&self, client: &mut BankClient, call: CallMessage) -> Option<(Reply, Delivered)> {
        let answer: Result<Result<CallReply, WireError>, _> = match call {
            CallMessage::Deposit(message) => client.deposit(message).await.map(CallReply::try_from),
            CallMessage::Withdraw(message) => client.withdraw(message).await.map(CallReply::try_from),
            CallMessage::Query(message) => client.query(message).await.map(CallReply::try_from),
        };
        let CallReply { reply, sending } = match answer {
            Ok(reply) => reply.ok()?,
            Err(refused) => status::reply(&refused)?,
        };
        Some((reply, self.hold(sending).await))
    }

    /// The same for a greeting.
    async fn greet(
        &self,
        client: &mut BankClient,
        call: proto::GreetRequest,
    ) -> Option<(Result<Greeting, RequestError>, Delivered)> {
        let (greeting, sending) = match client.greet(call).await {
            Ok(answer) => {
                let GreetAnswer { greeting, sending } = answer.try_into().ok()?;
                (Ok(greeting), sending)
            }
            Err(refused) => {
                let CallReply { reply, sending } = status::reply(&refused)?;
                (Err(reply.outcome.err()?), sending)
            }
        };
        Some((greeting, self.hold(sending).await))
    }

    /// Returns when the reply is due.
    async fn hold(&self, sending: Option<Sending>) -> Delivered {
        let now = clock::now();
        let Some(Sending { at: sent_at, delay }) = sending else {
            return Delivered { at: now, sent_at: None };
        };
        let due = sent_at + delay;
        let (at, late) = match now < due {
            false => (now, now.since(due)),
            true => {
                let late = self.held.until(due).await;
                (clock::now(), late)
            }
        };
        self.injection_error().note(Leg::Reply, late);
        Delivered { at, sent_at: Some(sent_at) }
    }

    fn injection_error(&self) -> MutexGuard<'_, InjectionError> {
        self.injection_error.lock().expect("nothing panics while it counts")
    }
}

impl Drop for ReplyDelay {
    fn drop(&mut self) {
        self.waking.abort();
    }
}

impl Customer {
    /// The customer's session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// When the branch sent the reply that ended the last operation, on the machine's clock; `None` if no reply did.
    pub(in crate::live) fn answered(&self) -> Option<Time> {
        self.answered
    }

    /// Runs one operation to its end. Every wait is bounded by the session's policy.
    pub async fn perform(&mut self, branch: BranchId, operation: Operation) -> Completion {
        let Customer { pool, connection, clients, session, outbox, timer, answered } = self;
        let replies = &*pool.replies;
        let began = clock::now();
        session.handle(began, SessionInput::Begin { branch, operation }, outbox);
        let first = outbox.pop().expect("an operation begins with an attempt");
        let own_client = match clients.entry(branch) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(new) => pool.client(branch, *connection).map(|client| new.insert(client)),
        };
        // Nearly always there is one attempt: it runs in place, and others beside it.
        let mut first = pin!(attempt(replies, own_client, PreparedCall::new(first, began)).fuse());
        let mut others = None;
        loop {
            let until = session.next_timeout().unwrap_or_default();
            let AttemptResult { input, at, sent_at } = tokio::select! {
                biased;
                result = &mut first, if !first.is_terminated() => result,
                result = next(&mut others) => result,
                () = timer.at_latest(until) => AttemptResult::timeout(),
            };
            // The last result ends the operation.
            *answered = sent_at;
            session.handle(at, input, outbox);
            for output in outbox.drain(..) {
                if let Output::Completed(completion) = output {
                    return completion;
                }
                let mut client = pool.client(branch, *connection);
                let next = PreparedCall::new(output, clock::now());
                let attempt = async move { attempt(replies, client.as_mut(), next).await };
                others.get_or_insert_with(FuturesUnordered::new).push(attempt);
            }
        }
    }
}

impl PreparedCall {
    /// The call that a session asks for.
    fn new(output: Output, now: Time) -> PreparedCall {
        match output {
            Output::Send { attempt, request } => {
                PreparedCall::Send { request: request.id, attempt, call: message(request, attempt, now) }
            }
            Output::Greet { request, branch, attempt } => {
                let (sent_at, holds_replies) = (Some(now), true);
                let call = GreetCall { branch, request: Some(request), attempt, sent_at, holds_replies };
                PreparedCall::Greet { request, attempt, call: call.into() }
            }
            Output::Completed(_) => unreachable!("an operation that has ended makes no call"),
        }
    }
}

fn message(request: Request, attempt: u32, now: Time) -> CallMessage {
    IncomingCall { request, attempt, sent_at: Some(now), holds_replies: true }.into()
}

/// Makes the call. There is no client for a branch that is not in the pool.
async fn attempt(
    replies: &ReplyDelay,
    client: Option<&mut BankClient>,
    attempt: PreparedCall,
) -> AttemptResult {
    match attempt {
        PreparedCall::Send { request, attempt, call } => {
            let answer = match client {
                Some(client) => replies.ask(client, call).await,
                None => None,
            };
            let (reply, delivered) = answer.unzip();
            AttemptResult::new(
                SessionInput::Replied { request, attempt, reply: reply.ok_or(Lost) },
                delivered,
            )
        }
        PreparedCall::Greet { request, attempt, call } => {
            let answer = match client {
                Some(client) => replies.greet(client, call).await,
                None => None,
            };
            let (greeting, delivered) = answer.unzip();
            AttemptResult::new(greeted(request, attempt, greeting), delivered)
        }
    }
}

/// The session's input for a greeting. An error of the branch answers the attempt; only no answer is a lost greeting.
fn greeted(
    request: RequestId,
    attempt: u32,
    greeting: Option<Result<Greeting, RequestError>>,
) -> SessionInput {
    match greeting {
        None => SessionInput::Greeted { request, attempt, greeting: Err(Lost) },
        Some(Ok(greeting)) => SessionInput::Greeted { request, attempt, greeting: Ok(greeting) },
        Some(Err(error)) => {
            let reply = Reply { outcome: Err(error), parked_for: Duration::ZERO };
            SessionInput::Replied { request, attempt, reply: Ok(reply) }
        }
    }
}

/// The next result of these attempts, if one is under way.
async fn next<F: Future<Output = AttemptResult>>(
    attempts: &mut Option<FuturesUnordered<F>>,
) -> AttemptResult {
    match attempts.as_mut().filter(|attempts| !attempts.is_empty()) {
        Some(attempts) => attempts.select_next_some().await,
        None => pending().await,
    }
}

impl AttemptResult {
    /// Without a delivery the call has just failed.
    fn new(input: SessionInput, delivered: Option<Delivered>) -> AttemptResult {
        let Delivered { at, sent_at } =
            delivered.unwrap_or_else(|| Delivered { at: clock::now(), sent_at: None });
        AttemptResult { input, at, sent_at }
    }

    fn timeout() -> AttemptResult {
        AttemptResult::new(SessionInput::Timeout, None)
    }
}

impl Timer {
    /// Returns at `time` or before.
    async fn at_latest(&mut self, time: Time) {
        let sleep = match &mut self.sleep {
            Some(sleep) if self.fires_at <= time && !sleep.is_elapsed() => sleep,
            armed => {
                self.fires_at = time;
                let after = tokio::time::sleep(time.since(clock::now()));
                armed.insert(Box::pin(after))
            }
        };
        sleep.await;
    }
}
