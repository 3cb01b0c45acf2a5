//! The applied writes that some branch may still lack, by origin and counter.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::{Origin, VersionVector, Write};

/// Holds consecutive writes per origin: the last is the last applied, the first is what trimming left.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct WriteLog {
    origins: BTreeMap<Origin, VecDeque<Write>>,
    len: usize,
}

impl WriteLog {
    /// Adds the next write of its origin.
    pub fn append(&mut self, write: Write) {
        let writes = self.origins.entry(write.dot.origin).or_default();
        if let Some(last) = writes.back() {
            assert_eq!(last.dot.counter + 1, write.dot.counter, "a write log has no gaps");
        }
        writes.push_back(write);
        self.len += 1;
    }

    /// At most `count` writes of `origin` from counter `first` on; `None` if `first` was trimmed away.
    pub fn run(&self, origin: Origin, first: u64, count: usize) -> Option<Vec<Write>> {
        let writes = self.origins.get(&origin)?;
        let skip = usize::try_from(first.checked_sub(writes.front()?.dot.counter)?).ok()?;
        Some(writes.range(skip.min(writes.len())..).take(count).cloned().collect())
    }

    /// Drops the writes up to the counters in `everyone`, which names the origins of [`WriteLog::ends`] in that order.
    pub fn trim(&mut self, everyone: &[(Origin, u64)]) {
        for ((&origin, writes), &(named, keep_after)) in self.origins.iter_mut().zip(everyone) {
            assert_eq!(origin, named, "the log is trimmed by its own ends");
            while writes.front().is_some_and(|write| write.dot.counter <= keep_after) {
                writes.pop_front();
                self.len -= 1;
            }
        }
        self.origins.retain(|_, writes| !writes.is_empty());
    }

    /// Continues behind a snapshot that includes `applied`, and of which `kept` are the writes that some branch may
    /// lack. What ends before the snapshot does would leave a gap; what `kept` holds takes its place.
    pub fn take_over(&mut self, applied: &VersionVector, kept: Vec<Write>) {
        self.origins.retain(|&origin, writes| {
            writes.back().is_some_and(|last| last.dot.counter >= applied.get(origin))
        });
        let ahead: BTreeSet<Origin> = self.origins.keys().copied().collect();
        self.len = self.origins.values().map(VecDeque::len).sum();
        kept.into_iter()
            .filter(|write| !ahead.contains(&write.dot.origin))
            .for_each(|write| self.append(write));
    }

    /// Every write, in order of its dot.
    pub fn iter(&self) -> impl Iterator<Item = &Write> {
        self.origins.values().flatten()
    }

    /// Counter of the first write of `origin` that is held.
    pub fn first(&self, origin: Origin) -> Option<u64> {
        Some(self.origins.get(&origin)?.front()?.dot.counter)
    }

    /// The last counter that is held of each origin.
    pub fn ends(&self) -> impl Iterator<Item = (Origin, u64)> + '_ {
        self.origins.iter().filter_map(|(&origin, writes)| Some((origin, writes.back()?.dot.counter)))
    }

    /// How many writes are held, of all origins.
    pub fn len(&self) -> usize {
        self.len
    }
}
