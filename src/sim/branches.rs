//! Branches: the messages that reach them, and those that they send.

use std::mem;

use super::calls::SimCall;
use super::log::SyncFailed;
use super::observer::MessageContent;
use super::rules::{ProtocolRule, RuleBreach};
use super::sim_branch::{SimBranch, SimMessage};
use super::size;
use super::world::{SimEvent, Stage, World};
use crate::branch::{Config, Input, PeerBody};
use crate::model::{BranchId, Reply, Time};
use crate::network::{Endpoint, Fate, Identity, Leg, MessageInfo, Network};
use crate::scenario::{Durability, Observation, Scenario, TrialEvent, identify};
use crate::session::{self, Lost};

/// The configuration of one branch of the scenario's cluster.
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
        let branch = &mut self.branches[at];
        if branch.core.is_none() {
            self.lose(at, message);
        } else if branch.is_occupied() {
            branch.inbox.push_back(message);
        } else {
            self.begin(at, message);
        }
    }

    /// Handles waiting messages, as far as the branch has time.
    pub fn work(&mut self, at: usize) {
        loop {
            let branch = &mut self.branches[at];
            if branch.pauses > 0 || branch.serving.is_some() {
                return;
            }
            let Some(message) = branch.inbox.pop_front() else { return };
            self.begin(at, message);
        }
    }

    /// The processor is done with a message.
    pub fn served(&mut self, at: usize, life: u32) {
        let branch = &mut self.branches[at];
        if branch.life != life {
            return;
        }
        let Some(message) = branch.serving.take() else { return };
        if branch.pauses > 0 {
            branch.inbox.push_front(message);
            return;
        }
        self.serve(at, message);
        self.work(at);
    }

    /// The disk is done with a sync.
    pub fn synced(&mut self, at: usize, life: u32) {
        let branch = &mut self.branches[at];
        if branch.life != life {
            return;
        }
        if branch.pauses > 0 {
            branch.sync_ended = true;
            return;
        }
        match branch.log.end_sync() {
            Some(Ok(position)) => {
                self.input(at, Input::Synced { position });
                self.checkpoint_log(at);
            }
            Some(Err(SyncFailed)) => self.crash(at, self.scenario.durability == Durability::Volatile),
            None => {}
        }
    }

    /// Old records give way to a checkpoint, if that pays.
    fn checkpoint_log(&mut self, at: usize) {
        let branch = &mut self.branches[at];
        if !branch.log.wants_checkpoint() {
            return;
        }
        if let Some(record) = branch.core.as_ref().and_then(|core| core.checkpoint()) {
            branch.log.checkpoint(&record);
        }
    }

    /// A time has come at which the core's timeout was to be checked.
    pub fn expire(&mut self, at: usize, life: u32) {
        let branch = &mut self.branches[at];
        if branch.life != life || branch.armed != Some(self.now) {
            return;
        }
        branch.armed = None;
        if branch.pauses == 0 {
            self.check_timeout(at);
        }
    }

    pub fn check_timeout(&mut self, at: usize) {
        let next = self.branches[at].core.as_ref().and_then(|core| core.next_timeout());
        if next.is_some_and(|next| next <= self.now) {
            self.input(at, Input::Timeout);
        } else {
            self.arm(at);
        }
    }

    /// Passes an input to the core of a branch, and does all that follows at once. A branch that is down receives
    /// nothing.
    pub fn input(&mut self, at: usize, input: Input) {
        let branch = &mut self.branches[at];
        let Some(core) = &mut branch.core else { return };
        core.handle(self.now, input, &mut self.outbox);
        branch.log.append(&mut self.outbox.records);
        // One that takes no time ends after all that is due in this instant.
        if let Some(takes) = branch.log.begin_sync() {
            self.queue.push(self.now + takes, SimEvent::Synced { place: at as u32, life: branch.life });
        }
        self.check_rules(at);
        self.emit_applied(at);
        self.answer(at);
        self.post(at);
        self.arm(at);
        self.open_gates();
    }

    /// Holds the rules against what the core of a branch lets out.
    fn check_rules(&mut self, at: usize) {
        let World { rules: Some(rules), branches, outbox, .. } = self else { return };
        let SimBranch { id, core: Some(core), .. } = &branches[at] else { return };
        let has =
            |branch: &&SimBranch, dot| branch.core.as_ref().is_some_and(|core| core.applied().contains(dot));
        let holder = |dot| branches.iter().find(|branch| has(branch, dot)).map(|branch| branch.id);
        let checked = rules.check(at, *id, core, outbox, holder);
        self.report_broken(checked);
    }

    pub fn report_broken(&mut self, checked: Result<(), (ProtocolRule, String)>) {
        if let Err((rule, text)) = checked {
            self.emitter.broke(&RuleBreach { at: self.now, rule, text });
        }
    }

    /// A message that no branch takes: the connection that brought it breaks.
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
        self.send_reply(at, call, input, None);
    }

    /// A message is on its way to a branch.
    pub fn send(&mut self, at: Time, place: usize, leg: Leg, message: SimMessage) {
        self.under_way += 1;
        self.queue.push(at, SimEvent::Arrives { place: place as u32, leg, message });
    }

    fn begin(&mut self, at: usize, message: SimMessage) {
        if self.scenario.service_time.is_zero() || !message.is_carried() {
            return self.serve(at, message);
        }
        let branch = &mut self.branches[at];
        branch.serving = Some(message);
        let due = SimEvent::Served { place: at as u32, life: branch.life };
        self.queue.push(self.now + self.scenario.service_time, due);
    }

    fn serve(&mut self, at: usize, message: SimMessage) {
        self.under_way -= usize::from(message.is_carried());
        match message {
            SimMessage::Request { request, call } => {
                let call = self.branches[at].calls.open(call);
                self.input(at, Input::Request { call, request });
            }
            SimMessage::Greeting(call) => self.greet(at, call),
            SimMessage::Input(input) => self.input(at, input),
        }
    }

    /// A branch that greets with an error has answered the attempt.
    fn greet(&mut self, at: usize, call: SimCall) {
        let Some(core) = &self.branches[at].core else { return };
        let SimCall { request, attempt, .. } = call;
        let input = match core.greeting() {
            Ok(greeting) => session::SessionInput::Greeted { request, attempt, greeting: Ok(greeting) },
            Err(error) => {
                let reply = Reply { outcome: Err(error), parked_for: std::time::Duration::ZERO };
                session::SessionInput::Replied { request, attempt, reply: Ok(reply) }
            }
        };
        self.send_reply(at, call, input, Some(self.now));
    }

    fn emit_applied(&mut self, at: usize) {
        let branch = self.branches[at].id;
        for &run in &self.outbox.applied {
            self.emitter.emit(self.now, || TrialEvent::Observed(branch, Observation::Applied(run)));
            if let Some(reported) = &mut self.branches[at].reported {
                reported.raise(run.origin, run.last);
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
            // No customer waits for a duplicate's answer.
            let Some(call) = self.branches[at].calls.close(call) else { continue };
            let SimCall { request, attempt, .. } = call;
            let input = session::SessionInput::Replied { request, attempt, reply: Ok(reply) };
            self.send_reply(at, call, input, Some(self.now));
        }
        self.outbox.replies = replies;
    }

    /// An answer goes to the customer, as fast as the faster of its copies.
    fn send_reply(&mut self, at: usize, call: SimCall, input: session::SessionInput, sent_at: Option<Time>) {
        let SimCall { customer, request, attempt, .. } = call;
        let info = MessageInfo {
            from: Endpoint::Branch(self.branches[at].id),
            to: Endpoint::Customer(request.session),
            leg: Leg::Reply,
            identity: Identity::Call { request, attempt },
            sent_at: self.now,
        };
        let mut fate = self.network.fate(&info);
        if let Fate::Deliver(delays) = &mut fate {
            delays.sort_unstable();
            delays.truncate(1);
        }
        self.emitter.passed(&info, &fate, MessageContent::Answer(&input));
        let Fate::Deliver(delays) = fate else { return };
        let Some(&delay) = delays.first() else { return };
        self.queue.push(self.now + delay, SimEvent::Reply { customer, input, sent_at });
    }

    /// Hands messages to the network.
    fn post(&mut self, at: usize) {
        let mut messages = mem::take(&mut self.outbox.messages);
        let from = self.branches[at].id;
        for (to, message) in messages.drain(..) {
            let (leg, identity) = identify(&message);
            let info = MessageInfo {
                from: Endpoint::Branch(from),
                to: Endpoint::Branch(to),
                leg,
                identity,
                sent_at: self.now,
            };
            let fate = match self.stage {
                Stage::Connecting => Fate::at_once(),
                Stage::Load | Stage::Drain | Stage::Over => self.network.fate(&info),
            };
            self.emitter.passed(&info, &fate, MessageContent::Peer(&message.body));
            self.emitter.emit_if_any(self.now, || TrialEvent::sent(from, to, &message, &fate));
            let sent = &mut self.branches[at].sent;
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

    /// Schedules a check of the core's timeout in time.
    fn arm(&mut self, at: usize) {
        let branch = &mut self.branches[at];
        let Some(next) = branch.core.as_ref().and_then(|core| core.next_timeout()) else { return };
        let next = next.max(self.now);
        if branch.armed.is_none_or(|armed| next < armed) {
            branch.armed = Some(next);
            self.queue.push(next, SimEvent::BranchTimeout { place: at as u32, life: branch.life });
        }
    }
}
