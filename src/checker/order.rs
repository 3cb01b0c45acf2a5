//! The white box of the two guarantees that bind every branch: whether a write was visible before what it comes after.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::history::{Apply, At, History, ShortDot};
use crate::model::BranchId;

use super::Watch;
use super::chain::{Chain, Gap};
use super::records::Records;
use super::vector::{Rows, spread};
use super::write_index::WriteIndex;

/// Where writes were visible too early.
pub(super) struct EarlyVisibility<'a> {
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

/// Finds where a write was visible without all that `after` puts before it.
pub(super) fn judge<'a>(
    history: &'a History,
    records: &Records,
    write_index: &WriteIndex,
    after: &Rows,
    watch: Watch,
) -> ControlFlow<(), EarlyVisibility<'a>> {
    let applied = applied(history, records, write_index, after, watch)?;
    let shown = shown(records, write_index, after, watch)?;
    ControlFlow::Continue(EarlyVisibility { applied, shown })
}

/// The applications of one life of a branch so far, and those of the present time.
struct Walk<'h, 'n> {
    chain: Chain<'n>,
    /// By the last write of each.
    batch: BTreeMap<ShortDot, &'h At<Apply>>,
}

/// Walks each branch's applications once.
fn applied<'a>(
    history: &'a History,
    records: &Records,
    write_index: &WriteIndex,
    after: &Rows,
    watch: Watch,
) -> ControlFlow<(), Vec<EarlyApply<'a>>> {
    let mut found = Vec::new();
    let mut walks: BTreeMap<BranchId, Walk> = BTreeMap::new();
    let mut lives = history.lives.iter().peekable();
    for apply in &history.applies {
        watch()?;
        while let Some(life) = lives.next_if(|life| life.line < apply.line) {
            if let Some(mut ended) = walks.remove(&life.event.branch) {
                ended.end_batch(&mut found);
            }
        }
        let walk = walks.entry(apply.event.branch).or_insert_with(|| Walk {
            chain: Chain::new(records.origins, write_index, after),
            batch: BTreeMap::new(),
        });
        walk.take(apply, &mut found);
    }
    walks.values_mut().for_each(|walk| walk.end_batch(&mut found));
    ControlFlow::Continue(found)
}

impl<'h> Walk<'h, '_> {
    /// What a branch applies at one time, a snapshot for example, becomes visible together.
    fn take(&mut self, apply: &'h At<Apply>, found: &mut Vec<EarlyApply<'h>>) {
        let Apply { t, origin, last, .. } = apply.event;
        if self.batch.first_key_value().is_some_and(|(_, first)| first.event.t != t) {
            self.end_batch(found);
        }
        self.batch.insert(origin.dot(last), apply);
        self.chain.raise(origin.at(), last);
    }

    fn end_batch(&mut self, found: &mut Vec<EarlyApply<'h>>) {
        let batch = std::mem::take(&mut self.batch);
        self.chain.inspect(|dot, gap| {
            // Of the origin's applications the first that reaches the write is the one that includes it.
            let holder = batch.range(dot..).next();
            found.extend(holder.map(|(_, &apply)| EarlyApply { apply, gap }));
        });
    }
}

/// Witnesses of one life of a branch are states through which it went, so the smaller one is a part of the larger one.
/// Where that does not hold, a witness is false, and the larger is inspected from the beginning.
fn shown(
    records: &Records,
    write_index: &WriteIndex,
    after: &Rows,
    watch: Watch,
) -> ControlFlow<(), BTreeMap<usize, Gap>> {
    let mut shown = BTreeMap::new();
    let mut chain = Chain::new(records.origins, write_index, after);
    let mut witness = vec![0; records.origins];
    let mut before = None;
    for (life, _, index) in by_life_and_size(records) {
        watch()?;
        spread(records.reads[index].witness, &mut witness);
        if before.replace(life) != Some(life) || !chain.is_covered_by(&witness) {
            chain.restart();
        }
        witness.iter().enumerate().for_each(|(origin, &counter)| chain.raise(origin, counter));
        chain.inspect(|_, _| {});
        shown.extend(chain.gap_now().map(|gap| (index, gap)));
    }
    ControlFlow::Continue(shown)
}

/// A life of a branch.
type BranchLife = (BranchId, usize);

/// Where each read was answered, how many writes its witness counts, and which read it is.
fn by_life_and_size(records: &Records) -> Vec<(BranchLife, u128, usize)> {
    let mut places: Vec<(BranchLife, u128, usize)> = Vec::with_capacity(records.reads.len());
    for (index, read) in records.reads.iter().enumerate() {
        let branch = read.invoked.event.branch;
        let size = read.witness.iter().map(|(_, counter)| u128::from(counter)).sum();
        places.push(((branch, records.lives.which(branch, read.completed.line)), size, index));
    }
    places.sort_unstable();
    places
}
