//! The READMEs: what is generated equals its source, and what they name is there.
//!
//! | file | what must hold |
//! |---|---|
//! | `generated` | a part between markers is what its command prints |
//! | `links` | links, pictures and paths lead to something; an anchor leads to a heading |
//! | `commands` | commands and options exist, and every command is in the table of `README.md` |
//! | `examples` | an experiment of `README.md` can be planned |
//! | `limits` | `README.md` fits on a page |
//! | `picture` | the picture of a read that waits is what a simulation draws |
//! | `document` | a page in parts: prose, code, headings, links |
//!
//! A check is a function from pages to findings. One test runs it on the pages of this repository and reports all
//! findings at once; another, its negative control, runs it on a small page that breaks the rule.
//!
//! `UPDATE_READMES=1 cargo test --test readmes` writes the generated parts and the picture; look at the difference
//! before it is committed.
//!
//! **Absent.** No address outside the repository is asked for, and no prose is judged.

mod commands;
mod document;
mod examples;
mod generated;
mod limits;
mod links;
mod picture;

use std::path::Path;
use std::process::{Command, Output};

/// The root of the repository.
fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program in a folder of the repository.
fn readback(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_readback"));
    command.current_dir(folder).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program prints UTF-8")
}

/// Whether generated parts are to be written instead of compared.
fn is_update() -> bool {
    std::env::var_os("UPDATE_READMES").is_some()
}

/// Fails with all findings, one a line.
fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// Fails unless exactly one finding contains the words.
fn assert_found(findings: &[String], words: &str) {
    assert!(findings.len() == 1 && findings[0].contains(words), "{words}: {findings:#?}");
}
