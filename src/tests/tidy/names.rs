//! A type's name is defined once in the library: a reader who searches for it finds one thing.
//!
//! Structs, enums, unions, traits and type aliases of every module count, those of its unit tests included. An
//! associated type bears the name that its trait gives it, and does not count.

use std::collections::BTreeMap;

use proc_macro2::Ident;
use syn::visit::{self, Visit};

use super::control::Expected::{Clean, Found};
use super::control::{hold, hold_together};
use super::finding::{Finding, Rule, assert_none};
use super::source::{Place, Source};

/// Names that are defined more than once, each with its reason.
const SHARED: &[(&str, &str)] = &[("Row", "the row of a table, which stands beside the table")];

/// More exceptions would be no rule.
const SHARED_MAX: usize = 15;

fn names(sources: &[Source]) -> Vec<Finding> {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| matches!(source.place, Place::Module(_))) {
        for (name, line) in definitions(source) {
            if SHARED.iter().any(|(shared, _)| *shared == name) {
                continue;
            }
            match first.get(&name) {
                Some(known) => {
                    let what = format!("`{name}` is defined at {known} too");
                    findings.push(source.finding(
                        Rule::Name,
                        line,
                        what,
                        "give one of them a name of its own",
                    ));
                }
                None => _ = first.insert(name, format!("{}:{line}", source.file)),
            }
        }
    }
    findings
}

fn definitions(source: &Source) -> Vec<(String, usize)> {
    let mut definitions = Definitions(Vec::new());
    definitions.visit_file(&source.syntax);
    definitions.0
}

/// Each defined type's name and line.
struct Definitions(Vec<(String, usize)>);

impl Definitions {
    fn note(&mut self, name: &Ident) {
        self.0.push((name.to_string(), name.span().start().line));
    }
}

impl<'ast> Visit<'ast> for Definitions {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            syn::Item::Struct(item) => self.note(&item.ident),
            syn::Item::Enum(item) => self.note(&item.ident),
            syn::Item::Union(item) => self.note(&item.ident),
            syn::Item::Trait(item) => self.note(&item.ident),
            syn::Item::Type(item) => self.note(&item.ident),
            _ => {}
        }
        visit::visit_item(self, item);
    }
}

#[test]
fn a_type_name_is_defined_once() {
    assert_none(names(&Source::all()));
}

#[test]
fn the_exceptions_are_few_and_each_is_needed() {
    assert!(SHARED.len() <= SHARED_MAX, "{} exceptions", SHARED.len());
    let sources = Source::all();
    for (shared, reason) in SHARED {
        let modules = sources.iter().filter(|source| matches!(source.place, Place::Module(_)));
        let count = modules.flat_map(definitions).filter(|(name, _)| name == shared).count();
        assert!(count > 1 && !reason.is_empty(), "`{shared}` is defined {count} times: take it off the list");
    }
}

#[test]
fn a_second_definition_of_a_name_is_found() {
    let files = |second| [("src/branch/peer.rs", "pub struct Peer;"), second];
    let found = Found("src/live/peer.rs:2: name: `Peer` is defined at src/branch/peer.rs:1 too");
    hold_together(names, &files(("src/live/peer.rs", "\nenum Peer {}")), found);
    hold_together(names, &files(("src/live/peer.rs", "\nmod tests { type Peer = u8; }")), found);
    hold_together(names, &files(("src/live/peer.rs", "\nfn f() { trait Peer {} }")), found);
    hold_together(names, &files(("src/live/peer.rs", "enum Link { Peer }\nuse x::Peer;")), Clean);
    hold_together(names, &files(("src/live/peer.rs", "impl Node for Link { type Peer = u8; }")), Clean);
    hold_together(names, &files(("benches/rpc/peer.rs", "struct Peer;")), Clean);
    hold_together(names, &files(("src/tests/live/peer.rs", "struct Peer;")), Clean);
    hold(names, &[("src/branch/mod.rs", "struct A; mod m { struct A; }", Found("src/branch/mod.rs:1"))]);
}
