//! The shape of the repository: a module opens with its essay, and the top level holds nothing new.
//!
//! The essay says what the module is, what goes in and out, its invariants and its caveats. That it is good cannot
//! be tested; that it is there can. It is asked of `lib.rs` and of the file that opens each top-level module.

use super::control::Expected::{Clean, Found};
use super::control::hold;
use super::finding::{Finding, Rule, assert_none};
use super::source::{Place, Source, entries, repository};

/// Lines of `//!` with words on them, at the very top.
const ESSAY_LINES_MIN: usize = 5;

/// Everything that may stand beside `src`; names that begin with a dot may, too.
const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "benches",
    "build.rs",
    "clippy.toml",
    "experiments",
    "proto",
    "results",
    "rustfmt.toml",
    "src",
    // What cargo writes: its output, and the manifest as it was written when the sources come out of a package.
    "target",
    "Cargo.toml.orig",
];

fn essays(sources: &[Source]) -> Vec<Finding> {
    sources.iter().filter_map(missing_essay).collect()
}

fn missing_essay(source: &Source) -> Option<Finding> {
    let opens = match &source.place {
        Place::Root => true,
        Place::Module(path) => path.len() == 1,
        Place::Main | Place::Test | Place::Bench | Place::Build => false,
    };
    let essay = source.text.lines().map_while(|line| line.strip_prefix("//!"));
    let lines = essay.filter(|words| !words.trim().is_empty()).count();
    let what = format!("opens with {lines} lines of `//!`, and {ESSAY_LINES_MIN} are the least");
    let remedy = "say what it is, what goes in and out, its invariants and its caveats";
    (opens && lines < ESSAY_LINES_MIN).then(|| source.finding(Rule::Essay, 1, what, remedy))
}

fn strange_entries(names: &[String]) -> Vec<Finding> {
    let fixed =
        |name: &str| TOP_LEVEL.contains(&name) || name.starts_with('.') || name.starts_with("LICENSE-");
    let finding = |name: &String| Finding {
        rule: Rule::TopLevel,
        at: name.clone(),
        what: "is not part of the fixed top level".to_owned(),
        remedy: "put it into one of the folders, or add it to TOP_LEVEL in shape.rs".to_owned(),
    };
    names.iter().filter(|name| !fixed(name)).map(finding).collect()
}

#[test]
fn every_module_opens_with_an_essay() {
    assert_none(essays(&Source::all()));
}

#[test]
fn a_module_without_an_essay_is_found() {
    let five = "//! One.\n//! Two.\n//!\n//! Three.\n//! Four.\n//! Five.\n";
    let four = "//! One.\n//! Two.\n//!\n//! Three.\n//! Four.\n\n//! Five.\n";
    let late = format!("// A note.\n{five}");
    let rows = [
        ("src/branch/mod.rs", five, Clean),
        ("src/branch/mod.rs", four, Found("src/branch/mod.rs:1: essay: opens with 4 lines")),
        ("src/branch/mod.rs", &*late, Found("opens with 0 lines")),
        ("src/branch.rs", "", Found("opens with 0 lines")),
        ("src/lib.rs", "pub mod model;", Found("src/lib.rs:1: essay")),
        ("src/branch/message.rs", "", Clean),
        ("src/branch/wire/mod.rs", "", Clean),
        ("src/main.rs", "fn main() {}", Clean),
        ("benches/rpc.rs", "fn main() {}", Clean),
    ];
    hold(essays, &rows);
}

#[test]
fn the_top_level_is_fixed() {
    assert_none(strange_entries(&entries(repository())));
}

#[test]
fn a_new_entry_of_the_top_level_is_found() {
    let found = |name: &str| strange_entries(&[name.to_owned()]).len();
    for name in ["Cargo.toml", "src", "LICENSE-MIT", ".gitignore", ".github", "target", "clippy.toml"] {
        assert_eq!(found(name), 0, "{name}");
    }
    for name in ["docs", "scripts", "NOTES.md", "LICENSE", "tests", "rust-toolchain.toml"] {
        assert_eq!(found(name), 1, "{name}");
    }
}
