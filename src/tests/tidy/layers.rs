//! The layer rule: a module names only modules of rows below its own.
//!
//! So the judges cannot know what they judge, the protocol cannot reach a clock, and every part can be read
//! without what stands above it. All uses count: `use`, paths in code, in macros and in attributes, in test modules
//! too. `src/main.rs`, `src/tests` and `benches` stand outside of the rows.

use std::collections::BTreeMap;

use super::control::Expected::{self, Clean, Found};
use super::control::{hold, hold_together};
use super::finding::{Finding, Rule, assert_none};
use super::mention::{What, mentions};
use super::source::{Place, Source};

/// The rows of the house, lowest first. Modules of one row are siblings and never name each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Words,
    Parts,
    Scenario,
    SubstratesAndJudges,
    Drivers,
    Charts,
    CommandLine,
}

const HOUSE: &[(Row, &[&str])] = &[
    (Row::CommandLine, &["cli"]),
    (Row::Charts, &["chart"]),
    (Row::Drivers, &["experiment", "verify", "course"]),
    (Row::SubstratesAndJudges, &["live", "sim", "checker", "measure"]),
    (Row::Scenario, &["scenario"]),
    (Row::Parts, &["branch", "session", "network", "workload", "log", "history", "results"]),
    (Row::Words, &["model", "rng"]),
];

/// What a row would allow, and the house does not: who, what, why.
const EXCEPTIONS: &[(&str, &[&str], &str)] = &[
    ("checker", &["branch"], "a mistake of the protocol must not hide itself from its judge"),
    ("measure", &["branch"], "measures are functions of a history alone"),
    ("chart", &["live", "sim"], "a chart reads results and never runs anything"),
];

const SUBSTRATES: [&str; 2] = ["live", "sim"];

/// Who may name both substrates.
const ABOVE_SUBSTRATES: [&str; 2] = ["experiment", "verify"];

/// The only module that may name a crate of [`RUNTIME_CRATES`].
const SHELL: &str = "live";

/// Crates, together with their families: `tonic` stands for `tonic_prost` too.
const RUNTIME_CRATES: [&str; 5] = ["tokio", "tonic", "prost", "tower", "hyper"];

/// One module's name for another, in `source`.
struct Import<'a> {
    source: &'a Source,
    line: usize,
    from: &'a str,
    to: String,
}

fn layers(sources: &[Source]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = sources.iter().flat_map(strangers).collect();
    let imports: Vec<Import> = sources.iter().flat_map(imports).collect();
    findings.extend(imports.iter().filter_map(against_the_rows));
    findings.extend(both_substrates(&imports));
    findings.extend(sources.iter().flat_map(runtime_outside_the_shell));
    findings
}

fn row(module: &str) -> Option<Row> {
    HOUSE.iter().find(|(_, modules)| modules.contains(&module)).map(|&(row, _)| row)
}

/// Modules that the table does not know, by their files and by their declarations in `lib.rs`.
fn strangers(source: &Source) -> Vec<Finding> {
    let unknown = |line, name: &str| {
        let what = format!("`{name}` is not in the table of rows");
        row(name).is_none().then(|| source.finding(Rule::Layer, line, what, "add it to HOUSE in layers.rs"))
    };
    if source.place != Place::Root {
        return source.module().and_then(|name| unknown(1, name)).into_iter().collect();
    }
    let declared = source.syntax.items.iter().filter_map(|item| match item {
        syn::Item::Mod(module) => Some(&module.ident),
        _ => None,
    });
    declared.filter_map(|name| unknown(name.span().start().line, &name.to_string())).collect()
}

fn imports(source: &Source) -> Vec<Import<'_>> {
    let Some(from) = source.module() else { return Vec::new() };
    let named = mentions(source).into_iter().filter_map(|mention| match mention.what {
        What::Path(path) if path[0] == "crate" => path.into_iter().nth(1).map(|to| (mention.line, to)),
        What::Path(_) | What::Macro(_) | What::Method(_) | What::Attribute(_) | What::Async => None,
    });
    named.filter(|(_, to)| to != from).map(|(line, to)| Import { source, line, from, to }).collect()
}

fn against_the_rows(import: &Import) -> Option<Finding> {
    let Import { source, line, from, to } = import;
    let remedy = match (row(from)?, row(to)) {
        (_, None) if to == "*" => "name the module that is meant, not the whole crate".to_owned(),
        (_, None) => "name it by its module; a new module goes into HOUSE in layers.rs".to_owned(),
        (own, Some(other)) if other > own => {
            "it stands above: pass in what is needed, or move it down".to_owned()
        }
        (own, Some(other)) if other == own => {
            "siblings never import each other: move it a row down".to_owned()
        }
        (_, Some(_)) => excepted(from, to)?.to_owned(),
    };
    Some(source.finding(Rule::Layer, *line, format!("`{from}` names `{to}`"), remedy))
}

fn excepted(from: &str, to: &str) -> Option<&'static str> {
    EXCEPTIONS.iter().find(|(who, what, _)| *who == from && what.contains(&to)).map(|&(_, _, why)| why)
}

fn both_substrates(imports: &[Import]) -> Vec<Finding> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for import in imports.iter().filter(|import| SUBSTRATES.contains(&import.to.as_str())) {
        // The rows forbid it already to a module that is no higher than a substrate.
        let above = row(import.from) > row(SHELL);
        let known = *first.entry(import.from).or_insert(&import.to);
        if above && known != import.to && !ABOVE_SUBSTRATES.contains(&import.from) {
            let what = format!("`{}` names `{}`, and elsewhere `{known}`", import.from, import.to);
            let remedy = format!("only {} may name both substrates", ABOVE_SUBSTRATES.join(" and "));
            findings.push(import.source.finding(Rule::Layer, import.line, what, remedy));
        }
    }
    findings
}

fn runtime_outside_the_shell(source: &Source) -> Vec<Finding> {
    let bound = match &source.place {
        Place::Root | Place::Main => true,
        Place::Module(path) => path[0] != SHELL,
        Place::Test | Place::Bench | Place::Build => false,
    };
    let named = mentions(source).into_iter().filter_map(|mention| match mention.what {
        What::Path(path) if bound && is_runtime(&path[0]) => {
            let what = format!("names `{}`", path.join("::"));
            let remedy = format!("only `{SHELL}` may: ask it for what is needed");
            Some(source.finding(Rule::Layer, mention.line, what, remedy))
        }
        What::Path(_) | What::Macro(_) | What::Method(_) | What::Attribute(_) | What::Async => None,
    });
    named.collect()
}

fn is_runtime(name: &str) -> bool {
    let family = name.split('_').next().unwrap_or(name);
    RUNTIME_CRATES.contains(&family)
}

#[test]
fn a_module_imports_only_from_rows_below_its_own() {
    assert_none(layers(&Source::all()));
}

#[test]
fn an_import_against_the_rows_is_found() {
    let rows: &[(&str, &str, Expected)] = &[
        ("src/branch/mod.rs", "use crate::model::Dot;", Clean),
        ("src/branch/mod.rs", "use crate::branch::message::Run;", Clean),
        ("src/branch/mod.rs", "//! See [`crate::live`] and `crate::sim`.", Clean),
        (
            "src/branch/mod.rs",
            "use crate::session::Session;",
            Found("mod.rs:1: layer: `branch` names `session`; siblings"),
        ),
        (
            "src/branch/mod.rs",
            "\nuse crate::{model::Dot, sim};",
            Found("mod.rs:2: layer: `branch` names `sim`; it stands above"),
        ),
        ("src/branch/mod.rs", "pub(crate) fn f() { crate::live::start() }", Found("`branch` names `live`")),
        ("src/branch/message.rs", "fn f(_: super::super::cli::Args) {}", Found("`branch` names `cli`")),
        (
            "src/branch/message.rs",
            "mod tests { use super::super::super::log::Disk; }",
            Found("`branch` names `log`"),
        ),
        ("src/branch/message.rs", "mod tests { use super::super::Branch; use super::*; }", Clean),
        (
            "src/branch.rs",
            "fn f() { assert_eq!(crate::history::Event::new(), 1); }",
            Found("`branch` names `history`"),
        ),
        ("src/branch.rs", "#[derive(crate::results::Row)] struct S;", Found("`branch` names `results`")),
        (
            "src/branch.rs",
            "#[cfg(test)] mod tests { use crate::workload as w; }",
            Found("`branch` names `workload`"),
        ),
        ("src/branch.rs", "use crate::*;", Found("not the whole crate")),
        ("src/model/mod.rs", "use super::network;", Found("`model` names `network`")),
        ("src/scenario.rs", "use crate::network::Network;", Clean),
        ("src/network/mod.rs", "use crate::scenario::Fault;", Found("`network` names `scenario`")),
        ("src/live/mod.rs", "use crate::{branch, scenario, session};", Clean),
        ("src/sim/mod.rs", "use crate::live::Cluster;", Found("`sim` names `live`; siblings")),
        ("src/checker/mod.rs", "use crate::history::Event;", Clean),
        ("src/checker/mod.rs", "use crate::branch::Branch;", Found("must not hide itself")),
        ("src/measure/mod.rs", "use crate::branch::Branch;", Found("functions of a history alone")),
        ("src/chart/mod.rs", "use crate::sim::run;", Found("never runs anything")),
        ("src/verify/mod.rs", "use crate::{live, sim};", Clean),
        ("src/course/mod.rs", "use crate::live;", Clean),
        ("src/course/mod.rs", "use crate::experiment;", Found("`course` names `experiment`; siblings")),
        ("src/cli/mod.rs", "use crate::experiment;", Clean),
        ("src/main.rs", "fn main() { readback::cli::main() }", Clean),
        ("src/tests/replay.rs", "use readback::{live, sim};", Clean),
    ];
    hold(layers, rows);
}

#[test]
fn both_substrates_in_one_module_are_found_across_its_files() {
    let files = [("src/course/a.rs", "use crate::live;"), ("src/course/b.rs", "use crate::sim;")];
    hold_together(
        layers,
        &files,
        Found("src/course/b.rs:1: layer: `course` names `sim`, and elsewhere `live`"),
    );
    let files = [("src/course/a.rs", "use crate::live;"), ("src/verify/b.rs", "use crate::sim;")];
    hold_together(layers, &files, Clean);
}

#[test]
fn a_module_that_the_table_does_not_know_is_found() {
    let rows: &[(&str, &str, Expected)] = &[
        ("src/helpers.rs", "", Found("src/helpers.rs:1: layer: `helpers` is not in the table")),
        ("src/lib.rs", "pub mod model;\npub mod common;", Found("src/lib.rs:2: layer: `common` is not")),
        ("src/branch.rs", "fn f() { crate::common::g() }", Found("`branch` names `common`")),
        ("src/lib.rs", "pub mod model;", Clean),
    ];
    hold(layers, rows);
}

#[test]
fn the_runtime_named_outside_of_its_shell_is_found() {
    let rows: &[(&str, &str, Expected)] = &[
        ("src/live/server.rs", "use tokio::net::TcpListener; use tonic::Request;", Clean),
        ("src/cli/mod.rs", "#[tokio::main] fn main() {}", Found("names `tokio::main`; only `live` may")),
        ("src/course/mod.rs", "use tokio as rt;", Found("names `tokio`")),
        ("src/session/mod.rs", "fn f(_: tonic_health::Status) {}", Found("names `tonic_health::Status`")),
        ("src/session/mod.rs", "fn f() { let _ = vec![prost::decode()]; }", Found("names `prost::decode`")),
        ("src/session/mod.rs", "use proptest::prelude::*;", Clean),
        ("src/session/mod.rs", "#[cfg(test)] mod tests { use tokio::time; }", Found("names `tokio::time`")),
        ("src/main.rs", "use tower::Service;", Found("names `tower::Service`")),
        ("benches/rpc.rs", "use tonic::Request;", Clean),
        ("build.rs", "fn main() { tonic_prost_build::configure(); }", Clean),
        ("src/tests/replay.rs", "#[tokio::test] fn f() {}", Clean),
    ];
    hold(layers, rows);
}
