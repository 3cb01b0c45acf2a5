//! The fate of one message: from the rules that match it, and the faults that are open when it is sent.

use std::time::Duration;

use smallvec::{SmallVec, smallvec};

use super::fault::LinkEffect;
use super::key::{BurstScope, Key, MessagePurpose};
use super::rule::LinkPolicy;
use super::{Loss, MessageInfo, NetworkPlan, Probability};
use crate::rng::{HashedDraws, Uniform64};

/// A message and all that acts on it.
pub(super) struct FateEvaluation<'a> {
    plan: &'a NetworkPlan,
    draws: &'a HashedDraws,
    message: &'a MessageInfo,
    /// From the trial's start to the sending; zero for what was sent before.
    elapsed: Duration,
    pub policy: LinkPolicy<'a>,
    /// The effect of every open window, with its id.
    effects: SmallVec<[(u32, LinkEffect<'a>); 2]>,
}

/// Which of two deliveries of one message.
#[derive(Clone, Copy)]
enum Delivery {
    First,
    Copy,
}

impl<'a> FateEvaluation<'a> {
    /// `elapsed` is `None` for a message sent before the start: it meets no fault.
    pub(super) fn new(
        plan: &'a NetworkPlan,
        draws: &'a HashedDraws,
        message: &'a MessageInfo,
        elapsed: Option<Duration>,
    ) -> FateEvaluation<'a> {
        let (link, placement) = (message.link(), &plan.placement);
        let effects = plan.faults.iter().filter_map(|window| {
            let open_for = window.open_for(elapsed?)?;
            Some((window.id, window.fault.effect(link, placement, open_for)))
        });
        FateEvaluation {
            plan,
            draws,
            message,
            elapsed: elapsed.unwrap_or_default(),
            policy: LinkPolicy::of(&plan.rules, message, placement),
            effects: effects.collect(),
        }
    }

    /// The delay of each delivery, `base` at least, before any order is imposed. `None`: the message is lost.
    pub(super) fn delays(&self, base: Duration) -> Option<SmallVec<[Duration; 1]>> {
        if self.is_lost() {
            return None;
        }
        let mut delays = smallvec![self.delay(Delivery::First, base)];
        if self.happens(MessagePurpose::Duplication, self.policy.duplication) {
            delays.push(self.delay(Delivery::Copy, base));
        }
        Some(delays)
    }

    fn is_lost(&self) -> bool {
        let by_fault = |&(window, effect): &(u32, LinkEffect)| match effect {
            LinkEffect::Cut => true,
            LinkEffect::Lossy(loss) => self.is_taken(loss, MessagePurpose::WindowLoss(window), Some(window)),
            LinkEffect::Nothing | LinkEffect::Slow(_) => false,
        };
        self.is_taken(self.policy.loss, MessagePurpose::Loss, None) || self.effects.iter().any(by_fault)
    }

    fn is_taken(&self, loss: &Loss, purpose: MessagePurpose, window: Option<u32>) -> bool {
        let party = |endpoint| self.plan.placement.party(endpoint);
        let scope = BurstScope { window, from: party(self.message.from), to: party(self.message.to) };
        self.happens(purpose, loss.probability(self.draws, scope, self.elapsed))
    }

    /// The sum of the base delay, the rules' delay and the delay of every open window.
    fn delay(&self, delivery: Delivery, base: Duration) -> Duration {
        let ruled = match self.policy.delay {
            Some(law) => law.constant_delay().unwrap_or_else(|| law.sample(self.draw(delivery.purpose()))),
            None => Duration::ZERO,
        };
        let slowed = self.effects.iter().map(|&(window, effect)| match effect {
            LinkEffect::Slow(extra) => extra.sample(self.draw(delivery.purpose_in(window))),
            LinkEffect::Nothing | LinkEffect::Cut | LinkEffect::Lossy(_) => Duration::ZERO,
        });
        slowed.fold(base.saturating_add(ruled), Duration::saturating_add)
    }

    /// An impossible event takes no draw: most networks lose and copy nothing.
    fn happens(&self, purpose: MessagePurpose, probability: Probability) -> bool {
        probability > Probability::NEVER && self.draw(purpose).hits(probability.get())
    }

    fn draw(&self, purpose: MessagePurpose) -> Uniform64 {
        Key::Message { message: self.message, purpose }.draw(self.draws)
    }
}

impl Delivery {
    fn purpose(self) -> MessagePurpose {
        match self {
            Delivery::First => MessagePurpose::Delay,
            Delivery::Copy => MessagePurpose::CopyDelay,
        }
    }

    fn purpose_in(self, window: u32) -> MessagePurpose {
        match self {
            Delivery::First => MessagePurpose::WindowDelay(window),
            Delivery::Copy => MessagePurpose::WindowCopyDelay(window),
        }
    }
}
