//! Fault windows and accidents as they will run, made of the tables as written.

use std::collections::BTreeSet;
use std::time::Duration;

use super::crashes::Crashes;
use super::parts::{delay, loss, route, seconds, span};
use super::written::{EndsTable, FaultName, FaultTable, SideTable};
use super::wrong::{Within, Wrong};
use crate::model::BranchId;
use crate::network::{Fault, FaultWindow, Route};
use crate::scenario::{BranchFault, BranchFaultKind};

/// What a table says goes wrong: with messages, or with a branch itself.
#[derive(Debug)]
enum WindowKind {
    Network(FaultWindow),
    Accidents(Vec<BranchFault>),
}

/// What goes wrong: with a link, or with a branch.
enum Made {
    Fault(Fault),
    Accident(BranchFaultKind),
    /// Many of them: how often, and how long each.
    Crashes(u32, Duration),
}

/// All windows, those of the network and those of branches. The id of each is its place among the tables, so that it
/// keeps its draws. From `seed` follow the moments of crashes at random.
pub(super) fn windows(
    tables: &[FaultTable],
    seed: u64,
) -> Result<(Vec<FaultWindow>, Vec<BranchFault>), Wrong> {
    let (mut windows, mut accidents) = (Vec::new(), Vec::new());
    for (id, table) in (0_u32..).zip(tables) {
        match window(id, table, seed).within(id).within("fault")? {
            WindowKind::Network(window) => windows.push(window),
            WindowKind::Accidents(of_table) => accidents.extend(of_table),
        }
    }
    Ok((windows, accidents))
}

fn window(id: u32, table: &FaultTable, seed: u64) -> Result<WindowKind, Wrong> {
    only_keys_of_its_kind(table)?;
    let (from, until) = (seconds("from_s", table.from_s)?, seconds("until_s", table.until_s)?);
    Ok(match made(table)? {
        Made::Fault(fault) => WindowKind::Network(FaultWindow { id, from, until, fault }),
        Made::Accident(kind) => {
            let branch = BranchId(*need("branch", &table.branch)?);
            WindowKind::Accidents(vec![BranchFault { id, from, until, branch, kind }])
        }
        Made::Crashes(times, down) => {
            let branch = BranchId(*need("branch", &table.branch)?);
            WindowKind::Accidents(Crashes { branch, times, down, from, until }.drawn(id, seed)?)
        }
    })
}

fn made(table: &FaultTable) -> Result<Made, Wrong> {
    let fault = match table.kind {
        FaultName::Crash => return Ok(Made::Accident(BranchFaultKind::Crash)),
        FaultName::Crashes => {
            let down = span("down_ms", *need("down_ms", &table.down_ms)?)?;
            return Ok(Made::Crashes(*need("times", &table.times)?, down));
        }
        FaultName::LoseState => return Ok(Made::Accident(BranchFaultKind::LoseState)),
        FaultName::SlowDisk => {
            let extra = span("extra_ms", *need("extra_ms", &table.extra_ms)?)?;
            return Ok(Made::Accident(BranchFaultKind::SlowDisk { extra }));
        }
        FaultName::FullDisk => return Ok(Made::Accident(BranchFaultKind::FullDisk)),
        FaultName::FailingSync => return Ok(Made::Accident(BranchFaultKind::FailingSync)),
        FaultName::Partition => Fault::Partition {
            groups: need("groups", &table.groups)?.iter().map(|group| set(group)).collect(),
        },
        FaultName::Partial => {
            let pair = |&[a, b]: &[u32; 2]| (BranchId(a), BranchId(b));
            Fault::Partial { pairs: need("pairs", &table.pairs)?.iter().map(pair).collect() }
        }
        FaultName::OneWay => {
            Fault::OneWay { from: branches("from", &table.from)?, to: branches("to", &table.to)? }
        }
        FaultName::Ring => Fault::Ring { order: list(need("order", &table.order)?) },
        FaultName::Bridge => Fault::Bridge {
            left: set(need("left", &table.left)?),
            bridge: BranchId(*need("bridge", &table.bridge)?),
            right: set(need("right", &table.right)?),
        },
        FaultName::Isolate => Fault::Isolate {
            branch: BranchId(*need("branch", &table.branch)?),
            customers: table.customers.unwrap_or(false),
        },
        FaultName::Slow => {
            Fault::Slow { route: ends(table)?, extra: delay(need("extra", &table.extra)?).within("extra")? }
        }
        FaultName::Lossy => {
            let loss = loss(table.drop, table.bursts)?
                .ok_or_else(|| Wrong::at("kind", "a lossy link needs `drop` or `bursts`"))?;
            Fault::Lossy { route: ends(table)?, loss }
        }
        FaultName::Flap => Fault::Flap {
            route: ends(table)?,
            cut: span("cut_ms", *need("cut_ms", &table.cut_ms)?)?,
            open: span("open_ms", *need("open_ms", &table.open_ms)?)?,
        },
        FaultName::Pause => Fault::Pause { branch: BranchId(*need("branch", &table.branch)?) },
    };
    Ok(Made::Fault(fault))
}

/// A key that says nothing to this kind of fault was meant for another one, or is misunderstood.
fn only_keys_of_its_kind(table: &FaultTable) -> Result<(), Wrong> {
    let known: &[&str] = match table.kind {
        FaultName::Partition => &["groups"],
        FaultName::Partial => &["pairs"],
        FaultName::OneWay => &["from", "to"],
        FaultName::Ring => &["order"],
        FaultName::Bridge => &["left", "bridge", "right"],
        FaultName::Isolate => &["branch", "customers"],
        FaultName::Slow => &["from", "to", "both_ways", "extra"],
        FaultName::Lossy => &["from", "to", "both_ways", "drop", "bursts"],
        FaultName::Flap => &["from", "to", "both_ways", "cut_ms", "open_ms"],
        FaultName::Pause
        | FaultName::Crash
        | FaultName::LoseState
        | FaultName::FullDisk
        | FaultName::FailingSync => &["branch"],
        FaultName::Crashes => &["branch", "times", "down_ms"],
        FaultName::SlowDisk => &["branch", "extra_ms"],
    };
    let written = [
        ("groups", table.groups.is_some()),
        ("pairs", table.pairs.is_some()),
        ("from", table.from.is_some()),
        ("to", table.to.is_some()),
        ("both_ways", table.both_ways.is_some()),
        ("order", table.order.is_some()),
        ("left", table.left.is_some()),
        ("bridge", table.bridge.is_some()),
        ("right", table.right.is_some()),
        ("branch", table.branch.is_some()),
        ("customers", table.customers.is_some()),
        ("extra", table.extra.is_some()),
        ("drop", table.drop.is_some()),
        ("bursts", table.bursts.is_some()),
        ("cut_ms", table.cut_ms.is_some()),
        ("open_ms", table.open_ms.is_some()),
        ("extra_ms", table.extra_ms.is_some()),
        ("times", table.times.is_some()),
        ("down_ms", table.down_ms.is_some()),
    ];
    match written.iter().find(|(key, is_written)| *is_written && !known.contains(key)) {
        Some((key, _)) => {
            let known = known.join(", ");
            Err(Wrong::at(key, format!("`{key}` does not belong to this kind of fault, which knows {known}")))
        }
        None => Ok(()),
    }
}

fn need<'a, T>(key: &str, value: &'a Option<T>) -> Result<&'a T, Wrong> {
    value
        .as_ref()
        .ok_or_else(|| Wrong::at("kind", format!("`{key}` is missing; this kind of fault needs it")))
}

fn branches(key: &str, ends: &Option<EndsTable>) -> Result<BTreeSet<BranchId>, Wrong> {
    match need(key, ends)? {
        EndsTable::Branches(branches) => Ok(set(branches)),
        EndsTable::Side(_) => {
            Err(Wrong::at(key, format!("`{key}` of a one-way cut is a list of branches, such as [1, 2]")))
        }
    }
}

fn ends(table: &FaultTable) -> Result<Route, Wrong> {
    let (from, to) = (side("from", &table.from)?, side("to", &table.to)?);
    Ok(route(from, to, table.both_ways.unwrap_or(false)))
}

fn side<'a>(key: &str, ends: &'a Option<EndsTable>) -> Result<Option<&'a SideTable>, Wrong> {
    match ends {
        None => Ok(None),
        Some(EndsTable::Side(side)) => Ok(Some(side)),
        Some(EndsTable::Branches(_)) => {
            Err(Wrong::at(key, format!("`{key}` is one side of a route: a branch, or \"branches\"")))
        }
    }
}

fn set(branches: &[u32]) -> BTreeSet<BranchId> {
    branches.iter().copied().map(BranchId).collect()
}

fn list(branches: &[u32]) -> Vec<BranchId> {
    branches.iter().copied().map(BranchId).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn made(text: &str) -> Result<WindowKind, Wrong> {
        let table =
            toml::from_str(&format!("from_s = 0\nuntil_s = 1\n{text}")).expect("the table is well-formed");
        window(0, &table, 7)
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
            assert!(matches!(made(text), Ok(WindowKind::Network(_))), "{text}: {:?}", made(text));
        }
    }

    #[test]
    fn what_happens_to_a_branch_itself_is_an_accident() {
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
            assert!(matches!(made(text), Ok(WindowKind::Accidents(made)) if made == [expected]), "{text}");
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
            assert_eq!(made(text).expect_err(text).message, expected, "{text}");
        }
    }
}
