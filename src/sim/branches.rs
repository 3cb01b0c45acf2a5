//! Branches: what reaches them, and what they say.

use std::mem;

use super::calls::SimCall;
use super::log::SyncFailed;
use super::onlooker::MessageContent;
use super::site::SimMessage;
use super::size;
use super::world::{SimEvent, Stage, World};
use crate::branch::{Config, Input, PeerBody};
use crate::model::{BranchId, Reply, Time};
use crate::network::{Endpoint, Fate, Identity, Leg, MessageInfo, Network};
use crate::scenario::{Durability, Observation, Scenario, TrialEvent, name};
use crate::session::{self, Lost};

/// Of one branch of the scenario's cluster.
pub(super) fn config(scenario: &Scenario, initial_balances: &[i64], id: BranchId) -> Config {
    Config {
        limits: scenario.limits.clone(),
        timing: scenario.timing.clone(),
        #[cfg(feature = "mutants")]
        mutant: scenario.policy.mutant,
        ..Config::new(id, scenario.network.branches.iter().copied(), initial_balances.to_vec())
    }
}

impl World<'_> {
    /// A message has come to a branch, which may be down or have no time for it.
    pub fn arrive(&mut self, at: usize, message: SimMessage) {
        let site = &mut self.sites[at];
        if site.core.is_none() {
            self.lose(at, message);
        } else if site.is_occupied() {
            site.inbox.push_back(message);
        } else {
            self.begin(at, message);
        }
    }

    /// What waits is handled, as far as the branch has time.
    pub fn work(&mut self, at: usize) {
        loop {
            let site = &mut self.sites[at];
            if site.pauses > 0 || site.serving.is_some() {
                return;
            }
            let Some(message) = site.inbox.pop_front() else { return };
            self.begin(at, message);
        }
    }

    /// The processor is done with a message.
    pub fn served(&mut self, at: usize, life: u32) {
        let site = &mut self.sites[at];
        if site.life != life {
            return;
        }
        let Some(message) = site.serving.take() else { return };
        if site.pauses > 0 {
            site.inbox.push_front(message);
            return;
        }
        self.serve(at, message);
        self.work(at);
    }

    /// The disk is done with a sync.
    pub fn synced(&mut self, at: usize, life: u32) {
        let site = &mut self.sites[at];
        if site.life != life {
            return;
        }
        if site.pauses > 0 {
            site.sync_ended = true;
            return;
        }
        match site.log.end_sync() {
            Some(Ok(position)) => {
                self.input(at, Input::Synced { position });
                self.begin_log_anew(at);
            }
            Some(Err(SyncFailed)) => self.crash(at, self.scenario.durability == Durability::Volatile),
            None => {}
        }
    }

    /// Old records give way to a checkpoint, if that pays.
    fn begin_log_anew(&mut self, at: usize) {
        let site = &mut self.sites[at];
        if !site.log.wants_checkpoint() {
            return;
        }
        if let Some(record) = site.core.as_ref().and_then(|core| core.checkpoint()) {
            site.log.checkpoint(&record);
        }
    }

    /// A time has come at which the core's timeout was to be looked at.
    pub fn expire(&mut self, at: usize, life: u32) {
        let site = &mut self.sites[at];
        if site.life != life || site.armed != Some(self.now) {
            return;
        }
        site.armed = None;
        if site.pauses == 0 {
            self.look_at_timeout(at);
        }
    }

    pub fn look_at_timeout(&mut self, at: usize) {
        let next = self.sites[at].core.as_ref().and_then(|core| core.next_timeout());
        if next.is_some_and(|next| next <= self.now) {
            self.input(at, Input::Timeout);
        } else {
            self.arm(at);
        }
    }

    /// Feeds the core of a branch, and does all that follows at once. A branch that is down hears nothing.
    pub fn input(&mut self, at: usize, input: Input) {
        let site = &mut self.sites[at];
        let Some(core) = &mut site.core else { return };
        core.handle(self.now, input, &mut self.outbox);
        // Syncing may execute what was parked, which appends more; each execution takes a request out, so it ends.
        while !self.outbox.records.is_empty() {
            site.log.append(&mut self.outbox.records);
            if let Some(position) = site.log.sync_at_once() {
                core.handle(self.now, Input::Synced { position }, &mut self.outbox);
            }
        }
        if let Some(takes) = site.log.begin_sync() {
            self.queue.push(self.now + takes, SimEvent::Synced { site: at as u32, life: site.life });
        }
        self.tell_applied(at);
        self.answer(at);
        self.post(at);
        self.arm(at);
        self.open_gates();
    }

    /// A message that nobody takes: the connection that brought it says so.
    pub fn lose(&mut self, at: usize, message: SimMessage) {
        self.under_way -= usize::from(message.is_carried());
        match message {
            SimMessage::Request { request: _, call } => {
                call.into_iter().for_each(|call| self.hang_up(at, call));
            }
            SimMessage::Greeting(call) => self.hang_up(at, call),
            SimMessage::Input(_) => {}
        }
    }

    /// The connection of a call breaks, and nothing else comes of it.
    pub fn hang_up(&mut self, at: usize, call: SimCall) {
        let SimCall { request, attempt, is_greeting, .. } = call;
        let input = match is_greeting {
            true => session::SessionInput::Greeted { request, attempt, greeting: Err(Lost) },
            false => session::SessionInput::Replied { request, attempt, reply: Err(Lost) },
        };
        self.way_back(at, call, input, None);
    }

    /// A message is on its way to a branch.
    pub fn send(&mut self, at: Time, site: usize, leg: Leg, message: SimMessage) {
        self.under_way += 1;
        self.queue.push(at, SimEvent::Arrives { site: site as u32, leg, message });
    }

    fn begin(&mut self, at: usize, message: SimMessage) {
        if self.scenario.service_time.is_zero() || !message.is_carried() {
            return self.serve(at, message);
        }
        let site = &mut self.sites[at];
        site.serving = Some(message);
        let due = SimEvent::Served { site: at as u32, life: site.life };
        self.queue.push(self.now + self.scenario.service_time, due);
    }

    fn serve(&mut self, at: usize, message: SimMessage) {
        self.under_way -= usize::from(message.is_carried());
        match message {
            SimMessage::Request { request, call } => {
                let call = self.sites[at].calls.open(call);
                self.input(at, Input::Request { call, request });
            }
            SimMessage::Greeting(call) => self.greet(at, call),
            SimMessage::Input(input) => self.input(at, input),
        }
    }

    /// A branch that greets with an error has answered the attempt.
    fn greet(&mut self, at: usize, call: SimCall) {
        let Some(core) = &self.sites[at].core else { return };
        let SimCall { request, attempt, .. } = call;
        let input = match core.greeting() {
            Ok(greeting) => session::SessionInput::Greeted { request, attempt, greeting: Ok(greeting) },
            Err(error) => {
                let reply = Reply { outcome: Err(error), parked_for: std::time::Duration::ZERO };
                session::SessionInput::Replied { request, attempt, reply: Ok(reply) }
            }
        };
        self.way_back(at, call, input, Some(self.now));
    }

    fn tell_applied(&mut self, at: usize) {
        let branch = self.sites[at].id;
        for &run in &self.outbox.applied {
            self.telling.tell(self.now, || TrialEvent::Observed(branch, Observation::Applied(run)));
            if let Some(told) = &mut self.sites[at].told {
                told.raise(run.origin, run.last);
            }
            if let Some(isolation) = &mut self.isolation {
                isolation.applied(run.origin.branch);
            }
        }
        self.outbox.applied.clear();
    }

    fn answer(&mut self, at: usize) {
        let mut replies = mem::take(&mut self.outbox.replies);
        for (call, reply) in replies.drain(..) {
            // A duplicate has nobody who waits.
            let Some(call) = self.sites[at].calls.close(call) else { continue };
            let SimCall { request, attempt, .. } = call;
            let input = session::SessionInput::Replied { request, attempt, reply: Ok(reply) };
            self.way_back(at, call, input, Some(self.now));
        }
        self.outbox.replies = replies;
    }

    /// An answer goes to the customer, as fast as the faster of its copies.
    fn way_back(&mut self, at: usize, call: SimCall, input: session::SessionInput, sent_at: Option<Time>) {
        let SimCall { customer, request, attempt, .. } = call;
        let passage = MessageInfo {
            from: Endpoint::Branch(self.sites[at].id),
            to: Endpoint::Customer(request.session),
            leg: Leg::Reply,
            identity: Identity::Call { request, attempt },
            sent_at: self.now,
        };
        let mut fate = self.network.fate(&passage);
        if let Fate::Deliver(delays) = &mut fate {
            delays.sort_unstable();
            delays.truncate(1);
        }
        self.telling.passed(&passage, &fate, MessageContent::Answer(&input));
        let Fate::Deliver(delays) = fate else { return };
        let Some(&delay) = delays.first() else { return };
        self.queue.push(self.now + delay, SimEvent::Heard { customer, input, sent_at });
    }

    /// Hands messages to the network.
    fn post(&mut self, at: usize) {
        let mut messages = mem::take(&mut self.outbox.messages);
        let from = self.sites[at].id;
        for (to, message) in messages.drain(..) {
            let (leg, identity) = name(&message);
            let passage = MessageInfo {
                from: Endpoint::Branch(from),
                to: Endpoint::Branch(to),
                leg,
                identity,
                sent_at: self.now,
            };
            let fate = match self.stage {
                Stage::Curtain => Fate::at_once(),
                Stage::Load | Stage::Drain | Stage::Over => self.network.fate(&passage),
            };
            self.telling.passed(&passage, &fate, MessageContent::Peer(&message.body));
            self.telling.tell_if_any(self.now, || TrialEvent::sent(from, to, &message, &fate));
            let sent = &mut self.sites[at].sent;
            match &message.body {
                PeerBody::Run(_) | PeerBody::Piece(_) => sent.runs += 1,
                PeerBody::Ack(_) | PeerBody::Ask(_) => sent.acks += 1,
            }
            let Fate::Deliver(delays) = fate else { continue };
            let Some((&last, copies)) = delays.split_last() else { continue };
            let bytes = delays.iter().map(|&delay| size::peer_message(from, self.now, delay, &message));
            sent.bytes += bytes.sum::<u64>();
            let place = self.place(to);
            for &delay in copies {
                let message = SimMessage::Input(Input::Peer { from, message: message.clone() });
                self.send(self.now + delay, place, leg, message);
            }
            self.send(self.now + last, place, leg, SimMessage::Input(Input::Peer { from, message }));
        }
        self.outbox.messages = messages;
    }

    /// Sees to it that the core's timeout is looked at in time.
    fn arm(&mut self, at: usize) {
        let site = &mut self.sites[at];
        let Some(next) = site.core.as_ref().and_then(|core| core.next_timeout()) else { return };
        let next = next.max(self.now);
        if site.armed.is_none_or(|armed| next < armed) {
            site.armed = Some(next);
            self.queue.push(next, SimEvent::Expires { site: at as u32, life: site.life });
        }
    }
}
