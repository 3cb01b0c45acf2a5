//! What a state leads to if nothing more goes wrong: every message arrives, every timeout comes, every branch is up.

use readback::model::{AccountId, BranchId};

use super::bank::Bank;
use super::world::World;

/// Rounds of timeouts after which a cluster that has not come to rest never will.
const ROUNDS_MAX: usize = 60;

/// Messages of one round.
const MESSAGES_MAX: usize = 10_000;

/// A customer gives an attempt up only every so many rounds, since branches are to answer first.
const ROUNDS_PER_ATTEMPT: usize = 6;

/// Whether the branches come to rest, agree, and have every acknowledged write, and every operation ends.
pub fn heals(bank: &Bank, world: &World) -> bool {
    let mut world = world.clone();
    for id in bank.members.iter().copied() {
        if !world.hosts[&id].is_up() {
            world.restart(bank, id);
        }
    }
    for round in 1..=ROUNDS_MAX {
        if !deliver_all(bank, &mut world) || world.broken.is_some() {
            return false;
        }
        if is_at_rest(bank, &world) {
            return agrees(bank, &world);
        }
        for id in bank.members.iter().copied() {
            world.time_out(bank, id);
        }
        for number in 0..world.customers.len() {
            go_on(bank, &mut world, number, round % ROUNDS_PER_ATTEMPT == 0);
        }
    }
    false
}

/// Returns whether messages came to an end.
fn deliver_all(bank: &Bank, world: &mut World) -> bool {
    for _ in 0..MESSAGES_MAX {
        let unsynced = world.hosts.iter().find(|(_, host)| host.unsynced() > 0).map(|(&id, _)| id);
        if let Some(id) = unsynced {
            world.sync(bank, id);
        } else if let Some(packet) = world.packets.pop() {
            world.arrive(bank, &packet);
        } else {
            return true;
        }
    }
    false
}

fn go_on(bank: &Bank, world: &mut World, number: usize, is_late: bool) {
    let next = bank.next_step(world, number).map(|step| step.at[0]);
    if let Some(branch) = next {
        world.begin(bank, number, branch);
    } else if is_late && world.customers[number].is_busy() {
        world.give_up(bank, number);
    }
}

fn is_at_rest(bank: &Bank, world: &World) -> bool {
    let has_ended = |number: usize| {
        let customer = &world.customers[number];
        !customer.is_busy() && customer.begun == bank.scripts[number].len()
    };
    let mut vectors = world.branches().map(|branch| branch.applied());
    let first = vectors.next();
    (0..world.customers.len()).all(has_ended) && vectors.all(|vector| Some(vector) == first)
}

fn agrees(bank: &Bank, world: &World) -> bool {
    let holds = |id: &BranchId| {
        let branch = world.hosts[id].branch.as_ref()?;
        bank.digits.decode(branch.balance(AccountId(0))?)
    };
    let Some(counts) = holds(&bank.members[0]) else { return false };
    let acknowledged = world.customers.iter().flat_map(|customer| &customer.acknowledged);
    bank.members.iter().all(|id| holds(id).as_ref() == Some(&counts))
        && acknowledged.map(|&(position, _)| counts[position]).all(|count| count == 1)
}
