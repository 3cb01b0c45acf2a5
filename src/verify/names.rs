//! Short names, the same as in the words of the checkers: `n3:17` is the seventeenth write that branch 3 accepted,
//! `n3.2:17` in its second life.

use crate::history::{History, OriginIndex, ShortDot};
use crate::model::Operation;

/// The names of one history.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShortNames<'a> {
    pub history: &'a History,
}

impl ShortNames<'_> {
    pub fn origin(self, index: OriginIndex) -> String {
        let origins = &self.history.origins;
        let Some(origin) = origins.origin(index) else { return format!("origin {index}") };
        let earlier = (0..index.0).filter_map(|earlier| origins.origin(OriginIndex(earlier)));
        match earlier.filter(|earlier| earlier.branch == origin.branch).count() {
            0 => format!("n{}", origin.branch),
            lives => format!("n{}.{}", origin.branch, lives + 1),
        }
    }

    pub fn dot(self, ShortDot(origin, counter): ShortDot) -> String {
        format!("{}:{counter}", self.origin(origin))
    }

    /// `n3:17-19`
    pub fn run(self, origin: OriginIndex, first: u64, last: u64) -> String {
        let name = self.dot(origin.dot(first));
        if last > first { format!("{name}-{last}") } else { name }
    }

    /// A text in which origins stand with their full names.
    pub fn shortened(self, text: &str) -> String {
        let all = (0..self.history.origins.len() as u32).map(OriginIndex);
        all.fold(text.to_owned(), |text, index| match self.history.origins.origin(index) {
            Some(origin) => text.replace(&origin.to_string(), &self.origin(index)),
            None => text,
        })
    }
}

/// `reads account 3`, `deposits 64 to account 3`
pub(super) fn asked(operation: &Operation) -> String {
    use crate::model::WriteKind::{Deposit, Withdraw};
    match operation {
        Operation::Query { account } => format!("reads account {account}"),
        Operation::Write { kind: Deposit, account, amount } => {
            format!("deposits {amount} to account {account}")
        }
        Operation::Write { kind: Withdraw, account, amount } => {
            format!("withdraws {amount} from account {account}")
        }
    }
}
