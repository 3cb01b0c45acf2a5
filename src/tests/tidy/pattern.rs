//! How a ban says what it means, and where it holds.

use super::mention::What;
use super::source::Place;

/// What is matched.
pub enum Pattern {
    /// Any segment of a path.
    Name(&'static [&'static str]),
    /// Two segments of a path in a row.
    Pair(&'static [(&'static str, &'static str)]),
    /// The last segment of a path: a function, however it was imported.
    Function(&'static [&'static str]),
    Macro(&'static [&'static str]),
    Method(&'static [&'static str]),
    /// An attribute of the first name, alone or in `cfg_attr`, with one of the others, if there are others.
    Attribute(&'static [&'static str], &'static [&'static str]),
    Async,
}

/// Where it is forbidden.
#[derive(Clone, Copy)]
pub enum Scope {
    Everywhere,
    /// Everywhere but in `live`, `cli`, benches and `build.rs`.
    OutsideTheShell,
    /// As `OutsideTheShell`, and in all test code.
    Sleepless,
    /// The modules whose output must be a function of their input, but not their tests.
    OrderedCore,
    /// The library but `live`.
    Synchronous,
    /// Everywhere but in `cli`, `main.rs`, benches and `build.rs`.
    Silent,
    /// Only here is it forbidden.
    Checker,
    /// The modules in which a seed means the same on every machine, but not their tests.
    Portable,
}

/// The modules of [`Scope::OrderedCore`].
const ORDERED: [&str; 8] = ["model", "branch", "session", "network", "sim", "workload", "checker", "measure"];

impl Pattern {
    /// What is named, if it is what this pattern means.
    pub fn find(&self, what: &What) -> Option<String> {
        match (self, what) {
            (Pattern::Name(names), What::Path(path)) => first_of(path, names),
            (Pattern::Function(names), What::Path(path)) => first_of(&path[path.len() - 1..], names),
            (Pattern::Macro(names), What::Macro(name)) => first_of(std::slice::from_ref(name), names),
            (Pattern::Method(names), What::Method(name)) => first_of(std::slice::from_ref(name), names),
            (Pattern::Pair(pairs), What::Path(path)) => {
                let found = path.windows(2).find(|two| pairs.contains(&(two[0].as_str(), two[1].as_str())));
                found.map(|two| two.join("::"))
            }
            (Pattern::Attribute(outer, inner), What::Attribute(names)) => {
                let shown = if names[0] == "cfg_attr" { &names[..] } else { &names[..1] };
                let inner_found = inner.is_empty() || first_of(names, inner).is_some();
                first_of(shown, outer).filter(|_| inner_found).map(|_| names.join(" "))
            }
            (Pattern::Async, What::Async) => Some("async".to_owned()),
            (
                Pattern::Name(_)
                | Pattern::Pair(_)
                | Pattern::Function(_)
                | Pattern::Macro(_)
                | Pattern::Method(_)
                | Pattern::Attribute(..)
                | Pattern::Async,
                _,
            ) => None,
        }
    }
}

fn first_of(names: &[String], wanted: &[&str]) -> Option<String> {
    names.iter().find(|name| wanted.contains(&name.as_str())).cloned()
}

impl Scope {
    /// Whether it is forbidden in `place`, in test code or outside of it.
    pub fn binds(self, place: &Place, in_test: bool) -> bool {
        let module = match place {
            Place::Module(path) => path[0].as_str(),
            Place::Root | Place::Main | Place::Test | Place::Bench | Place::Build => "",
        };
        let tool = matches!(place, Place::Bench | Place::Build);
        let outside = !tool && module != "live" && module != "cli";
        match self {
            Scope::Everywhere => true,
            Scope::OutsideTheShell => outside,
            Scope::Sleepless => outside || in_test,
            Scope::OrderedCore => ORDERED.contains(&module) && !in_test,
            Scope::Synchronous => *place == Place::Root || (!module.is_empty() && module != "live"),
            Scope::Silent => !tool && *place != Place::Main && module != "cli",
            Scope::Checker => module == "checker",
            Scope::Portable => module == "network" && !in_test,
        }
    }
}
