//! Radix accounts: every session of a group moves a power of its own.

use std::ops::Range;

use super::decoded::{Decoded, Visible};
use crate::model::WriteKind;

/// A greater radix would allow for more writes than a session makes before it goes on to another account.
const RADIX_MAX: u64 = 511;

/// The balances of an account that `sharers` sessions write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::workload) struct Positional {
    radix: u64,
    withdraws: bool,
}

impl Positional {
    /// The largest radix that fits.
    pub(super) fn new(sharers: u32, withdraws: bool) -> Positional {
        let radix = (1..=RADIX_MAX).rev().find(|&radix| fits(radix, sharers, withdraws));
        Positional { radix: radix.expect("every power of 1 fits"), withdraws }
    }

    /// How many writes a session makes on one account: as many as can all be applied twice without a carry. 0 if so
    /// many sessions do not fit.
    pub fn writes(&self) -> usize {
        ((self.radix - 1) / 2) as usize
    }

    /// The most sessions that can share an account, with one write each.
    pub fn sharers_max(withdraws: bool) -> u32 {
        (1..).take_while(|&sharers| fits(3, sharers, withdraws)).count() as u32
    }

    /// The amount of a write of the `sharer`-th session of the group.
    pub(super) fn amount(&self, sharer: u32, kind: WriteKind) -> u64 {
        let position = sharer * positions_per_session(self.withdraws);
        match kind {
            WriteKind::Deposit => self.radix.pow(position),
            WriteKind::Withdraw => self.radix.pow(position + 1),
        }
    }

    /// R - 1 in every withdrawal position of so many sessions, and 0 in the others.
    pub(super) fn opening_balance(&self, sharers: u32) -> u64 {
        let digit = |sharer| (self.radix - 1) * self.amount(sharer, WriteKind::Withdraw);
        if self.withdraws { (0..sharers).map(digit).sum() } else { 0 }
    }

    /// How many writes of each of these sessions the balance includes.
    pub(super) fn decode(&self, sessions: Range<usize>, balance: i64) -> Decoded {
        let Ok(mut digits) = u64::try_from(balance) else { return Decoded::Corrupt };
        let mut next = || {
            let digit = digits % self.radix;
            digits /= self.radix;
            digit
        };
        let mut visible = Vec::with_capacity(sessions.len());
        for session in sessions {
            let deposits = next();
            let withdrawals = if self.withdraws { self.radix - 1 - next() } else { 0 };
            visible.push(Visible { session, deposits, withdrawals });
        }
        let most = 2 * self.writes() as u64;
        let possible = visible.iter().all(|one| one.deposits <= most && one.withdrawals <= most);
        if digits == 0 && possible { Decoded::Counts(visible) } else { Decoded::Corrupt }
    }
}

/// Whether as many digits as these sessions need stay below 2^63.
fn fits(radix: u64, sharers: u32, withdraws: bool) -> bool {
    let positions = sharers.saturating_mul(positions_per_session(withdraws));
    radix.checked_pow(positions).is_some_and(|end| end <= 1 << 63)
}

fn positions_per_session(withdraws: bool) -> u32 {
    if withdraws { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_radix_is_the_largest_that_fits() {
        let rows = [
            (1, true, 511, 255),
            (3, true, 511, 255),
            (4, true, 234, 116),
            (8, true, 15, 7),
            (19, true, 3, 1),
            (20, true, 2, 0),
            (4, false, 511, 255),
            (39, false, 3, 1),
            (40, false, 2, 0),
            (u32::MAX, true, 1, 0),
        ];
        for (sharers, withdraws, radix, writes) in rows {
            let positional = Positional::new(sharers, withdraws);
            assert_eq!((positional.radix, positional.writes()), (radix, writes), "{sharers} {withdraws}");
        }
        assert_eq!([true, false].map(Positional::sharers_max), [19, 39]);
    }

    #[test]
    fn all_writes_twice_still_fit() {
        for (sharers, withdraws) in (1..=19).map(|n| (n, true)).chain((1..=39).map(|n| (n, false))) {
            let positional = Positional::new(sharers, withdraws);
            let most = 2 * positional.writes() as u64;
            let moved = |kind| (0..sharers).map(|sharer| most * positional.amount(sharer, kind)).sum::<u64>();
            let opening = positional.opening_balance(sharers);
            let withdrawn = if withdraws { moved(WriteKind::Withdraw) } else { 0 };
            let balance = i64::try_from(opening + moved(WriteKind::Deposit) - withdrawn).unwrap();
            let of =
                |session| Visible { session, deposits: most, withdrawals: if withdraws { most } else { 0 } };
            let expected = Decoded::Counts((0..sharers as usize).map(of).collect());
            assert_eq!(positional.decode(0..sharers as usize, balance), expected);
        }
    }

    #[test]
    fn a_digit_that_no_count_gives_is_corrupt() {
        let even = Positional::new(4, true);
        let opening = i64::try_from(even.opening_balance(4)).unwrap();
        assert!(matches!(even.decode(0..4, opening), Decoded::Counts(_)));
        // Three sessions: digits beyond their positions must be 0.
        assert_eq!(even.decode(0..3, opening), Decoded::Corrupt);
        for foreign in [233, -opening, -opening - 1, i64::MAX - opening] {
            assert_eq!(even.decode(0..4, opening + foreign), Decoded::Corrupt, "{foreign}");
        }
    }
}
