//! The sources under test: every `.rs` file of the repository, parsed, and its place in the house.

use std::fs;
use std::path::Path;

use super::finding::{Finding, Rule};

/// One file of Rust.
pub struct Source {
    /// Relative to the repository, with `/`.
    pub file: String,
    pub text: String,
    pub syntax: syn::File,
    pub place: Place,
}

/// Where a file stands, which decides what it may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `src/lib.rs`, which declares the modules.
    Root,
    /// `src/main.rs`, which calls the command line.
    Main,
    /// A file of the library, by its module path: `["model", "ids"]`.
    Module(Vec<String>),
    /// `src/tests`: programs of their own, outside of the rows.
    Test,
    Bench,
    Build,
}

impl Source {
    pub fn parse(file: &str, text: &str) -> Source {
        let syntax = syn::parse_file(text).unwrap_or_else(|error| {
            panic!("{file}:{}: not parsed: {error}", error.span().start().line);
        });
        Source { file: file.into(), text: text.into(), syntax, place: Place::of(file) }
    }

    /// All files under `src` and `benches`, and `build.rs` if there is one, in order of their names.
    pub fn all() -> Vec<Source> {
        let root = repository();
        let mut files = Vec::new();
        for top in ["build.rs", "benches", "src"] {
            collect(root, top, &mut files);
        }
        assert!(files.iter().any(|file| file == "src/lib.rs"), "no sources found in {}", root.display());
        files.iter().map(|file| Source::parse(file, &read(&root.join(file)))).collect()
    }

    /// The top-level module that the file belongs to, if it is one of the library's.
    pub fn module(&self) -> Option<&str> {
        match &self.place {
            Place::Module(path) => path.first().map(String::as_str),
            Place::Root | Place::Main | Place::Test | Place::Bench | Place::Build => None,
        }
    }

    pub fn finding(&self, rule: Rule, line: usize, what: String, remedy: impl Into<String>) -> Finding {
        Finding { rule, at: format!("{}:{line}", self.file), what, remedy: remedy.into() }
    }
}

impl Place {
    fn of(file: &str) -> Place {
        let segments: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
        match segments.as_slice() {
            ["build"] => Place::Build,
            ["benches", ..] => Place::Bench,
            ["src", "tests", ..] => Place::Test,
            ["src", "lib"] => Place::Root,
            ["src", "main"] => Place::Main,
            ["src", path @ .., "mod"] | ["src", path @ ..] => {
                Place::Module(path.iter().map(|&name| name.to_owned()).collect())
            }
            _ => panic!("{file} is no place of this repository"),
        }
    }
}

/// The folder of `Cargo.toml`.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collect(root: &Path, name: &str, files: &mut Vec<String>) {
    let path = root.join(name);
    if path.is_dir() {
        for entry in entries(&path) {
            collect(root, &format!("{name}/{entry}"), files);
        }
    } else if path.is_file() && name.ends_with(".rs") {
        files.push(name.to_owned());
    }
}

/// The names in a folder, sorted: the order of a directory is arbitrary.
pub fn entries(folder: &Path) -> Vec<String> {
    let listing = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = listing
        .map(|entry| entry.expect("an entry of a folder").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
