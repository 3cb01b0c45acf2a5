//! Digit accounts: the i-th write moves 4^i.

use super::decoded::Decoded;
use super::write_set::WriteSet;

/// Writes per account: every digit from 0 to 3 at 31 positions, so balances end at 4^31 - 1 = 2^62 - 1.
pub(super) const WRITES: usize = 31;

/// How far a digit can move without a carry or a borrow.
const DIGIT_MAX: u64 = 3;

/// The amount of the write at `position`.
pub(super) fn amount(position: usize) -> u64 {
    1 << (2 * position)
}

/// 3 in every withdrawal position and 0 in the others.
pub(super) fn opening_balance(withdrawals: WriteSet) -> u64 {
    withdrawals.iter().map(|position| DIGIT_MAX * amount(position)).sum()
}

/// Which writes the balance includes, and which of them twice.
pub(super) fn decode(withdrawals: WriteSet, balance: i64) -> Decoded {
    let Ok(digits) = u64::try_from(balance) else { return Decoded::Corrupt };
    if digits >= amount(WRITES) {
        return Decoded::Corrupt;
    }
    let (mut applied, mut twice) = (WriteSet::EMPTY, WriteSet::EMPTY);
    for position in 0..WRITES {
        match times(digits, position, withdrawals.contains(position)) {
            0 => {}
            1 => applied = applied.with(position),
            2 => (applied, twice) = (applied.with(position), twice.with(position)),
            _ => return Decoded::Corrupt,
        }
    }
    Decoded::Writes { applied, twice }
}

/// How often the write at `position` was applied.
fn times(digits: u64, position: usize, is_withdrawal: bool) -> u64 {
    let digit = digits / amount(position) % (DIGIT_MAX + 1);
    if is_withdrawal { DIGIT_MAX - digit } else { digit }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(positions: &[usize]) -> WriteSet {
        positions.iter().copied().collect()
    }

    #[test]
    fn a_balance_of_digits_is_read_digit_by_digit() {
        let writes = |applied, twice| Decoded::Writes { applied: set(applied), twice: set(twice) };
        let rows: [(&[usize], i64, Decoded); 11] = [
            (&[], 0, writes(&[], &[])),
            (&[], 0b01_00_01, writes(&[0, 2], &[])),
            (&[], 0b10_01, writes(&[0, 1], &[1])),
            (&[], 0b11, Decoded::Corrupt),
            (&[1], 0b11_00, writes(&[], &[])),
            (&[1], 0b10_01, writes(&[0, 1], &[])),
            (&[1], 0b01_00, writes(&[1], &[1])),
            (&[1], 0b00_00, Decoded::Corrupt),
            (&[], -1, Decoded::Corrupt),
            (&[], 1 << 62, Decoded::Corrupt),
            (&[], i64::MAX, Decoded::Corrupt),
        ];
        for (withdrawals, balance, expected) in rows {
            assert_eq!(decode(set(withdrawals), balance), expected, "{withdrawals:?} {balance:b}");
        }
    }

    #[test]
    fn all_writes_twice_still_fit() {
        let every: WriteSet = (0..WRITES).collect();
        let doubled = 2 * (0..WRITES).map(amount).sum::<u64>();
        let opening = opening_balance(every);
        assert_eq!(opening, (1 << 62) - 1);
        let expected = Decoded::Writes { applied: every, twice: every };
        assert_eq!(decode(WriteSet::EMPTY, i64::try_from(doubled).unwrap()), expected);
        assert_eq!(decode(every, i64::try_from(opening - doubled).unwrap()), expected);
    }
}
