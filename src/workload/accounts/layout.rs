//! Which account is whose: from numbers to places and back.

use std::ops::Range;

use super::family::{AccountFamily, Families};
use super::{digit, natural};
use crate::model::AccountId;

/// One of the accounts that a session, or a group, uses side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::workload) struct AccountSlot {
    pub family: AccountFamily,
    pub index: u64,
}

/// Accounts in generations: each is a row with one account for every slot of every owner, family by family.
#[derive(Debug, Clone, Copy)]
pub(in crate::workload) struct Layout {
    sessions: usize,
    /// In the order of [`AccountFamily::ALL`].
    blocks: [Block; 3],
}

/// The part of a row that belongs to one family.
#[derive(Debug, Clone, Copy)]
struct Block {
    /// How many sessions own an account.
    sharers: usize,
    owners: u64,
    slots: u64,
    /// How many writes an account takes from a session.
    writes: usize,
}

/// Whose an account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPlace {
    /// How its amounts are chosen.
    pub family: AccountFamily,
    /// The sessions that write it: one, or on radix accounts the group.
    pub sessions: Range<usize>,
    /// Which of the accounts that they use side by side, from 0. By Zipf's law 0 is the most used.
    pub slot: u64,
    /// How many accounts they filled before it in this slot.
    pub generation: u64,
}

impl Layout {
    /// The layout for so many sessions, each of which makes `radix_writes` writes on a radix account.
    pub(super) fn new(sessions: usize, families: &Families, radix_writes: usize) -> Layout {
        let block = |share: f64, sharers: u32, slots: u32, writes| Block {
            sharers: sharers as usize,
            owners: sessions.div_ceil(sharers as usize) as u64,
            slots: if share > 0.0 { u64::from(slots) } else { 0 },
            writes,
        };
        let Families { natural, digit, radix } = families;
        let blocks = [
            block(natural.share, 1, natural.accounts_per_session, natural::writes(natural)),
            block(digit.share, 1, digit.accounts_per_session, digit::WRITES),
            block(radix.share, radix.sharers, radix.accounts_per_group, radix_writes),
        ];
        Layout { sessions, blocks }
    }

    /// How many accounts one generation has.
    pub fn width(&self) -> u64 {
        self.blocks.iter().map(Block::width).sum()
    }

    /// How many slots a session has, over all families.
    pub fn slots(&self) -> usize {
        self.blocks.iter().map(|block| block.slots as usize).sum()
    }

    /// The place of `slot` among all slots of a session.
    pub fn number(&self, slot: AccountSlot) -> usize {
        let before = self.blocks[..slot.family.index()].iter().map(|block| block.slots as usize);
        before.sum::<usize>() + slot.index as usize
    }

    /// The family of a slot by its number among all slots of a session.
    pub fn family(&self, number: usize) -> AccountFamily {
        let within = |family: AccountFamily| AccountSlot { family, index: self.blocks[family.index()].slots };
        let ends_after = |family: &AccountFamily| number < self.number(within(*family));
        AccountFamily::ALL.into_iter().find(ends_after).expect("the number is one of a slot")
    }

    /// How many writes an account takes from one session.
    pub fn writes(&self, family: AccountFamily) -> usize {
        self.blocks[family.index()].writes
    }

    /// The account of `session`, or of its group, in this slot and generation.
    pub fn account(&self, session: usize, slot: AccountSlot, generation: u64) -> AccountId {
        let block = &self.blocks[slot.family.index()];
        let owner = (session / block.sharers) as u64;
        let row = generation * self.width() + self.before(slot.family);
        AccountId(row + owner * block.slots + slot.index)
    }

    /// Whose the account is.
    pub fn place(&self, account: AccountId) -> AccountPlace {
        let (generation, mut rest) = (account.0 / self.width(), account.0 % self.width());
        for (family, block) in AccountFamily::ALL.into_iter().zip(&self.blocks) {
            if rest < block.width() {
                let first = (rest / block.slots) as usize * block.sharers;
                let sessions = first..(first + block.sharers).min(self.sessions);
                return AccountPlace { family, sessions, slot: rest % block.slots, generation };
            }
            rest -= block.width();
        }
        unreachable!("a row is as wide as its blocks together")
    }

    /// How many accounts of a row come before this family's.
    fn before(&self, family: AccountFamily) -> u64 {
        self.blocks[..family.index()].iter().map(Block::width).sum()
    }
}

impl Block {
    fn width(&self) -> u64 {
        self.owners * self.slots
    }
}

#[cfg(test)]
mod tests {
    use super::super::family::{Digit, Natural, Radix};
    use super::*;

    fn layout(shares: [f64; 3]) -> Layout {
        let families = Families {
            natural: Natural { share: shares[0], accounts_per_session: 2, ..Natural::default() },
            digit: Digit { share: shares[1], accounts_per_session: 3 },
            radix: Radix { share: shares[2], sharers: 3, accounts_per_group: 4, ..Radix::default() },
        };
        Layout::new(8, &families, 255)
    }

    #[test]
    fn every_account_has_one_place_and_every_place_one_account() {
        for shares in [[0.5, 0.3, 0.2], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.0, 0.0, 1.0]] {
            let layout = layout(shares);
            for account in (0..3 * layout.width()).map(AccountId) {
                let AccountPlace { family, sessions, slot, generation } = layout.place(account);
                assert!(shares[family.index()] > 0.0);
                let slot = AccountSlot { family, index: slot };
                assert!(!sessions.is_empty() && sessions.end <= 8);
                for session in sessions {
                    assert_eq!(layout.account(session, slot, generation), account);
                }
            }
        }
    }

    #[test]
    fn a_row_has_the_private_accounts_and_then_those_of_groups() {
        let layout = layout([0.5, 0.3, 0.2]);
        assert_eq!((layout.width(), layout.slots()), (8 * 2 + 8 * 3 + 3 * 4, 9));
        let last = layout.place(AccountId(layout.width() - 1));
        let family = AccountFamily::Radix;
        assert_eq!(last, AccountPlace { family, sessions: 6..8, slot: 3, generation: 0 });
        let families: Vec<AccountFamily> = (0..9).map(|number| layout.family(number)).collect();
        assert_eq!(
            families[1..6],
            [[AccountFamily::Natural; 1].as_slice(), &[AccountFamily::Digit; 3], &[AccountFamily::Radix]]
                .concat()
        );
    }
}
