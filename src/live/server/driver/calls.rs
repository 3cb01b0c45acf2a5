//! Customers' calls: through the network, the core, and the network back.

use std::time::Duration;

use smallvec::SmallVec;
use tokio::sync::oneshot;

use super::{BranchDriver, DueMessage};
use crate::branch::Input;
use crate::live::clock;
use crate::live::wire::{GreetCall, IncomingCall, Sending};
use crate::model::{Greeting, Reply, Request, RequestError, RequestId, Time};
use crate::network::{Endpoint, Fate, Identity, Leg, MessageInfo};

/// How long a call whose request or reply was dropped stays open, if the caller does not hang up before.
const SILENCE: Duration = Duration::from_secs(30);

/// What became of a call. Most end at once, and are spared a future.
pub(in crate::live) enum Called<F> {
    Ended(Reply, Sending),
    Waits(F),
}

/// What became of a request that has arrived, or is on the way.
enum Answered {
    /// The reply, and when it was made.
    AtOnce(Reply, Time),
    Later(oneshot::Receiver<Reply>),
}

impl BranchDriver {
    /// Takes a customer's request through the network, the core, and the network back. `None`: it was lost on the
    /// way, and the caller waited in vain.
    ///
    /// Once its fate is drawn, the request is on the way by itself: it arrives although the customer hangs up.
    pub fn call(&self, call: IncomingCall) -> Called<impl Future<Output = Option<(Reply, Sending)>>> {
        let IncomingCall { request, attempt, sent_at, holds_replies } = call;
        let (id, now) = (request.id, clock::now());
        let answer = self.way_in(id, attempt, sent_at, now).and_then(|due| self.arrive(request, &due, now));
        let answer = match answer {
            Some(Answered::AtOnce(reply, at)) if holds_replies => match self.way_back(id, attempt, at) {
                Some(delay) => return Called::Ended(reply, Sending { at, delay }),
                None => None,
            },
            answer => answer,
        };
        Called::Waits(async move {
            let (reply, at) = match answer {
                Some(Answered::AtOnce(reply, at)) => (reply, at),
                Some(Answered::Later(reply)) => (reply.await.ok()?, clock::now()),
                None => return silence().await,
            };
            let sending = self.return_to(id, attempt, at, holds_replies).await?;
            Some((reply, sending))
        })
    }

    /// Takes a greeting through the network and back, if it has a name there. `None`: it was lost on the way.
    pub async fn greet(&self, call: GreetCall) -> Option<(Result<Greeting, RequestError>, Sending)> {
        let GreetCall { branch: meant, request, attempt, sent_at, holds_replies } = call;
        if let Some(request) = request {
            let Some(arrivals) = self.way_in(request, attempt, sent_at, clock::now()) else {
                return silence().await;
            };
            // The first copy is the one that is answered; another would change nothing.
            let late = self.calls.until(*arrivals.first()?).await;
            self.lock().fidelity.note(Leg::Request, late);
        }
        let greeting = match meant == self.branch {
            true => self.lock().core.greeting(),
            false => Err(RequestError::WrongBranch { meant, actual: self.branch }),
        };
        let sending = match request {
            Some(request) => self.return_to(request, attempt, clock::now(), holds_replies).await?,
            None => Sending { at: clock::now(), delay: Duration::ZERO },
        };
        Some((greeting, sending))
    }

    /// When the request arrives, and every copy of it, earliest first. `None`: it is lost.
    fn way_in(
        &self,
        request: RequestId,
        attempt: u32,
        sent_at: Option<Time>,
        now: Time,
    ) -> Option<SmallVec<[Time; 1]>> {
        // Nothing is sent in the future; a clock that says so is not this machine's.
        let sent_at = sent_at.unwrap_or(now).min(now);
        let (from, to) = (Endpoint::Customer(request.session), Endpoint::Branch(self.branch));
        let identity = Identity::Call { request, attempt };
        let passage = MessageInfo { from, to, leg: Leg::Request, identity, sent_at };
        let Fate::Deliver(mut delays) = self.network.fate(&passage) else { return None };
        delays.sort_unstable();
        Some(delays.into_iter().map(|delay| sent_at + delay).collect())
    }

    /// Hands the request to the core when it is due, and every copy of it. The first is the one that is answered.
    fn arrive(&self, request: Request, arrivals: &[Time], now: Time) -> Option<Answered> {
        let (&first, later) = arrivals.split_first()?;
        let copies: Vec<(Time, Request)> = later.iter().map(|&due| (due, request.clone())).collect();
        let answered = self.ask(first, request, now)?;
        for (due, request) in copies {
            let call = self.lock().next_call();
            self.deliver(due, Leg::Request, Input::Request { call, request });
        }
        Some(answered)
    }

    /// `None`: there is no room to hold it until it is due, and nobody will answer.
    fn ask(&self, due: Time, request: Request, now: Time) -> Option<Answered> {
        let mut state = self.lock();
        let call = state.next_call();
        let input = Input::Request { call, request };
        if due <= now {
            state.fidelity.note(Leg::Request, now.since(due));
            let step = self.step(&mut state, input);
            let at = step.now;
            let reply = state.take_reply(call);
            state.answer();
            self.finish(&mut state, step);
            if let Some(reply) = reply {
                return Some(Answered::AtOnce(reply, at));
            }
        } else if !self.messages.hold(due, DueMessage { leg: Leg::Request, input }) {
            state.losses.held_full += 1;
            return None;
        }
        // Nobody answers before the lock is released.
        let (answer, answered) = oneshot::channel();
        state.calls.insert(call, answer);
        Some(Answered::Later(answered))
    }

    /// How long the reply, which was made at `at`, is on the way. `None`: it is lost.
    fn way_back(&self, request: RequestId, attempt: u32, at: Time) -> Option<Duration> {
        let (from, to) = (Endpoint::Branch(self.branch), Endpoint::Customer(request.session));
        let identity = Identity::Call { request, attempt };
        let passage = MessageInfo { from, to, leg: Leg::Reply, identity, sent_at: at };
        match self.network.fate(&passage) {
            // A unary call has one reply, so of several copies the first is the one that counts.
            Fate::Deliver(delays) => delays.into_iter().min(),
            Fate::Drop => None,
        }
    }

    /// Returns when the reply may leave: at once if its receiver holds it for the drawn delay, else after that.
    async fn return_to(
        &self,
        request: RequestId,
        attempt: u32,
        at: Time,
        holds_replies: bool,
    ) -> Option<Sending> {
        let Some(delay) = self.way_back(request, attempt, at) else { return silence().await };
        if holds_replies {
            return Some(Sending { at, delay });
        }
        let late = self.calls.until(at + delay).await;
        self.lock().fidelity.note(Leg::Reply, late);
        Some(Sending { at, delay: Duration::ZERO })
    }
}

/// What a caller whose message was dropped hears.
async fn silence<T>() -> Option<T> {
    tokio::time::sleep(SILENCE).await;
    None
}
