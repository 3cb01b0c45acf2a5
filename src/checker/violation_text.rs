//! How violations are described. A write's name is `n3:17`, the seventeenth that branch 3 accepted. In a later life of
//! the branch, without what the earlier one held, it is `n3.2:17`.

use crate::history::{OriginIndex, Origins, ShortDot};
use crate::model::{AccountId, Time, WriteKind};

use super::balance_evidence::{AtEnd, Contradiction, Corruption, Freshness};
use super::records::{ReadRecord, WriteFate, WriteRecord};

/// Describes reads, writes and violations, with the short names of a history.
#[derive(Debug, Clone, Copy)]
pub(super) struct ViolationText<'a> {
    pub origins: &'a Origins,
}

/// The lines that prove a violation, and its description.
pub(super) type Proof = (Vec<u64>, String);

impl ViolationText<'_> {
    /// A read that misses own writes, at least one, by its witness.
    pub fn stale(&self, read: &ReadRecord, missing: &[&WriteRecord], freshness: &Freshness) -> Proof {
        let by = match freshness {
            Freshness::Stale => "by its witness and by its balance",
            Freshness::Fresh | Freshness::Undecided | Freshness::Corrupt(_) => "by its witness",
        };
        let [oldest, others @ ..] = missing else {
            unreachable!("a read is stale because of a write");
        };
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let text = format!("{} misses {by} {}{more}", self.read(read), self.write(oldest));
        (proof(read, [oldest.line()]), text)
    }

    pub fn contradiction(&self, read: &ReadRecord, contradiction: &Contradiction) -> Proof {
        let subject = self.read(read);
        match *contradiction {
            Contradiction::Hidden(write) => {
                let text =
                    format!("{subject} does not include {}, which its witness names", self.write(write));
                (proof(read, [write.line()]), text)
            }
            Contradiction::Denied(write) => {
                let write_text = self.write(write);
                let text = format!("{subject} includes {write_text}, which its witness does not name");
                (proof(read, [write.line()]), text)
            }
            Contradiction::Count { customer, kind, shown, named, unknown } => {
                let noun = noun(kind);
                let counts = format!("{named}, and the outcome of {unknown} is unknown");
                let text = format!(
                    "{subject} includes {shown} {noun}s of customer {customer}; its witness names {counts}"
                );
                (proof(read, []), text)
            }
            Contradiction::Sum { due } => {
                let text = format!("{subject} is not {due}, which the writes come to that its witness names");
                (proof(read, []), text)
            }
        }
    }

    /// A read whose witness names a write that began only later.
    pub fn future_read(&self, read: &ReadRecord, write: Option<&WriteRecord>) -> Proof {
        let began = write.map_or(String::new(), |write| format!(" at {}", ms(write.invoked.event.t)));
        let named = write.map_or_else(|| "a write".to_owned(), |write| self.write(write));
        let text = format!("{} has a witness that names {named}, which began only{began}", self.read(read));
        (proof(read, write.map(|write| write.invoked.line)), text)
    }

    /// An account that ends with a balance that cannot be, by the final state on this line.
    pub fn at_end(&self, account: AccountId, balance: i64, fault: &AtEnd, line: u64) -> Proof {
        let (what, other) = match fault {
            AtEnd::Corrupt(corruption) => match self.included(corruption) {
                Some((what, line)) => (format!("with {what}"), line),
                None => ("which is not the sum of any writes of the account".to_owned(), None),
            },
            AtEnd::Lacks(write) => (format!("without {}", self.write(write)), Some(write.line())),
            AtEnd::LacksSome { customer, kind } => {
                let noun = noun(*kind);
                (format!("with fewer {noun}s of customer {customer} than were acknowledged"), None)
            }
        };
        let lines = [line].into_iter().chain(other).collect();
        (lines, format!("account {account} ends with {balance}, {what}"))
    }

    /// A read whose balance cannot be.
    pub fn corruption(&self, read: &ReadRecord, corruption: &Corruption) -> Proof {
        let subject = self.read(read);
        match self.included(corruption) {
            Some((what, line)) => (proof(read, line), format!("{subject} includes {what}")),
            None => (proof(read, []), format!("{subject} is not the sum of any writes of the account")),
        }
    }

    /// What a balance includes and must not, and the line of the write if it is one; `None` for a balance that is no
    /// sum of writes.
    fn included(&self, corruption: &Corruption) -> Option<(String, Option<u64>)> {
        Some(match *corruption {
            Corruption::Unexplained => return None,
            Corruption::Twice(write) => (format!("{} twice", self.write(write)), Some(write.line())),
            Corruption::Refused(write) => {
                (format!("{}, which had failed", self.write(write)), Some(write.line()))
            }
            Corruption::Early(write) => {
                let began = ms(write.invoked.event.t);
                (format!("{}, which began only at {began}", self.write(write)), Some(write.invoked.line))
            }
            Corruption::Unasked(planned) => {
                let (noun, amount) = (noun(planned.kind), planned.amount);
                (format!("a {noun} of {amount}, which no customer had asked for"), None)
            }
            Corruption::TooMany { customer, kind, shown, begun } => {
                let noun = noun(kind);
                let asked = format!("who had begun {begun} that did not fail");
                (format!("{shown} {noun}s of customer {customer}, {asked}"), None)
            }
        })
    }

    /// `session 0's deposit of 64 to account 3 (n1:2, acknowledged by branch 1 at 7.000 ms)`
    pub fn write(&self, write: &WriteRecord) -> String {
        let WriteRecord { kind, account, amount, invoked, completed, fate, .. } = write;
        let (session, branch) = (invoked.event.session, invoked.event.branch);
        let ended = completed.map_or(String::new(), |completed| format!(" at {}", ms(completed.event.t)));
        let fate = match fate {
            WriteFate::Acknowledged(dot) => {
                format!("{}, acknowledged by branch {branch}{ended}", self.dot(*dot))
            }
            WriteFate::Refused => format!("refused by branch {branch}{ended}"),
            WriteFate::Unknown => {
                format!("asked of branch {branch} at {}, outcome unknown", ms(invoked.event.t))
            }
        };
        let (noun, preposition) = match kind {
            WriteKind::Deposit => (noun(*kind), "to"),
            WriteKind::Withdraw => (noun(*kind), "from"),
        };
        format!("session {session}'s {noun} of {amount} {preposition} account {account} ({fate})")
    }

    /// `session 0's read of account 3 at branch 2, from 8.000 ms to 9.000 ms, sees 64: it`
    pub fn read(&self, read: &ReadRecord) -> String {
        let ReadRecord { account, balance, invoked, completed, .. } = read;
        let (session, branch) = (invoked.event.session, invoked.event.branch);
        let (from, to) = (ms(invoked.event.t), ms(completed.event.t));
        format!(
            "session {session}'s read of account {account} at branch {branch}, from {from} to {to}, sees {balance}: it"
        )
    }

    /// `n3:17`.
    pub fn dot(&self, ShortDot(origin, counter): ShortDot) -> String {
        format!("{}:{counter}", self.origin(origin))
    }

    /// `n3`, or `n3.2` in the branch's second life.
    pub fn origin(&self, index: OriginIndex) -> String {
        let Some(origin) = self.origins.origin(index) else { return format!("origin {index}") };
        let earlier = (0..index.0).filter_map(|earlier| self.origins.origin(OriginIndex(earlier)));
        match earlier.filter(|earlier| earlier.branch == origin.branch).count() {
            0 => format!("n{}", origin.branch),
            lives => format!("n{}.{}", origin.branch, lives + 1),
        }
    }
}

fn proof(read: &ReadRecord, others: impl IntoIterator<Item = u64>) -> Vec<u64> {
    [read.invoked.line, read.completed.line].into_iter().chain(others).collect()
}

fn noun(kind: WriteKind) -> &'static str {
    match kind {
        WriteKind::Deposit => "deposit",
        WriteKind::Withdraw => "withdrawal",
    }
}

pub(super) fn ms(t: Time) -> String {
    format!("{:.3} ms", t.0 as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BranchId, Incarnation, Origin};

    #[test]
    fn a_write_is_named_by_branch_and_counter_and_by_the_life_if_it_is_a_later_one() {
        let mut origins = Origins::default();
        for (branch, started_at) in [(3, 1), (1, 1), (3, 2), (3, 4)] {
            let incarnation = Incarnation { started_at, nonce: 0 };
            origins.name(Origin { branch: BranchId(branch), incarnation });
        }
        let describe = ViolationText { origins: &origins };
        let names = [0, 1, 2, 3, 4].map(|origin| describe.dot(OriginIndex(origin).dot(17)));
        assert_eq!(names, ["n3:17", "n1:17", "n3.2:17", "n3.3:17", "origin 4:17"]);
    }
}
