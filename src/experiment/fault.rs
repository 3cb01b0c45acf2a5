//! Faults of the network and of branches as they will run, made of the tables as written.

use super::convert::{delay, loss, route};
use super::crashes::Crashes;
use super::file::{AnyFaultKind, EndsTable, FaultTable};
use super::invalid::{Invalid, Within};
use crate::model::BranchId;
use crate::network::{Fault, FaultWindow, Route, RouteEnd};
use crate::scenario::{BranchFault, BranchFaultKind};

/// The faults of one table.
#[derive(Debug)]
enum TableFaults {
    Network(FaultWindow),
    Branch(Vec<BranchFault>),
}

/// All faults, those of the network and those of branches. The id of each is its place among the tables, so that it
/// keeps its draws. From `seed` follow the moments of crashes at random.
pub(super) fn windows(
    tables: &[FaultTable],
    seed: u64,
) -> Result<(Vec<FaultWindow>, Vec<BranchFault>), Invalid> {
    let (mut windows, mut branch_faults) = (Vec::new(), Vec::new());
    for (id, table) in (0_u32..).zip(tables) {
        match faults(id, table, seed).within(id).within("fault")? {
            TableFaults::Network(window) => windows.push(window),
            TableFaults::Branch(faults) => branch_faults.extend(faults),
        }
    }
    Ok((windows, branch_faults))
}

fn faults(id: u32, table: &FaultTable, seed: u64) -> Result<TableFaults, Invalid> {
    only_keys_of_its_kind(table)?;
    let (from, until) = (table.from_s.duration(), table.until_s.duration());
    let branch = || need("branch", &table.branch).copied();
    let branch_fault = |kind| {
        let fault = BranchFault { id, from, until, branch: branch()?, kind };
        Ok(TableFaults::Branch(vec![fault]))
    };
    let fault = match table.kind {
        // A branch itself.
        AnyFaultKind::Crash => return branch_fault(BranchFaultKind::Crash),
        AnyFaultKind::LoseState => return branch_fault(BranchFaultKind::LoseState),
        AnyFaultKind::FullDisk => return branch_fault(BranchFaultKind::FullDisk),
        AnyFaultKind::FailingSync => return branch_fault(BranchFaultKind::FailingSync),
        AnyFaultKind::SlowDisk => {
            let extra = need("extra_ms", &table.extra_ms)?.duration();
            return branch_fault(BranchFaultKind::SlowDisk { extra });
        }
        AnyFaultKind::Crashes => {
            let (times, down) = (*need("times", &table.times)?, need("down_ms", &table.down_ms)?.duration());
            let crashes = Crashes { branch: branch()?, times, down, from, until };
            return crashes.draw(id, seed).map(TableFaults::Branch);
        }
        // Who hears whom.
        AnyFaultKind::Partition => Fault::Partition {
            groups: need("groups", &table.groups)?
                .iter()
                .map(|group| group.iter().copied().collect())
                .collect(),
        },
        AnyFaultKind::Partial => {
            Fault::Partial { pairs: need("pairs", &table.pairs)?.iter().map(|&[a, b]| (a, b)).collect() }
        }
        AnyFaultKind::OneWay => Fault::OneWay {
            from: branches("from", &table.from)?.iter().copied().collect(),
            to: branches("to", &table.to)?.iter().copied().collect(),
        },
        AnyFaultKind::Ring => Fault::Ring { order: need("order", &table.order)?.clone() },
        AnyFaultKind::Bridge => Fault::Bridge {
            left: need("left", &table.left)?.iter().copied().collect(),
            bridge: *need("bridge", &table.bridge)?,
            right: need("right", &table.right)?.iter().copied().collect(),
        },
        AnyFaultKind::Isolate => {
            Fault::Isolate { branch: branch()?, customers: table.customers.unwrap_or(false) }
        }
        AnyFaultKind::Pause => Fault::Pause { branch: branch()? },
        // How a route delivers.
        AnyFaultKind::Slow => {
            let extra = delay(need("extra", &table.extra)?).within("extra")?;
            Fault::Slow { route: ends(table)?, extra }
        }
        AnyFaultKind::Lossy => {
            let loss = loss(table.drop, table.bursts)?
                .ok_or_else(|| Invalid::at("kind", "a lossy link needs `drop` or `bursts`"))?;
            Fault::Lossy { route: ends(table)?, loss }
        }
        AnyFaultKind::Flap => Fault::Flap {
            route: ends(table)?,
            cut: need("cut_ms", &table.cut_ms)?.duration(),
            open: need("open_ms", &table.open_ms)?.duration(),
        },
    };
    Ok(TableFaults::Network(FaultWindow { id, from, until, fault }))
}

/// A key that says nothing to this kind of fault was meant for another one, or is misunderstood.
fn only_keys_of_its_kind(table: &FaultTable) -> Result<(), Invalid> {
    let known: &[&str] = match table.kind {
        AnyFaultKind::Partition => &["groups"],
        AnyFaultKind::Partial => &["pairs"],
        AnyFaultKind::OneWay => &["from", "to"],
        AnyFaultKind::Ring => &["order"],
        AnyFaultKind::Bridge => &["left", "bridge", "right"],
        AnyFaultKind::Isolate => &["branch", "customers"],
        AnyFaultKind::Slow => &["from", "to", "both_ways", "extra"],
        AnyFaultKind::Lossy => &["from", "to", "both_ways", "drop", "bursts"],
        AnyFaultKind::Flap => &["from", "to", "both_ways", "cut_ms", "open_ms"],
        AnyFaultKind::Pause
        | AnyFaultKind::Crash
        | AnyFaultKind::LoseState
        | AnyFaultKind::FullDisk
        | AnyFaultKind::FailingSync => &["branch"],
        AnyFaultKind::Crashes => &["branch", "times", "down_ms"],
        AnyFaultKind::SlowDisk => &["branch", "extra_ms"],
    };
    let written = toml::Table::try_from(table).expect("a table that was read can be written");
    let is_known = |key: &str| known.contains(&key) || ["kind", "from_s", "until_s"].contains(&key);
    match written.keys().find(|key| !is_known(key)) {
        Some(key) => {
            let known = known.join(", ");
            Err(Invalid::at(
                key,
                format!("`{key}` does not belong to this kind of fault, which knows {known}"),
            ))
        }
        None => Ok(()),
    }
}

fn need<'a, T>(key: &str, value: &'a Option<T>) -> Result<&'a T, Invalid> {
    value
        .as_ref()
        .ok_or_else(|| Invalid::at("kind", format!("`{key}` is missing; this kind of fault needs it")))
}

fn branches<'a>(key: &str, ends: &'a Option<EndsTable>) -> Result<&'a [BranchId], Invalid> {
    match need(key, ends)? {
        EndsTable::Branches(branches) => Ok(branches),
        EndsTable::Side(_) => {
            Err(Invalid::at(key, format!("`{key}` of a one-way cut is a list of branches, such as [1, 2]")))
        }
    }
}

fn ends(table: &FaultTable) -> Result<Route, Invalid> {
    let (from, to) = (side("from", &table.from)?, side("to", &table.to)?);
    Ok(route(from, to, table.both_ways.unwrap_or(false)))
}

fn side<'a>(key: &str, ends: &'a Option<EndsTable>) -> Result<Option<&'a RouteEnd>, Invalid> {
    match ends {
        None => Ok(None),
        Some(EndsTable::Side(side)) => Ok(Some(side)),
        Some(EndsTable::Branches(_)) => {
            Err(Invalid::at(key, format!("`{key}` is one side of a route: a branch, or \"branches\"")))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn build(text: &str) -> Result<TableFaults, Invalid> {
        let table =
            toml::from_str(&format!("from_s = 0\nuntil_s = 1\n{text}")).expect("the table is well-formed");
        faults(0, &table, 7)
    }

    #[test]
    fn every_kind_of_fault_is_made() {
        for text in [
            "kind = \"partition\"\ngroups = [[1], [2, 3]]",
            "kind = \"partial\"\npairs = [[1, 2]]",
            "kind = \"one_way\"\nfrom = [1]\nto = [2, 3]",
            "kind = \"ring\"\norder = [1, 2, 3, 4]",
            "kind = \"bridge\"\nleft = [1]\nbridge = 2\nright = [3]",
            "kind = \"isolate\"\nbranch = 1\ncustomers = true",
            "kind = \"slow\"\nfrom = 1\nto = \"branches\"\nextra = { constant_ms = 5 }",
            "kind = \"lossy\"\nfrom = 1\ndrop = 0.5\nboth_ways = true",
            "kind = \"flap\"\nfrom = 1\nto = 2\ncut_ms = 50\nopen_ms = 100",
            "kind = \"pause\"\nbranch = 3",
        ] {
            assert!(matches!(build(text), Ok(TableFaults::Network(_))), "{text}: {:?}", build(text));
        }
    }

    #[test]
    fn what_happens_to_a_branch_itself_is_a_branch_fault() {
        let rows = [
            ("kind = \"crash\"\nbranch = 2", BranchFaultKind::Crash),
            ("kind = \"lose_state\"\nbranch = 2", BranchFaultKind::LoseState),
            ("kind = \"full_disk\"\nbranch = 2", BranchFaultKind::FullDisk),
            ("kind = \"failing_sync\"\nbranch = 2", BranchFaultKind::FailingSync),
            (
                "kind = \"slow_disk\"\nbranch = 2\nextra_ms = 5",
                BranchFaultKind::SlowDisk { extra: Duration::from_millis(5) },
            ),
        ];
        for (text, kind) in rows {
            let until = Duration::from_secs(1);
            let expected = BranchFault { id: 0, from: Duration::ZERO, until, branch: BranchId(2), kind };
            assert!(matches!(build(text), Ok(TableFaults::Branch(faults)) if faults == [expected]), "{text}");
        }
    }

    #[test]
    fn a_key_of_another_kind_and_a_missing_one_are_named() {
        let rows = [
            (
                "kind = \"pause\"\nbranch = 3\ndrop = 0.5",
                "`drop` does not belong to this kind of fault, which knows branch",
            ),
            ("kind = \"partition\"", "`groups` is missing; this kind of fault needs it"),
            ("kind = \"crash\"", "`branch` is missing; this kind of fault needs it"),
            ("kind = \"slow_disk\"\nbranch = 1", "`extra_ms` is missing; this kind of fault needs it"),
            (
                "kind = \"one_way\"\nfrom = 1\nto = [2]",
                "`from` of a one-way cut is a list of branches, such as [1, 2]",
            ),
            (
                "kind = \"slow\"\nfrom = [1]\nextra = { constant_ms = 1 }",
                "`from` is one side of a route: a branch, or \"branches\"",
            ),
            ("kind = \"lossy\"\nfrom = 1", "a lossy link needs `drop` or `bursts`"),
        ];
        for (text, expected) in rows {
            assert_eq!(build(text).expect_err(text).message, expected, "{text}");
        }
    }
}
