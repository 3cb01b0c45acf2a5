//! One branch core with its clock, its log, its calls and its outgoing queues, behind a lock.
//!
//! The lock is never held across an await. Everything that happens to a branch goes through [`Shell::handle`]:
//! it reads the clock, feeds the core, has the log synced (the volatile log is synced as soon as it is written),
//! answers calls and queues messages to peers. What the network delays waits in `held`, ordered by due time; one
//! driver task sleeps until the earliest of those and of the core's own timeouts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::alarm::Alarm;
use super::clock;
use super::wire::{Call, Envelope, GreetCall};
use crate::branch::{Branch, CallId, Counters, Input, Outbox, PeerBody, PeerMessage};
use crate::model::{
    AccountId, BranchId, Greeting, Reply, Request, RequestError, RequestId, Time, VersionVector,
};
use crate::network::{Endpoint, Fate, Identity, Leg, Network, Passage};

/// Delayed messages that a branch holds at most; what comes beyond is lost, and counted.
const HELD_MAX: usize = 1 << 20;

/// How long a call whose request or reply was dropped stays open, if the caller does not hang up before.
const SILENCE: Duration = Duration::from_secs(30);

pub(super) struct Shell {
    branch: BranchId,
    network: Arc<dyn Network>,
    state: Mutex<State>,
    /// Something is due earlier than the driver knows.
    earlier: Notify,
    serving: watch::Sender<bool>,
}

struct State {
    core: Branch,
    outbox: Outbox,
    /// Records appended to the volatile log, which keeps none of them.
    appended: u64,
    next_call: u64,
    calls: HashMap<CallId, oneshot::Sender<Reply>>,
    peers: BTreeMap<BranchId, mpsc::Sender<Envelope>>,
    held: BinaryHeap<Reverse<Held>>,
    held_count: u64,
    /// Until when the driver sleeps.
    armed: Option<Time>,
    losses: Losses,
}

/// Messages that bounds of this machine lost, not the network's fates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    /// The queue to a peer was full.
    pub queue_full: u64,
    /// Too many delayed messages.
    pub held_full: u64,
}

/// A branch at one moment, for operators and tests.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub applied: VersionVector,
    pub parked: usize,
    pub retained: usize,
    pub counters: Counters,
    pub losses: Losses,
}

/// Something that happens later, in order of due time and then of arrival.
struct Held {
    due: Time,
    order: u64,
    then: Then,
}

enum Then {
    /// A message from a peer, or the second copy of a request, whose reply goes nowhere.
    Handle(Box<Input>),
    /// Somebody waits for this time.
    Wake(oneshot::Sender<()>),
}

impl Shell {
    pub fn new(branch: BranchId, core: Branch, network: Arc<dyn Network>) -> Shell {
        let serving = watch::Sender::new(core.greeting().is_ok());
        let state = State {
            core,
            outbox: Outbox::default(),
            appended: 0,
            next_call: 0,
            calls: HashMap::new(),
            peers: BTreeMap::new(),
            held: BinaryHeap::new(),
            held_count: 0,
            armed: None,
            losses: Losses::default(),
        };
        Shell { branch, network, state: Mutex::new(state), earlier: Notify::new(), serving }
    }

    /// Sleeps until something is due and does it, until the task is dropped.
    pub async fn drive(&self, alarm: Alarm) {
        loop {
            let next = self.arm();
            tokio::select! {
                () = alarm.until(next) => {}
                () = self.earlier.notified() => {}
            }
            self.do_what_is_due();
        }
    }

    /// Takes a customer's request through the network, the core, and the network back. `None`: it was lost on the
    /// way, and the caller waited in vain.
    pub async fn call(&self, call: Call) -> Option<Reply> {
        let Call { request, attempt, sent_at } = call;
        let copies = self.way_in(request.id, attempt, sent_at).await?;
        for due in copies {
            let call = self.lock().new_call();
            self.hold_input(due, Input::Request { call, request: request.clone() });
        }
        let id = request.id;
        let reply = self.ask(request).await?;
        self.way_back(id, attempt).await?;
        Some(reply)
    }

    /// Takes a greeting through the network and back, if it has a name there. `None`: it was lost on the way.
    pub async fn greet(&self, call: GreetCall) -> Option<Result<Greeting, RequestError>> {
        let GreetCall { branch: meant, request, attempt, sent_at } = call;
        if let Some(request) = request {
            // A copy of a greeting would change nothing.
            let _ = self.way_in(request, attempt, sent_at).await?;
        }
        let greeting = match meant == self.branch {
            true => self.lock().core.greeting(),
            false => Err(RequestError::WrongBranch { meant, actual: self.branch }),
        };
        if let Some(request) = request {
            self.way_back(request, attempt).await?;
        }
        Some(greeting)
    }

    /// A message from a peer arrived; it is held until its drawn delay is over.
    pub fn receive(&self, envelope: Envelope) {
        let Envelope { from, sent_at, delay, message } = envelope;
        let input = Input::Peer { from, message };
        let due = sent_at + delay;
        if delay.is_zero() || due <= clock::now() {
            self.handle(input);
        } else {
            self.hold_input(due, input);
        }
    }

    /// The stream to a peer stands: its messages go into `queue`.
    pub fn connected(&self, peer: BranchId, queue: mpsc::Sender<Envelope>) {
        self.lock().peers.insert(peer, queue);
        self.handle(Input::Connected { peer });
    }

    pub fn disconnected(&self, peer: BranchId) {
        self.lock().peers.remove(&peer);
        self.handle(Input::Disconnected { peer });
    }

    pub fn shut_down(&self) {
        self.handle(Input::ShutDown);
    }

    /// Whether customers are served, and every change of it.
    pub fn serving(&self) -> watch::Receiver<bool> {
        self.serving.subscribe()
    }

    pub fn snapshot(&self) -> Snapshot {
        let state = self.lock();
        Snapshot {
            applied: state.core.applied().clone(),
            parked: state.core.parked(),
            retained: state.core.retained(),
            counters: state.core.counters(),
            losses: state.losses,
        }
    }

    pub fn balance(&self, account: AccountId) -> Option<i128> {
        self.lock().core.balance(account)
    }

    /// Gives a request to the core and waits for its reply.
    async fn ask(&self, request: Request) -> Option<Reply> {
        let receiver = {
            let mut state = self.lock();
            let call = state.new_call();
            let (sender, receiver) = oneshot::channel();
            state.calls.insert(call, sender);
            self.handle_in(&mut state, Input::Request { call, request });
            receiver
        };
        receiver.await.ok()
    }

    /// Returns when the request arrives, with the times at which copies of it do.
    async fn way_in(
        &self,
        request: RequestId,
        attempt: u32,
        sent_at: Option<Time>,
    ) -> Option<impl Iterator<Item = Time>> {
        let sent_at = sent_at.unwrap_or_else(clock::now);
        let (from, to) = (Endpoint::Customer(request.session), Endpoint::Branch(self.branch));
        let identity = Identity::Call { request, attempt };
        let passage = Passage { from, to, leg: Leg::Request, identity, sent_at };
        let Fate::Deliver(mut delays) = self.network.fate(&passage) else { return silence().await };
        delays.sort_unstable();
        self.wait_until(sent_at + *delays.first()?).await;
        Some(delays.into_iter().skip(1).map(move |delay| sent_at + delay))
    }

    async fn way_back(&self, request: RequestId, attempt: u32) -> Option<()> {
        let sent_at = clock::now();
        let (from, to) = (Endpoint::Branch(self.branch), Endpoint::Customer(request.session));
        let identity = Identity::Call { request, attempt };
        let passage = Passage { from, to, leg: Leg::Reply, identity, sent_at };
        let Fate::Deliver(delays) = self.network.fate(&passage) else { return silence().await };
        // A unary call has one reply, so of several copies the first is the one that counts.
        self.wait_until(sent_at + *delays.iter().min()?).await;
        Some(())
    }

    fn handle(&self, input: Input) {
        self.handle_in(&mut self.lock(), input);
    }

    fn handle_in(&self, state: &mut State, input: Input) {
        let now = clock::now();
        state.core.handle(now, input, &mut state.outbox);
        state.sync_volatile(now);
        state.answer();
        self.post(state, now);
        let serves = state.core.greeting().is_ok();
        self.serving.send_if_modified(|serving| std::mem::replace(serving, serves) != serves);
        self.rearm(state);
    }

    /// Puts messages into the peers' queues, each with the fate that the network gives it.
    fn post(&self, state: &mut State, now: Time) {
        for (to, message) in std::mem::take(&mut state.outbox.messages) {
            let (leg, identity) = leg(&message);
            let (from, to_end) = (Endpoint::Branch(self.branch), Endpoint::Branch(to));
            let passage = Passage { from, to: to_end, leg, identity, sent_at: now };
            let Fate::Deliver(delays) = self.network.fate(&passage) else { continue };
            let Some(queue) = state.peers.get(&to) else { continue };
            for &delay in &delays {
                let envelope = Envelope { from: self.branch, sent_at: now, delay, message: message.clone() };
                state.losses.queue_full += u64::from(queue.try_send(envelope).is_err());
            }
        }
    }

    fn hold_input(&self, due: Time, input: Input) {
        self.hold(due, Then::Handle(Box::new(input)));
    }

    async fn wait_until(&self, due: Time) {
        if due <= clock::now() {
            return;
        }
        let (sender, receiver) = oneshot::channel();
        self.hold(due, Then::Wake(sender));
        // An error means that the wait was given up because too much is held: the message is late no longer.
        receiver.await.ok();
    }

    fn hold(&self, due: Time, then: Then) {
        let mut state = self.lock();
        if state.held.len() >= HELD_MAX {
            state.losses.held_full += 1;
            return;
        }
        state.held_count += 1;
        let order = state.held_count;
        state.held.push(Reverse(Held { due, order, then }));
        self.rearm(&mut state);
    }

    fn arm(&self) -> Option<Time> {
        let mut state = self.lock();
        state.armed = state.next_due();
        state.armed
    }

    fn rearm(&self, state: &mut State) {
        let next = state.next_due();
        if next.is_some_and(|next| state.armed.is_none_or(|armed| next < armed)) {
            state.armed = next;
            self.earlier.notify_one();
        }
    }

    fn do_what_is_due(&self) {
        let mut state = self.lock();
        let now = clock::now();
        while let Some(Reverse(first)) = state.held.peek() {
            if first.due > now {
                break;
            }
            let Some(Reverse(held)) = state.held.pop() else { break };
            match held.then {
                Then::Handle(input) => self.handle_in(&mut state, *input),
                // The waiter may have hung up.
                Then::Wake(sender) => drop(sender.send(())),
            }
        }
        if state.core.next_timeout().is_some_and(|due| due <= now) {
            self.handle_in(&mut state, Input::Timeout);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no input panics a branch")
    }
}

impl State {
    fn new_call(&mut self) -> CallId {
        self.next_call += 1;
        CallId(self.next_call)
    }

    /// The volatile log is synced as soon as it is appended to. Syncing may execute what was parked, which appends
    /// more; it ends because each execution takes a request out.
    fn sync_volatile(&mut self, now: Time) {
        while !self.outbox.records.is_empty() {
            self.appended += self.outbox.records.len() as u64;
            self.outbox.records.clear();
            self.core.handle(now, Input::Synced { position: self.appended }, &mut self.outbox);
        }
    }

    fn answer(&mut self) {
        for (call, reply) in self.outbox.replies.drain(..) {
            if let Some(sender) = self.calls.remove(&call) {
                // The caller may have hung up; a copy of its request will be answered from memory.
                drop(sender.send(reply));
            }
        }
    }

    fn next_due(&self) -> Option<Time> {
        let held = self.held.peek().map(|Reverse(held)| held.due);
        self.core.next_timeout().into_iter().chain(held).min()
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Held) -> bool {
        (self.due, self.order) == (other.due, other.order)
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Held) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Held) -> std::cmp::Ordering {
        (self.due, self.order).cmp(&(other.due, other.order))
    }
}

fn leg(message: &PeerMessage) -> (Leg, Identity) {
    match &message.body {
        PeerBody::Run(run) => {
            (Leg::Replicate, Identity::Run { origin: run.origin, first: run.first, copy: run.copy })
        }
        PeerBody::Ack(ack) => (Leg::Ack, Identity::Ack { number: ack.number }),
    }
}

/// What a caller whose message was dropped hears.
async fn silence<T>() -> Option<T> {
    tokio::time::sleep(SILENCE).await;
    None
}
