//! Links, pictures and paths lead to something, and an anchor leads to a heading.

use std::path::{Component, Path, PathBuf};

use super::document::Document;
use super::{assert_found, assert_none, repository};

/// What the repository's own paths begin with.
const TOP_LEVEL: [&str; 6] = ["benches", "experiments", "proto", "results", "src", ".ci"];

/// Ends of names of files that are kept in the repository.
const ENDS: [&str; 8] = [".json", ".md", ".proto", ".py", ".rs", ".svg", ".toml", ".txt"];

fn broken(pages: &[Document]) -> Vec<String> {
    let of_page = |page| [links(page), paths(page)].concat();
    pages.iter().flat_map(of_page).collect()
}

fn links(page: &Document) -> Vec<String> {
    let problem = |to: &str| {
        let (path, anchor) = to.split_once('#').unwrap_or((to, ""));
        let Some(found) = existing(page.folder(), path) else { return Some("is not there") };
        let is_page = path.is_empty() || path.ends_with(".md");
        let has_anchor = || match path {
            "" => page.anchors().contains(anchor),
            _ => Document::read(&found.to_string_lossy()).anchors().contains(anchor),
        };
        let is_found = anchor.is_empty() || (is_page && has_anchor());
        (!is_found).then_some("has no such heading")
    };
    let relative = page.targets().into_iter().filter(|(_, to)| !to.contains("://"));
    let finding =
        |(line, to): (usize, &str)| problem(to).map(|what| page.finding(line, &format!("`{to}` {what}")));
    relative.filter_map(finding).collect()
}

/// Paths between backticks, and in commands: relative to the repository or to the page.
fn paths(page: &Document) -> Vec<String> {
    let spans = page.spans().into_iter().filter(|(_, span)| !span.contains(' '));
    let commands = page.commands();
    // A command may name results that it makes, and it runs at the root.
    let words = commands.iter().flat_map(|(line, command)| command.split(' ').map(|word| (*line, word)));
    let words = words.filter(|(_, word)| !word.starts_with("results/"));
    let is_absent =
        |path: &str| existing(page.folder(), path).is_none() && existing(Path::new(""), path).is_none();
    let all = spans.chain(words).filter(|(_, path)| is_path(path) && is_absent(path));
    all.map(|(line, path)| page.finding(line, &format!("there is no `{path}`"))).collect()
}

/// Whether it looks like a path of this repository, and not like one of a run or a placeholder.
fn is_path(text: &str) -> bool {
    let is_plain = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-/".contains(letter));
    let is_placeholder = text.split(['/', '.']).any(|part| {
        part.len() > 2 && part != "README" && part.chars().all(|letter| letter.is_ascii_uppercase())
    });
    let begins = TOP_LEVEL.iter().any(|top| text.strip_prefix(top).is_some_and(|rest| rest.starts_with('/')));
    let ends = text.contains('/') && ENDS.iter().any(|end| text.ends_with(end));
    is_plain && !is_placeholder && (begins || ends)
}

/// The path relative to the repository, if something is there.
fn existing(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut found = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::ParentDir => found.pop().then_some(())?,
            Component::Normal(name) => found.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    repository().join(&found).exists().then_some(found)
}

#[test]
fn every_link_picture_and_path_leads_to_something() {
    assert_none(&broken(&Document::all()));
}

#[test]
fn a_broken_link_picture_path_or_anchor_is_found() {
    let rows = [
        ("[a](src/nothing.rs)", "`src/nothing.rs` is not there"),
        ("![a](results/nothing.svg)", "is not there"),
        ("<img src=\"results/nothing.svg\">", "is not there"),
        ("[a](../outside.md)", "is not there"),
        ("[a](#nothing)", "has no such heading"),
        ("[a](results/README.md#nothing)", "has no such heading"),
        ("[a](Cargo.toml#nothing)", "has no such heading"),
        ("see `src/nothing/mod.rs`", "there is no `src/nothing/mod.rs`"),
        ("see `nothing/mod.rs`", "there is no `nothing/mod.rs`"),
        ("```sh\nreadback run experiments/nothing.toml\n```", "there is no `experiments/nothing.toml`"),
        ("call `readback run experiments/nothing.toml`", "there is no `experiments/nothing.toml`"),
    ];
    for (text, expected) in rows {
        assert_found(&broken(&[Document::new("README.md", text)]), expected);
    }
    let clean = "# A head\n[a](src/lib.rs) [b](#a-head) [c](https://example.com/d) \
                 `results/floor/START` `summary.json`";
    assert_none(&broken(&[Document::new("README.md", clean)]));
    assert_none(&broken(&[Document::new(
        "src/README.md",
        "`branch/mod.rs` [a](branch/mod.rs) `src/lib.rs`",
    )]));
}
