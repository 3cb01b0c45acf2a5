//! Which account is whose: numbers to places and back.

use std::ops::Range;

use super::digit;
use super::family::AccountFamily;
use super::natural;
use super::plan::WorkloadPlan;
use super::radix::Positional;
use crate::model::AccountId;

/// One of the accounts that a session, or a group, uses side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AccountSlot {
    pub family: AccountFamily,
    pub index: u64,
}

/// Accounts in generations: each is a row with one account for every lane of every owner, family by family.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
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
    lanes: u64,
    /// How many writes an account takes from a session.
    writes: usize,
}

/// Where an account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    pub lane: AccountSlot,
    pub generation: u64,
    pub sessions: Range<usize>,
}

impl Layout {
    pub(super) fn new(plan: &WorkloadPlan) -> Layout {
        let families = &plan.families;
        let block = |share: f64, sharers: u32, lanes: u32, writes| Block {
            sharers: sharers as usize,
            owners: plan.sessions.div_ceil(sharers as usize) as u64,
            lanes: if share > 0.0 { u64::from(lanes) } else { 0 },
            writes,
        };
        let (natural, digit, radix) = (&families.natural, &families.digit, &families.radix);
        let blocks = [
            block(natural.share, 1, natural.accounts_per_session, natural::writes(natural)),
            block(digit.share, 1, digit.accounts_per_session, digit::WRITES),
            block(radix.share, radix.sharers, radix.accounts_per_group, Positional::of(plan).writes()),
        ];
        Layout { sessions: plan.sessions, blocks }
    }

    /// How many accounts one generation has.
    pub(super) fn width(&self) -> u64 {
        self.blocks.iter().map(Block::width).sum()
    }

    /// How many lanes a session has, over all families.
    pub(super) fn lanes(&self) -> usize {
        self.blocks.iter().map(|block| block.lanes as usize).sum()
    }

    /// Where `lane` stands among all lanes of a session.
    pub(super) fn number(&self, lane: AccountSlot) -> usize {
        let before = self.blocks[..lane.family.index()].iter().map(|block| block.lanes as usize);
        before.sum::<usize>() + lane.index as usize
    }

    /// The family of a lane by its number among all lanes of a session.
    pub(super) fn family(&self, number: usize) -> AccountFamily {
        let within = |family: AccountFamily| AccountSlot { family, index: self.blocks[family.index()].lanes };
        let ends_after = |family: &AccountFamily| number < self.number(within(*family));
        AccountFamily::ALL.into_iter().find(ends_after).expect("the number is one of a lane")
    }

    /// How many writes an account takes from one session.
    pub(super) fn writes(&self, family: AccountFamily) -> usize {
        self.blocks[family.index()].writes
    }

    pub(super) fn account(&self, session: usize, lane: AccountSlot, generation: u64) -> AccountId {
        let block = &self.blocks[lane.family.index()];
        let owner = (session / block.sharers) as u64;
        let row = generation * self.width() + self.before(lane.family);
        AccountId(row + owner * block.lanes + lane.index)
    }

    pub(super) fn spot(&self, account: AccountId) -> Spot {
        let (generation, mut rest) = (account.0 / self.width(), account.0 % self.width());
        for (family, block) in AccountFamily::ALL.into_iter().zip(&self.blocks) {
            if rest < block.width() {
                let first = (rest / block.lanes) as usize * block.sharers;
                let sessions = first..(first + block.sharers).min(self.sessions);
                return Spot {
                    lane: AccountSlot { family, index: rest % block.lanes },
                    generation,
                    sessions,
                };
            }
            rest -= block.width();
        }
        unreachable!("a row is as wide as its blocks together")
    }

    /// How many accounts of a row stand before this family's.
    fn before(&self, family: AccountFamily) -> u64 {
        self.blocks[..family.index()].iter().map(Block::width).sum()
    }
}

impl Block {
    fn width(&self) -> u64 {
        self.owners * self.lanes
    }
}

#[cfg(test)]
mod tests {
    use super::super::family::{Digit, Families, Natural, Radix};
    use super::super::plan::samples;
    use super::*;

    fn layout(shares: [f64; 3]) -> Layout {
        let families = Families {
            natural: Natural { share: shares[0], accounts_per_session: 2, ..Natural::default() },
            digit: Digit { share: shares[1], accounts_per_session: 3 },
            radix: Radix { share: shares[2], sharers: 3, accounts_per_group: 4, ..Radix::default() },
        };
        Layout::new(&WorkloadPlan { families, ..samples::open() })
    }

    #[test]
    fn every_account_has_one_place_and_every_place_one_account() {
        for shares in [[0.5, 0.3, 0.2], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.0, 0.0, 1.0]] {
            let layout = layout(shares);
            for account in (0..3 * layout.width()).map(AccountId) {
                let Spot { lane, generation, sessions } = layout.spot(account);
                assert!(shares[lane.family.index()] > 0.0);
                assert!(!sessions.is_empty() && sessions.end <= 8);
                for session in sessions {
                    assert_eq!(layout.account(session, lane, generation), account);
                }
            }
        }
    }

    #[test]
    fn a_row_has_the_private_accounts_and_then_those_of_groups() {
        let layout = layout([0.5, 0.3, 0.2]);
        assert_eq!((layout.width(), layout.lanes()), (8 * 2 + 8 * 3 + 3 * 4, 9));
        let last = layout.spot(AccountId(layout.width() - 1));
        let lane = AccountSlot { family: AccountFamily::Radix, index: 3 };
        assert_eq!(last, Spot { lane, generation: 0, sessions: 6..8 });
        let families: Vec<AccountFamily> = (0..9).map(|number| layout.family(number)).collect();
        assert_eq!(
            families[1..6],
            [[AccountFamily::Natural; 1].as_slice(), &[AccountFamily::Digit; 3], &[AccountFamily::Radix]]
                .concat()
        );
    }
}
