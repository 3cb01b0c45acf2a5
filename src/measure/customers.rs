//! The writes of each customer, and which of them each branch had shown.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use crate::history::{History, OriginIndex, SessionIndex, ShortDot, Witness};
use crate::model::{AccountId, BranchId, Time};

use super::apply_times::ApplyTimes;

/// The customers of a history. A reopened session that kept its token is the same customer; one that lost it is
/// another, who is owed nothing.
#[derive(Debug)]
pub(super) struct Customers {
    /// By session.
    index: Vec<usize>,
    customers: Vec<CustomerTrace>,
}

/// One customer at a point of its history.
#[derive(Debug, Clone, Default)]
pub(super) struct CustomerTrace {
    /// Its `ok` writes, by origin in order of counters.
    own: BTreeMap<OriginIndex, Vec<Own>>,
    /// The latest of them on each account.
    latest: BTreeMap<(OriginIndex, AccountId), u64>,
    /// By branch and origin: how far replies have shown an origin's writes; kept for origins of own writes.
    shown: BTreeMap<(BranchId, OriginIndex), u64>,
    /// When its latest operation ended.
    pub idle_since: Time,
}

#[derive(Debug, Clone, Copy)]
struct Own {
    counter: u64,
    acknowledged: Time,
}

/// The own writes of a customer that a branch or an answer lacks; none if there are no tails.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Lack {
    /// The number of missing writes.
    pub versions: u64,
    /// When the customer heard of the oldest.
    pub oldest: Option<Time>,
    pub tails: SmallVec<[Tail; 2]>,
}

/// The writes of an origin after `has`, of which the customer's latest is `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tail {
    pub origin: OriginIndex,
    pub has: u64,
    pub last: u64,
}

impl Customers {
    pub fn of(history: &History) -> Customers {
        let (mut index, mut count) = (Vec::with_capacity(history.sessions.len()), 0);
        for session in &history.sessions {
            let kept = session.follows.filter(|follows| follows.token_kept);
            let same = kept.and_then(|follows| index.get(follows.session.at()).copied());
            index.push(same.unwrap_or(count));
            count += usize::from(same.is_none());
        }
        Customers { index, customers: vec![CustomerTrace::default(); count] }
    }

    pub fn of_session(&mut self, session: SessionIndex) -> &mut CustomerTrace {
        &mut self.customers[self.index[session.at()]]
    }
}

impl CustomerTrace {
    /// A write ended `ok`.
    pub fn wrote(&mut self, ShortDot(origin, counter): ShortDot, account: AccountId, acknowledged: Time) {
        let own = self.own.entry(origin).or_default();
        let place = own.partition_point(|write| write.counter < counter);
        own.insert(place, Own { counter, acknowledged });
        let latest = self.latest.entry((origin, account)).or_default();
        *latest = counter.max(*latest);
    }

    /// A branch has shown this much in a reply. Of an origin without own writes nothing needs to be kept: a later
    /// write has a larger counter than anything that was shown before.
    pub fn saw(&mut self, branch: BranchId, witness: &Witness) {
        for &origin in self.own.keys() {
            let shown = self.shown.entry((branch, origin)).or_default();
            *shown = witness.get(origin).max(*shown);
        }
    }

    /// Whether it has an `ok` write accepted elsewhere that no earlier reply of this branch has shown.
    pub fn is_owed_by(&self, branch: BranchId, applied: &ApplyTimes) -> bool {
        let shown = |origin| self.shown.get(&(branch, origin)).copied().unwrap_or_default();
        self.elsewhere(branch, applied).any(|(origin, latest)| latest.counter > shown(origin))
    }

    /// When it heard of its latest `ok` write that was accepted elsewhere.
    pub fn latest_elsewhere(&self, branch: BranchId, applied: &ApplyTimes) -> Option<Time> {
        self.elsewhere(branch, applied).map(|(_, latest)| latest.acknowledged).max()
    }

    /// The own writes that are missing where `has` gives the number of writes of each origin.
    pub fn lacked_by(&self, has: impl Fn(OriginIndex) -> u64) -> Lack {
        let mut lack = Lack::default();
        for (&origin, own) in &self.own {
            let has = has(origin);
            let missing = &own[own.partition_point(|write| write.counter <= has)..];
            let (Some(oldest), Some(latest)) = (missing.first(), missing.last()) else { continue };
            lack.versions += missing.len() as u64;
            lack.oldest = lack.oldest.into_iter().chain([oldest.acknowledged]).min();
            lack.tails.push(Tail { origin, has, last: latest.counter });
        }
        lack
    }

    /// Whether a lack concerns an account.
    pub fn touches(&self, lack: &Lack, account: AccountId) -> bool {
        let latest = |origin| self.latest.get(&(origin, account)).copied().unwrap_or_default();
        lack.tails.iter().any(|tail| latest(tail.origin) > tail.has)
    }

    fn elsewhere(&self, branch: BranchId, applied: &ApplyTimes) -> impl Iterator<Item = (OriginIndex, Own)> {
        let latest = self.own.iter().filter_map(|(&origin, own)| Some((origin, *own.last()?)));
        latest.filter(move |&(origin, _)| applied.home(origin) != branch)
    }
}

impl Lack {
    pub fn is_empty(&self) -> bool {
        self.tails.is_empty()
    }
}
