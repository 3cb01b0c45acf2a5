//! What a session carries: as much as there are branches, not as much as was written.

use std::time::Duration;

use readback::branch::Limits;
use readback::live::ClusterOptions;
use readback::network::{Leg, constant_delay};

use super::bank::{Bank, options, until, written};
use super::customers::{insisting, look, pay_in};

const WRITES: u32 = 20_000;
const BRANCHES: u32 = 3;
/// After as many writes a guarded read sends the token and checks that it means all of them.
const READ_EVERY: u32 = 1_000;

/// Branches that send each other few and long runs: how fast they replicate is not the question here.
fn options_with_long_runs() -> ClusterOptions {
    let network = constant_delay(Leg::Ack, Duration::from_millis(20));
    let limits = Limits { window_runs: 1, ..Limits::default() };
    ClusterOptions { limits, ..options(BRANCHES, 1, 0, network) }
}

#[test]
fn the_token_names_twenty_thousand_writes_in_three_entries() {
    let bank = Bank::start(options_with_long_runs());
    bank.live(async {
        let mut customer = bank.customer(insisting());
        for count in 1..=WRITES {
            let dot = pay_in(&mut customer, 1 + count % BRANCHES, 1).await;
            let token = &customer.session().token().writes;
            assert_eq!(token.len(), BRANCHES.min(count) as usize, "after {dot}");
            assert!(token.contains(dot));
            if count % READ_EVERY == 0 {
                let (balance, _) = look(&mut customer, 1 + (count + 1) % BRANCHES).await;
                assert_eq!(balance, i64::from(count));
            }
        }
        let token = customer.session().token();
        let named: u64 = token.writes.iter().map(|(_, counter)| counter).sum();
        assert_eq!(named, u64::from(WRITES), "a small token that does not name every write is no token");
        assert_eq!(token.reads.len(), BRANCHES as usize);
        bank.settle(&written([&customer])).await;
        until("branches keep no write that all have", || {
            bank.handles().all(|branch| branch.report().retained == 0)
        })
        .await;
    });
}
