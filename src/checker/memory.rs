//! What reads of one account have shown a session, by balances alone.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::records::{ReadRecord, WriteRecord};

/// What a balance includes: how many writes of each sort that it distinguishes.
///
/// On an account with one writer the sorts are its writes, by position; on one with several, each one's deposits and
/// withdrawals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct WriteTally(pub SmallVec<[u16; 16]>);

/// The most of each sort that a session was shown, and which read did, by index.
#[derive(Debug, Clone, Default)]
pub(super) struct SessionMemory {
    most: SmallVec<[(u16, usize); 8]>,
}

/// What sessions knew as each read and each write of an account began.
pub(super) struct Memories {
    /// By read of the account: an earlier one of its session that had shown something which it does not.
    pub lost: Vec<Option<usize>>,
    /// By write of the account.
    pub before: Vec<SessionMemory>,
}

/// The event on a line, with the position of its read or write.
#[derive(Debug, Clone, Copy)]
enum ReadStep {
    ReadBegins(usize),
    ReadEnds(usize),
    WriteBegins(usize),
}

impl SessionMemory {
    fn take(&mut self, tally: &WriteTally, read: usize) {
        if self.most.len() < tally.0.len() {
            self.most.resize(tally.0.len(), (0, 0));
        }
        for (most, &count) in self.most.iter_mut().zip(&tally.0) {
            if most.0 < count {
                *most = (count, read);
            }
        }
    }

    /// The sorts of which the session was shown more than this, and by which read.
    pub fn beyond(&self, tally: &WriteTally) -> impl Iterator<Item = (usize, usize)> {
        let counts = self.most.iter().zip(&tally.0).enumerate();
        counts.filter(|(_, (most, count))| most.0 > **count).map(|(sort, (most, _))| (sort, most.1))
    }
}

impl Memories {
    /// Of the account's reads, each with its index and what its balance includes if it can be, and of its writes.
    pub fn of(reads: &[(usize, &ReadRecord, Option<WriteTally>)], writes: &[&WriteRecord]) -> Memories {
        let mut memories =
            Memories { lost: vec![None; reads.len()], before: vec![SessionMemory::default(); writes.len()] };
        let mut sessions: BTreeMap<usize, SessionMemory> = BTreeMap::new();
        for (_, step) in steps(reads, writes) {
            match step {
                ReadStep::ReadBegins(at) => {
                    let (_, read, tally) = &reads[at];
                    let (Some(tally), Some(memory)) = (tally, sessions.get(&read.by.token)) else {
                        continue;
                    };
                    memories.lost[at] = memory.beyond(tally).next().map(|(_, earlier)| earlier);
                }
                ReadStep::ReadEnds(at) => {
                    if let (index, read, Some(tally)) = &reads[at] {
                        sessions.entry(read.by.token).or_default().take(tally, *index);
                    }
                }
                ReadStep::WriteBegins(at) => {
                    if let Some(memory) = sessions.get(&writes[at].by.token) {
                        memories.before[at] = memory.clone();
                    }
                }
            }
        }
        memories
    }
}

/// In order of lines.
fn steps(
    reads: &[(usize, &ReadRecord, Option<WriteTally>)],
    writes: &[&WriteRecord],
) -> Vec<(u64, ReadStep)> {
    let mut steps = Vec::with_capacity(2 * reads.len() + writes.len());
    for (at, (_, read, _)) in reads.iter().enumerate() {
        steps.push((read.invoked.line, ReadStep::ReadBegins(at)));
        steps.push((read.completed.line, ReadStep::ReadEnds(at)));
    }
    steps
        .extend(writes.iter().enumerate().map(|(at, write)| (write.invoked.line, ReadStep::WriteBegins(at))));
    steps.sort_unstable_by_key(|&(line, _)| line);
    steps
}
