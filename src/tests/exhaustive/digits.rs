//! Amounts whose sum decodes to its parts: the `n`-th write of a script moves `4^n`.
//!
//! A deposit's position counts up from 0 and a withdrawal's down from 3, so nothing carries or borrows while no write
//! is executed more than three times, and a balance says how often it includes each write.

use readback::model::{Amount, WriteKind};

/// The writes of all scripts, in order: their kinds by position.
#[derive(Debug, Clone, Default)]
pub struct Digits {
    kinds: Vec<WriteKind>,
}

impl Digits {
    /// Gives the next write its position.
    pub fn add(&mut self, kind: WriteKind) -> usize {
        self.kinds.push(kind);
        self.kinds.len() - 1
    }

    pub fn amount(&self, position: usize) -> Amount {
        Amount::new(1 << (2 * position)).expect("powers of four are positive")
    }

    /// Whose amount it is.
    pub fn position(&self, amount: Amount) -> usize {
        amount.get().trailing_zeros() as usize / 2
    }

    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// What the account holds at the start.
    pub fn initial(&self) -> i64 {
        let withdrawals = self.kinds.iter().enumerate().filter(|(_, kind)| **kind == WriteKind::Withdraw);
        withdrawals.map(|(position, _)| 3 << (2 * position)).sum()
    }

    /// How often a balance includes each write; `None` if it is no sum of writes.
    pub fn decode(&self, balance: i128) -> Option<Vec<u8>> {
        if balance < 0 || balance >> (2 * self.kinds.len()) != 0 {
            return None;
        }
        let digit = |position: usize| (balance >> (2 * position) & 3) as u8;
        let count = |(position, kind): (usize, &WriteKind)| match kind {
            WriteKind::Deposit => digit(position),
            WriteKind::Withdraw => 3 - digit(position),
        };
        Some(self.kinds.iter().enumerate().map(count).collect())
    }
}

#[test]
fn a_balance_tells_how_often_it_includes_each_write() {
    let mut digits = Digits::default();
    let (rent, wages) = (digits.add(WriteKind::Withdraw), digits.add(WriteKind::Deposit));
    let moved = |position: usize| i128::from(digits.amount(position).get());
    let initial = i128::from(digits.initial());
    assert_eq!(digits.decode(initial), Some(vec![0, 0]));
    assert_eq!(digits.decode(initial - moved(rent) + 2 * moved(wages)), Some(vec![1, 2]));
    assert_eq!(digits.decode(initial + 4 * moved(wages)), None);
    assert_eq!(digits.decode(-1), None);
}
