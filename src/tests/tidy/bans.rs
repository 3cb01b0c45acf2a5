//! What may not be named where: clocks, randomness, printing, `async`, unfinished code.
//!
//! Time and randomness are arguments of the core, so that a seed replays a run to the byte; the library returns
//! values, and only the command line prints. A module of tests is bound like the code around it: a test that reads
//! a clock or draws its own randomness fails at random, and one that sleeps is slow and still races. It is
//! free in one thing, maps without an order, since what it asserts on a set is seen by no run. Programs in
//! `src/tests` may further be `async`, since they drive the whole; a deadline there is the runtime's `timeout`.
//!
//! A test that sleeps through a helper outside of test code is not seen, nor is a clock behind a method
//! (`recv_timeout`) or a glob (`use rand::*`).

use super::control::Expected::{self, Clean, Found};
use super::control::hold;
use super::finding::{Finding, Rule, assert_none};
use super::mention::{Mention, mentions};
use super::pattern::{Pattern, Scope};
use super::source::Source;

struct Ban {
    pattern: Pattern,
    scope: Scope,
    remedy: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        pattern: Pattern::Name(&["Instant", "SystemTime", "UNIX_EPOCH", "clock_gettime"]),
        scope: Scope::OutsideTheShell,
        remedy: "take the time as an argument (`model::Time`)",
    },
    Ban {
        pattern: Pattern::Name(&[
            "thread_rng",
            "ThreadRng",
            "OsRng",
            "SysRng",
            "getrandom",
            "RandomState",
            "from_os_rng",
            "make_rng",
        ]),
        scope: Scope::OutsideTheShell,
        remedy: "take a seed or a seeded generator as an argument",
    },
    Ban {
        pattern: Pattern::Pair(&[
            ("rand", "rng"),
            ("rand", "random"),
            ("rand", "random_range"),
            ("rand", "random_bool"),
            ("rand", "random_ratio"),
            ("rand", "random_iter"),
            ("rand", "fill"),
        ]),
        scope: Scope::OutsideTheShell,
        remedy: "take a seed or a seeded generator as an argument",
    },
    Ban {
        pattern: Pattern::Function(&["sleep", "sleep_ms", "sleep_until", "park_timeout", "nanosleep"]),
        scope: Scope::Sleepless,
        remedy: "wait for the event itself, or advance the time that is passed in",
    },
    Ban {
        pattern: Pattern::Name(&["HashMap", "HashSet", "hash_map", "hash_set"]),
        scope: Scope::OrderedCore,
        remedy: "its order can leak into a run: use BTreeMap, BTreeSet or a sorted Vec",
    },
    Ban {
        pattern: Pattern::Async,
        scope: Scope::Synchronous,
        remedy: "the core is a synchronous state machine: only `live` awaits",
    },
    Ban {
        pattern: Pattern::Macro(&["println", "eprintln", "print", "eprint"]),
        scope: Scope::Silent,
        remedy: "return a value; `cli` prints it",
    },
    Ban {
        pattern: Pattern::Pair(&[
            ("io", "stdout"),
            ("io", "stderr"),
            ("process", "exit"),
            ("process", "abort"),
        ]),
        scope: Scope::Silent,
        remedy: "return a value; `cli` prints it and sets the exit status",
    },
    Ban {
        pattern: Pattern::Macro(&["todo", "unimplemented", "dbg"]),
        scope: Scope::Everywhere,
        remedy: "finish it, or leave it out",
    },
    Ban {
        pattern: Pattern::Attribute(&["ignore"], &[]),
        scope: Scope::Everywhere,
        remedy: "a test that does not run proves nothing: mend it or take it out",
    },
    Ban {
        pattern: Pattern::Attribute(&["allow", "expect"], &["dead_code", "unused"]),
        scope: Scope::Everywhere,
        remedy: "take the unused code out",
    },
    Ban {
        pattern: Pattern::Function(&["dominates", "missing_from", "first_missing_from"]),
        scope: Scope::Checker,
        remedy: "the judge has its own comparison of vectors, so that a wrong one cannot hide itself",
    },
    Ban {
        pattern: Pattern::Method(&["dominates", "missing_from", "first_missing_from"]),
        scope: Scope::Checker,
        remedy: "the judge has its own comparison of vectors, so that a wrong one cannot hide itself",
    },
    Ban {
        pattern: Pattern::Method(&[
            "exp", "exp_m1", "exp2", "ln", "ln_1p", "log", "log2", "log10", "powf", "powi", "cbrt", "hypot",
            "sin", "cos", "tan", "tanh",
        ]),
        scope: Scope::Portable,
        remedy: "its last digits differ between platforms: use the crate `libm`",
    },
];

fn bans(sources: &[Source]) -> Vec<Finding> {
    let of_source = |source| {
        let judged = move |mention: Mention| BANS.iter().find_map(|ban| ban.judge(source, &mention));
        mentions(source).into_iter().filter_map(judged)
    };
    sources.iter().flat_map(of_source).collect()
}

impl Ban {
    fn judge(&self, source: &Source, mention: &Mention) -> Option<Finding> {
        let name = self.pattern.find(&mention.what)?;
        let forbidden = self.scope.binds(&source.place, mention.in_test);
        forbidden.then(|| source.finding(Rule::Ban, mention.line, format!("names `{name}`"), self.remedy))
    }
}

#[test]
fn clocks_randomness_printing_and_unfinished_code_stay_where_they_belong() {
    assert_none(bans(&Source::all()));
}

#[test]
fn a_clock_randomness_or_a_leaking_order_is_found() {
    let rows: &[(&str, &str, Expected)] = &[
        ("src/branch/mod.rs", "use std::time::Duration;", Clean),
        (
            "src/branch/mod.rs",
            "use std::time::{Duration, Instant};",
            Found("mod.rs:1: ban: names `Instant`; take the time"),
        ),
        ("src/branch/mod.rs", "fn f() { std::time::SystemTime::now(); }", Found("names `SystemTime`")),
        ("src/branch/mod.rs", "fn f() { assert!(time::Instant::now() > t); }", Found("names `Instant`")),
        ("src/branch/mod.rs", "#[cfg(test)] mod tests { use std::time::Instant; }", Found("names `Instant`")),
        ("src/tests/replay.rs", "use std::time::Instant;", Found("names `Instant`")),
        ("src/live/timer.rs", "use std::time::Instant; use rand::rng;", Clean),
        ("benches/rpc.rs", "use std::time::Instant;", Clean),
        ("src/sim/mod.rs", "fn f() -> u64 { rand::random() }", Found("names `rand::random`")),
        ("src/sim/mod.rs", "use rand::{Rng, rng};", Found("names `rand::rng`")),
        ("src/sim/mod.rs", "use rand::rngs::SysRng;", Found("names `SysRng`")),
        ("src/sim/mod.rs", "use rand::SeedableRng; use rand_chacha::ChaCha8Rng;", Clean),
        ("src/session/mod.rs", "use std::hash::RandomState;", Found("names `RandomState`")),
        (
            "src/session/mod.rs",
            "use std::collections::{BTreeMap, HashMap as Map};",
            Found("names `HashMap`; its order"),
        ),
        ("src/session/mod.rs", "type S = std::collections::HashSet<u8>;", Found("names `HashSet`")),
        ("src/session/mod.rs", "#[cfg(test)] mod tests { use std::collections::HashSet; }", Clean),
        (
            "src/session/mod.rs",
            "#[cfg(not(test))] mod m { use std::collections::HashSet; }",
            Found("names `HashSet`"),
        ),
        ("src/session/tests.rs", "use std::collections::HashSet;", Clean),
        ("src/chart/mod.rs", "use std::collections::HashMap;", Clean),
        ("src/checker/mod.rs", "fn f() { a.dominates(b) }", Found("names `dominates`; the judge")),
        ("src/checker/mod.rs", "fn f() { VersionVector::dominates(a, b) }", Found("names `dominates`")),
        ("src/branch/mod.rs", "fn f() { a.dominates(b) }", Clean),
        ("src/network/mod.rs", "fn f(x: f64) -> f64 { x.ln() }", Found("names `ln`; its last digits")),
        ("src/network/mod.rs", "fn f(x: f64) -> f64 { libm::log(x) }", Clean),
        ("src/network/mod.rs", "#[test] fn f() { x.ln(); }", Clean),
        ("src/measure/mod.rs", "fn f(x: f64) -> f64 { x.ln() }", Clean),
    ];
    hold(bans, rows);
}

#[test]
fn a_sleep_or_an_await_out_of_place_is_found() {
    let rows: &[(&str, &str, Expected)] = &[
        ("src/sim/mod.rs", "fn f() { std::thread::sleep(d); }", Found("names `sleep`; wait for the event")),
        ("src/live/timer.rs", "fn f() { std::thread::sleep(d); tokio::time::sleep_until(t); }", Clean),
        ("src/live/timer.rs", "#[test] fn f() { sleep(d); }", Found("names `sleep`")),
        (
            "src/live/timer.rs",
            "#[tokio::test] async fn f() { tokio::time::sleep(d).await; }",
            Found("names `sleep`"),
        ),
        (
            "src/live/timer.rs",
            "#[cfg(test)] mod tests { fn f() { select! { _ = time::sleep(d) => 1 } } }",
            Found("names `sleep`"),
        ),
        ("src/tests/replay.rs", "use std::thread::sleep;", Found("names `sleep`")),
        ("src/tests/replay.rs", "async fn f() { g().await }", Clean),
        ("src/branch/mod.rs", "async fn f() {}", Found("names `async`; the core is")),
        ("src/branch/mod.rs", "trait T { async fn f(); }", Found("names `async`")),
        ("src/course/mod.rs", "fn f() { let _ = async { 1 }; }", Found("names `async`")),
        ("src/course/mod.rs", "fn f() { join!(g().await) }", Found("names `async`")),
        ("src/live/mod.rs", "async fn f() { g().await }", Clean),
    ];
    hold(bans, rows);
}

#[test]
fn printing_and_unfinished_code_is_found() {
    let rows: &[(&str, &str, Expected)] = &[
        ("src/chart/mod.rs", "fn f() { println!(\"done\"); }", Found("names `println`; return a value")),
        ("src/chart/mod.rs", "fn f() { std::eprint!(\"done\"); }", Found("names `eprint`")),
        ("src/chart/mod.rs", "use std::io::stdout;", Found("names `io::stdout`")),
        ("src/chart/mod.rs", "fn f() { std::process::exit(1) }", Found("names `process::exit`")),
        ("src/cli/mod.rs", "fn f() { println!(\"done\"); std::process::exit(1) }", Clean),
        ("src/main.rs", "fn main() { println!(\"done\") }", Clean),
        ("build.rs", "fn main() { println!(\"cargo:rerun-if-changed=proto\") }", Clean),
        ("src/cli/mod.rs", "fn f() { dbg!(1); }", Found("names `dbg`; finish it")),
        ("src/cli/mod.rs", "fn f() { vec![todo!()]; }", Found("names `todo`")),
        ("benches/rpc.rs", "fn f() { unimplemented!() }", Found("names `unimplemented`")),
        ("src/tests/replay.rs", "#[test] #[ignore = \"slow\"] fn f() {}", Found("names `ignore`")),
        (
            "src/tests/replay.rs",
            "#[cfg_attr(miri, ignore)] #[test] fn f() {}",
            Found("names `cfg_attr miri ignore`"),
        ),
        ("src/model/mod.rs", "#[allow(dead_code)] fn f() {}", Found("names `allow dead_code`; take")),
        ("src/model/mod.rs", "#![expect(unused)]", Found("names `expect unused`")),
        ("src/model/mod.rs", "#[allow(clippy::large_enum_variant)] enum E {}", Clean),
        ("src/model/mod.rs", "//! `todo!()` and `println!()` may be written about.", Clean),
    ];
    hold(bans, rows);
}
