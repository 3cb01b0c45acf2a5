//! One branch core with its clock, its log, its calls and its outgoing queues, behind a lock.
//!
//! The lock is never held across an await. Every input of a branch goes through [`BranchDriver::step`]: it reads the
//! clock, feeds the core, hands records to the log and records events; then calls are answered and messages posted.
//! What the network delays waits in two [`DelayQueue`]s, one of messages and one of calls. A task for each sleeps until
//! the earliest is due, and a third until the core's own timeout. [`calls`] takes a customer's request in and its reply
//! out.
//!
//! A durable log is synced by a thread of its own. A volatile one has nothing to wait for: a task reports it as synced
//! once the tasks that were ready before have run. So what came in together goes to the peers as one batch, as it does
//! where a disk sets the pace.

mod calls;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::report::{BranchReport, Losses, PeerTraffic};
use super::sync_queue::SyncQueue;
use crate::branch::{Branch, CallId, Input, Outbox, PeerBody};
use crate::live::clock;
use crate::live::delay_queue::DelayQueue;
use crate::live::fine_timer::FineTimer;
use crate::live::record::ipc::BranchStatus;
use crate::live::record::{EventBuffer, EventBufferGuard};
use crate::live::wire::Envelope;
use crate::model::{AccountId, BranchId, Greeting, Origin, Record, Reply, RequestError, Time};
use crate::network::{Endpoint, Fate, InjectionError, Leg, MessageInfo, Network};
use crate::scenario::{Observation, TrialEvent, identify};
pub(super) use calls::CallOutcome;

pub(super) struct BranchDriver {
    branch: BranchId,
    network: Arc<dyn Network>,
    /// The events of this branch, if its trial is recorded.
    buffer: Option<Arc<EventBuffer>>,
    /// Records that wait for the disk; `None` for a volatile log.
    durable: Option<Arc<SyncQueue>>,
    state: Mutex<DriverState>,
    /// Messages that have arrived and are not yet due.
    messages: DelayQueue<DueMessage>,
    /// Calls that wait for the delay of their request or reply.
    calls: DelayQueue<oneshot::Sender<Duration>>,
    /// The core's timeout is earlier than the task that waits for it knows.
    earlier: Notify,
    /// Something was appended to a volatile log.
    appended: Notify,
    /// Bytes of the messages that went out to peers.
    peer_bytes: AtomicU64,
    serving: watch::Sender<bool>,
    /// Why the branch cannot continue.
    failure: watch::Sender<Option<String>>,
}

struct DriverState {
    core: Branch,
    outbox: Outbox,
    /// Records appended to the volatile log, which keeps none of them.
    appended: u64,
    /// Whether the task that syncs it knows of the last one.
    sync_is_due: bool,
    /// Whether customers were served after the last input.
    serves: bool,
    /// How many calls have an id.
    calls_named: u64,
    /// Calls that wait for their replies.
    calls: HashMap<CallId, oneshot::Sender<Reply>>,
    peers: BTreeMap<BranchId, mpsc::Sender<Envelope>>,
    /// Until when the task of the core's timeout sleeps.
    armed: Option<Time>,
    losses: Losses,
    sent: PeerTraffic,
    injection_error: InjectionError,
}

/// One input that the core has handled: when, and the event buffer, still locked.
struct CoreStep<'a> {
    now: Time,
    guard: Option<EventBufferGuard<'a>>,
}

/// An input that the core handles when it is due.
struct DueMessage {
    leg: Leg,
    input: Input,
}

impl BranchDriver {
    pub fn new(
        branch: BranchId,
        core: Branch,
        network: Arc<dyn Network>,
        buffer: Option<Arc<EventBuffer>>,
        durable: Option<Arc<SyncQueue>>,
    ) -> BranchDriver {
        let serving = watch::Sender::new(core.greeting().is_ok());
        let state = DriverState {
            core,
            outbox: Outbox::default(),
            appended: 0,
            sync_is_due: false,
            serves: *serving.borrow(),
            calls_named: 0,
            calls: HashMap::new(),
            peers: BTreeMap::new(),
            armed: None,
            losses: Losses::default(),
            sent: PeerTraffic::default(),
            injection_error: InjectionError::new(),
        };
        BranchDriver {
            branch,
            network,
            buffer,
            durable,
            state: Mutex::new(state),
            messages: DelayQueue::new(),
            calls: DelayQueue::new(),
            earlier: Notify::new(),
            appended: Notify::new(),
            peer_bytes: AtomicU64::new(0),
            serving,
            failure: watch::Sender::new(None),
        }
    }

    /// Does everything that has a time when that time comes, until the task is dropped. The three timers are for the
    /// core's timeouts, for held messages and for held calls.
    pub async fn drive(&self, [timeouts, messages, calls]: [FineTimer; 3]) {
        let deliver = |DueMessage { leg, input }, late| self.deliver(leg, late, input);
        tokio::join!(self.time_out(timeouts), self.messages.drive(messages, deliver), self.calls.wake(calls));
    }

    /// Syncs a volatile log, until the task is dropped. Syncing may execute what was parked, which appends more.
    pub async fn sync_volatile(&self) {
        loop {
            self.appended.notified().await;
            let mut state = self.lock();
            state.sync_is_due = false;
            let position = state.appended;
            self.handle_in(&mut state, Input::Synced { position });
        }
    }

    /// A message from a peer arrived; it is held until its drawn delay is over.
    pub fn receive(&self, envelope: Envelope) {
        let Envelope { from, sent_at, delay, message } = envelope;
        let (leg, _) = identify(&message);
        // Nothing is sent in the future: such a time is from another machine's clock.
        self.hold(sent_at.min(clock::now()) + delay, leg, Input::Peer { from, message });
    }

    /// The stream to a peer is open: its messages go into `queue`.
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

    /// The log is synced up to this position. Returns a checkpoint that can replace its records, if one is wanted.
    pub fn synced(&self, position: u64, wants_checkpoint: bool) -> Option<Record> {
        let mut state = self.lock();
        self.handle_in(&mut state, Input::Synced { position });
        wants_checkpoint.then(|| state.core.checkpoint()).flatten()
    }

    /// The disk has no room, or has room again.
    pub fn disk_full(&self, is_full: bool) {
        self.handle(Input::DiskFull(is_full));
    }

    /// The log cannot be trusted any more: the branch ends, and acknowledges nothing more.
    pub fn fail(&self, error: &std::io::Error) {
        tracing::error!(branch = %self.branch, %error, "the log failed; the branch ends");
        self.failure.send_replace(Some(format!("branch {}: the log failed: {error}", self.branch)));
        self.shut_down();
    }

    /// Why the branch cannot continue, as soon as that is so.
    pub fn failure(&self) -> watch::Receiver<Option<String>> {
        self.failure.subscribe()
    }

    /// The branch's greeting, or why it does not serve customers.
    pub fn greeting(&self) -> Result<Greeting, RequestError> {
        self.lock().core.greeting()
    }

    /// Whether customers are served, and every change of it.
    pub fn serving(&self) -> watch::Receiver<bool> {
        self.serving.subscribe()
    }

    pub fn report(&self) -> BranchReport {
        let state = self.lock();
        BranchReport {
            applied: state.core.applied().clone(),
            parked: state.core.parked(),
            retained: state.core.retained(),
            held: self.messages.len(),
            sent: PeerTraffic { bytes: self.peer_bytes.load(Ordering::Relaxed), ..state.sent },
            logged: self.durable.as_deref().map(SyncQueue::traffic).unwrap_or_default(),
            counters: state.core.counters(),
            losses: state.losses,
            injection_error: state.injection_error.clone(),
        }
    }

    pub fn status(&self) -> BranchStatus {
        let state = self.lock();
        BranchStatus {
            parked: state.core.parked(),
            held: self.messages.len(),
            connected: state.peers.len(),
            applied: state.core.applied().clone(),
        }
    }

    pub fn id(&self) -> BranchId {
        self.branch
    }

    /// How many writes of `origin` are visible here.
    pub fn applied(&self, origin: Origin) -> u64 {
        self.lock().core.applied().get(origin)
    }

    pub fn balance(&self, account: AccountId) -> Option<i128> {
        self.lock().core.balance(account)
    }

    /// Counts the injection error from now on.
    pub fn restart_injection_error(&self) {
        self.lock().injection_error = InjectionError::new();
    }

    /// Counts the bytes of a message that goes out to a peer.
    pub fn count_sent_bytes(&self, bytes: usize) {
        self.peer_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn handle(&self, input: Input) {
        self.handle_in(&mut self.lock(), input);
    }

    fn handle_in(&self, state: &mut DriverState, input: Input) {
        let step = self.step(state, input);
        state.answer();
        self.finish(state, step);
    }

    /// The first half of an input: clock, core, log, events. Replies and messages stay in the outbox.
    fn step(&self, state: &mut DriverState, input: Input) -> CoreStep<'_> {
        let mut guard = self.buffer.as_deref().map(EventBuffer::lock);
        let now = guard.as_ref().map_or_else(clock::now, |guard| guard.now);
        state.core.handle(now, input, &mut state.outbox);
        match &self.durable {
            None if !state.outbox.records.is_empty() => self.append_volatile(state),
            None => {}
            Some(queue) if !state.outbox.records.is_empty() => queue.put(&mut state.outbox.records),
            Some(_) => {}
        }
        // Before any reply or message leaves.
        if let Some(guard) = &mut guard {
            let applied = |&range| TrialEvent::Observed(self.branch, Observation::Applied(range));
            state.outbox.applied.iter().map(applied).for_each(|event| guard.put(event));
            guard.flush();
        }
        state.outbox.applied.clear();
        CoreStep { now, guard }
    }

    /// The second half: messages to peers. Calls are answered before it, since customers wait for their replies.
    fn finish(&self, state: &mut DriverState, CoreStep { now, guard }: CoreStep<'_>) {
        self.post(state, now, guard);
        let serves = state.core.greeting().is_ok();
        if std::mem::replace(&mut state.serves, serves) != serves {
            self.serving.send_replace(serves);
        }
        self.rearm(state);
    }

    fn append_volatile(&self, state: &mut DriverState) {
        state.appended += state.outbox.records.len() as u64;
        state.outbox.records.clear();
        if !std::mem::replace(&mut state.sync_is_due, true) {
            self.appended.notify_one();
        }
    }

    /// Puts messages into the peers' queues, each with the fate that the network gives it.
    fn post(&self, state: &mut DriverState, now: Time, mut guard: Option<EventBufferGuard<'_>>) {
        for (to, message) in state.outbox.messages.drain(..) {
            match &message.body {
                PeerBody::Run(_) | PeerBody::Piece(_) => state.sent.runs += 1,
                PeerBody::Ack(_) | PeerBody::Ask(_) => state.sent.acks += 1,
            }
            let (leg, identity) = identify(&message);
            let (from, to_end) = (Endpoint::Branch(self.branch), Endpoint::Branch(to));
            let fate = self.network.fate(&MessageInfo { from, to: to_end, leg, identity, sent_at: now });
            tracing::trace!(from = %self.branch, %to, message = %message.body, ?fate, "sent");
            if let Some(guard) = &mut guard
                && let Some(sent) = TrialEvent::sent(self.branch, to, &message, &fate)
            {
                guard.put(sent);
            }
            let Fate::Deliver(delays) = fate else { continue };
            let (Some(queue), Some((&last, copies))) = (state.peers.get(&to), delays.split_last()) else {
                continue;
            };
            // The last copy takes the message itself.
            let mut send = |delay, message| {
                let envelope = Envelope { from: self.branch, sent_at: now, delay, message };
                state.losses.queue_full += u64::from(queue.try_send(envelope).is_err());
            };
            copies.iter().for_each(|&delay| send(delay, message.clone()));
            send(last, message);
        }
        if let Some(guard) = &mut guard {
            guard.flush();
        }
    }

    /// Delivers a message when it is due, which may be at once.
    fn hold(&self, due: Time, leg: Leg, input: Input) {
        let now = clock::now();
        if due <= now {
            self.deliver(leg, now.since(due), input);
        } else if !self.messages.hold(due, DueMessage { leg, input }) {
            self.lock().losses.held_full += 1;
        }
    }

    fn deliver(&self, leg: Leg, late: Duration, input: Input) {
        let mut state = self.lock();
        state.injection_error.note(leg, late);
        self.handle_in(&mut state, input);
    }

    async fn time_out(&self, timer: FineTimer) {
        loop {
            let next = self.arm();
            tokio::select! {
                () = timer.until(next) => {}
                () = self.earlier.notified() => {}
            }
            let mut state = self.lock();
            if state.core.next_timeout().is_some_and(|due| due <= clock::now()) {
                self.handle_in(&mut state, Input::Timeout);
            }
        }
    }

    fn arm(&self) -> Option<Time> {
        let mut state = self.lock();
        state.armed = state.core.next_timeout();
        state.armed
    }

    fn rearm(&self, state: &mut DriverState) {
        let next = state.core.next_timeout();
        if next.is_some_and(|next| state.armed.is_none_or(|armed| next < armed)) {
            state.armed = next;
            self.earlier.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, DriverState> {
        self.state.lock().expect("no input panics a branch")
    }
}

impl DriverState {
    /// The id of the next call.
    fn next_call(&mut self) -> CallId {
        self.calls_named += 1;
        CallId(self.calls_named)
    }

    /// The reply to this call, if it is in the outbox.
    fn take_reply(&mut self, call: CallId) -> Option<Reply> {
        let at = self.outbox.replies.iter().position(|(answered, _)| *answered == call)?;
        Some(self.outbox.replies.remove(at).1)
    }

    fn answer(&mut self) {
        for (call, reply) in self.outbox.replies.drain(..) {
            if let Some(sender) = self.calls.remove(&call) {
                // The caller may have hung up; the client table will answer a copy of its request.
                drop(sender.send(reply));
            }
        }
    }
}
