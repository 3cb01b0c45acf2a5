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
const DROPPED_CALL_MAX: Duration = Duration::from_secs(30);

/// The outcome of a call. Most calls end at once, without a future.
pub(in crate::live::server) enum CallOutcome<F> {
    Ended(Reply, Sending),
    Waiting(F),
}

/// The answer to a request that has arrived, or is on its way.
enum PendingReply {
    /// The reply, and when it was made.
    Ready(Reply, Time),
    Later(oneshot::Receiver<Reply>),
}

impl BranchDriver {
    /// Takes a customer's request through the network, the core, and the network back. `None`: the network lost it,
    /// and the call stayed open until its bound.
    ///
    /// Once its fate is drawn, the request arrives even if the customer hangs up.
    pub fn call(&self, call: IncomingCall) -> CallOutcome<impl Future<Output = Option<(Reply, Sending)>>> {
        let IncomingCall { request, attempt, sent_at, holds_replies } = call;
        let (id, now) = (request.id, clock::now());
        let arrivals = self.request_arrivals(id, attempt, sent_at, now);
        let pending = arrivals.and_then(|arrivals| self.arrive(request, &arrivals, now));
        // The usual case: the reply is there, and its receiver holds it.
        let pending = match pending {
            Some(PendingReply::Ready(reply, at)) if holds_replies => {
                match self.reply_delay(id, attempt, at) {
                    Some(delay) => return CallOutcome::Ended(reply, Sending { at, delay }),
                    None => None,
                }
            }
            pending => pending,
        };
        CallOutcome::Waiting(async move {
            let (reply, at) = match pending {
                Some(PendingReply::Ready(reply, at)) => (reply, at),
                Some(PendingReply::Later(reply)) => (reply.await.ok()?, clock::now()),
                None => return never_answer().await,
            };
            let sending = self.hold_reply(id, attempt, at, holds_replies).await?;
            Some((reply, sending))
        })
    }

    /// Takes a greeting through the network and back, if it names its request there. `None`: the network lost it.
    pub async fn greet(&self, call: GreetCall) -> Option<(Result<Greeting, RequestError>, Sending)> {
        let GreetCall { branch: meant, request, attempt, sent_at, holds_replies } = call;
        if let Some(request) = request {
            let Some(arrivals) = self.request_arrivals(request, attempt, sent_at, clock::now()) else {
                return never_answer().await;
            };
            // The first copy is answered; another would change nothing.
            let late = self.calls.until(*arrivals.first()?).await;
            self.lock().injection_error.note(Leg::Request, late);
        }
        let greeting = match meant == self.branch {
            true => self.lock().core.greeting(),
            false => Err(RequestError::WrongBranch { meant, actual: self.branch }),
        };
        let sending = match request {
            Some(request) => self.hold_reply(request, attempt, clock::now(), holds_replies).await?,
            None => Sending { at: clock::now(), delay: Duration::ZERO },
        };
        Some((greeting, sending))
    }

    /// When each copy of the request arrives, earliest first. `None`: the network drops it.
    fn request_arrivals(
        &self,
        request: RequestId,
        attempt: u32,
        sent_at: Option<Time>,
        now: Time,
    ) -> Option<SmallVec<[Time; 1]>> {
        // Nothing is sent in the future: such a time is from another machine's clock.
        let sent_at = sent_at.unwrap_or(now).min(now);
        let (from, to) = (Endpoint::Customer(request.session), Endpoint::Branch(self.branch));
        let identity = Identity::Call { request, attempt };
        let info = MessageInfo { from, to, leg: Leg::Request, identity, sent_at };
        let Fate::Deliver(mut delays) = self.network.fate(&info) else { return None };
        delays.sort_unstable();
        Some(delays.into_iter().map(|delay| sent_at + delay).collect())
    }

    /// Hands each copy of the request to the core when it is due. The first copy is answered.
    fn arrive(&self, request: Request, arrivals: &[Time], now: Time) -> Option<PendingReply> {
        let (&first, later) = arrivals.split_first()?;
        let copies: Vec<(Time, Request)> = later.iter().map(|&due| (due, request.clone())).collect();
        let pending = self.ask(first, request, now)?;
        for (due, request) in copies {
            let call = self.lock().next_call();
            self.hold(due, Leg::Request, Input::Request { call, request });
        }
        Some(pending)
    }

    /// Asks the core, or holds the request until it is due. `None`: there is no room to hold it, and no answer comes.
    fn ask(&self, due: Time, request: Request, now: Time) -> Option<PendingReply> {
        let mut state = self.lock();
        let call = state.next_call();
        let input = Input::Request { call, request };
        if due <= now {
            state.injection_error.note(Leg::Request, now.since(due));
            let step = self.step(&mut state, input);
            let at = step.now;
            let reply = state.take_reply(call);
            state.answer();
            self.finish(&mut state, step);
            if let Some(reply) = reply {
                return Some(PendingReply::Ready(reply, at));
            }
        } else if !self.messages.hold(due, DueMessage { leg: Leg::Request, input }) {
            state.losses.held_full += 1;
            return None;
        }
        // No answer comes before the lock is released.
        let (answer, answered) = oneshot::channel();
        state.calls.insert(call, answer);
        Some(PendingReply::Later(answered))
    }

    /// The delay of a reply that is sent at `at`. `None`: the network drops it.
    fn reply_delay(&self, request: RequestId, attempt: u32, at: Time) -> Option<Duration> {
        let (from, to) = (Endpoint::Branch(self.branch), Endpoint::Customer(request.session));
        let identity = Identity::Call { request, attempt };
        match self.network.fate(&MessageInfo { from, to, leg: Leg::Reply, identity, sent_at: at }) {
            // A unary call has one reply, so the first of several copies counts.
            Fate::Deliver(delays) => delays.into_iter().min(),
            Fate::Drop => None,
        }
    }

    /// Returns when the reply may leave: at once if its receiver holds it for the drawn delay, else after that delay.
    async fn hold_reply(
        &self,
        request: RequestId,
        attempt: u32,
        at: Time,
        holds_replies: bool,
    ) -> Option<Sending> {
        let Some(delay) = self.reply_delay(request, attempt, at) else { return never_answer().await };
        if holds_replies {
            return Some(Sending { at, delay });
        }
        let late = self.calls.until(at + delay).await;
        self.lock().injection_error.note(Leg::Reply, late);
        Some(Sending { at, delay: Duration::ZERO })
    }
}

/// The answer to a call whose request or reply was dropped: none, until the call's bound.
async fn never_answer<T>() -> Option<T> {
    tokio::time::sleep(DROPPED_CALL_MAX).await;
    None
}
