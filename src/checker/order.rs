//! The white box of the two guarantees that bind every branch: whether a write was visible before what it comes after.

use std::collections::BTreeMap;

use crate::history::{Apply, At, History, ShortDot};
use crate::model::BranchId;

use super::chain::{Chain, Gap};
use super::names::WriteIndex;
use super::records::Records;
use super::vector::{Rows, spread};

/// Where writes were visible too early.
pub(super) struct OutOfOrder<'a> {
    /// At branches, in order of lines for each.
    pub applied: Vec<EarlyApply<'a>>,
    /// In witnesses, by read; one write of each.
    pub shown: BTreeMap<usize, Gap>,
}

/// A branch applied a write too early.
pub(super) struct EarlyApply<'a> {
    pub apply: &'a At<Apply>,
    pub gap: Gap,
}

/// Whether all that `after` tells of a write was visible wherever the write was.
pub(super) fn judge<'a>(
    history: &'a History,
    records: &Records,
    names: &WriteIndex,
    after: &Rows,
) -> OutOfOrder<'a> {
    OutOfOrder { applied: applied(history, records, names, after), shown: shown(records, names, after) }
}

/// What a branch applied at one time.
struct Walk<'h, 'n> {
    chain: Chain<'n>,
    batch: Vec<&'h At<Apply>>,
}

/// Each application is looked at once.
fn applied<'a>(
    history: &'a History,
    records: &Records,
    names: &WriteIndex,
    after: &Rows,
) -> Vec<EarlyApply<'a>> {
    let mut found = Vec::new();
    let mut walks: BTreeMap<BranchId, Walk> = BTreeMap::new();
    let mut lives = history.lives.iter().peekable();
    for apply in &history.applies {
        while let Some(life) = lives.next_if(|life| life.line < apply.line) {
            if let Some(mut ended) = walks.remove(&life.event.branch) {
                ended.end_batch(&mut found);
            }
        }
        let walk = walks
            .entry(apply.event.branch)
            .or_insert_with(|| Walk { chain: Chain::new(records.origins, names, after), batch: Vec::new() });
        walk.take(apply, &mut found);
    }
    walks.values_mut().for_each(|walk| walk.end_batch(&mut found));
    found
}

impl<'h> Walk<'h, '_> {
    /// What a branch applies at one time, a snapshot for example, becomes visible together.
    fn take(&mut self, apply: &'h At<Apply>, found: &mut Vec<EarlyApply<'h>>) {
        if self.batch.first().is_some_and(|first| first.event.t != apply.event.t) {
            self.end_batch(found);
        }
        self.batch.push(apply);
        self.chain.raise(apply.event.origin.at(), apply.event.last);
    }

    fn end_batch(&mut self, found: &mut Vec<EarlyApply<'h>>) {
        let batch = std::mem::take(&mut self.batch);
        self.chain.look(|dot, gap| {
            let holds = |apply: &&&At<Apply>| {
                let ShortDot(origin, counter) = dot;
                apply.event.origin == origin && counter <= apply.event.last
            };
            found.extend(batch.iter().find(holds).map(|&apply| EarlyApply { apply, gap }));
        });
    }
}

/// Witnesses of one life of a branch are states through which it went, so the smaller one is a part of the larger one.
/// Where that does not hold, a branch lies, and the larger is looked at from the beginning.
fn shown(records: &Records, names: &WriteIndex, after: &Rows) -> BTreeMap<usize, Gap> {
    let mut shown = BTreeMap::new();
    let mut chain = Chain::new(records.origins, names, after);
    let mut witness = vec![0; records.origins];
    let mut before = None;
    for (place, _, index) in by_place_and_size(records) {
        spread(records.reads[index].witness, &mut witness);
        if before.replace(place) != Some(place) || !chain.is_covered_by(&witness) {
            chain.restart();
        }
        witness.iter().enumerate().for_each(|(origin, &counter)| chain.raise(origin, counter));
        chain.look(|_, _| {});
        shown.extend(chain.gap_now().map(|gap| (index, gap)));
    }
    shown
}

/// A life of a branch.
type BranchLife = (BranchId, usize);

/// Where each read was answered, how many writes its witness counts, and which read it is.
fn by_place_and_size(records: &Records) -> Vec<(BranchLife, u128, usize)> {
    let mut places: Vec<(BranchLife, u128, usize)> = Vec::with_capacity(records.reads.len());
    for (index, read) in records.reads.iter().enumerate() {
        let branch = read.invoked.event.branch;
        let size = read.witness.iter().map(|(_, counter)| u128::from(counter)).sum();
        places.push(((branch, records.lives.which(branch, read.completed.line)), size, index));
    }
    places.sort_unstable();
    places
}
