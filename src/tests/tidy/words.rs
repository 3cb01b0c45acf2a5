//! Words that no file may hold: a path of one machine, a banner, a line that does not fit.
//!
//! Lines are read as they stand, without asking what is a comment and what a string: outside of both, none of
//! these is Rust that survives the formatter. A relative path (`src/work/`) and an address name no machine.

use super::control::Expected::{Clean, Found};
use super::control::hold;
use super::finding::{Finding, Rule, assert_none};
use super::source::Source;

const COLUMNS_MAX: usize = 120;

/// Folders at the root of a machine. Held without slashes, so that this file does not find itself.
const MACHINE_FOLDERS: [&str; 4] = ["home", "root", "tmp", "work"];

/// As many equal characters in a row at the head of a comment draw a line.
const BANNER_MIN: usize = 4;

fn words(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for (line, number) in source.text.lines().zip(1..) {
            let found = [machine_path(line), banner(line), overlong(line)];
            let finding = |(what, remedy)| source.finding(Rule::Word, number, what, remedy);
            findings.extend(found.into_iter().flatten().map(finding));
        }
    }
    findings
}

type Fault = (String, &'static str);

fn machine_path(line: &str) -> Option<Fault> {
    let named = |folder: &str| {
        let path = format!("/{folder}/");
        let begins = |(at, _): (usize, &str)| !line[..at].ends_with(continues_a_path);
        line.match_indices(&path).any(begins).then_some(path)
    };
    let path = MACHINE_FOLDERS.iter().find_map(|folder| named(folder))?;
    Some((
        format!("`{path}` is a path of one machine"),
        "take it as an argument, or ask for a temporary folder",
    ))
}

fn continues_a_path(before: char) -> bool {
    before.is_alphanumeric() || "._-~}".contains(before)
}

fn banner(line: &str) -> Option<Fault> {
    let comment = line.match_indices("//").chain(line.match_indices("/*")).map(|(at, _)| &line[at..]);
    let drawn = |comment: &str| {
        let text = comment[2..].trim_start_matches(['/', '!', ' ']);
        leading(comment, '/') >= BANNER_MIN || "=-*#~_".chars().any(|c| leading(text, c) >= BANNER_MIN)
    };
    comment
        .into_iter()
        .any(drawn)
        .then(|| ("a banner".to_owned(), "let a module or a function be the heading"))
}

fn leading(text: &str, wanted: char) -> usize {
    text.chars().take_while(|&c| c == wanted).count()
}

fn overlong(line: &str) -> Option<Fault> {
    let columns = line.chars().count();
    (columns > COLUMNS_MAX).then(|| (format!("{columns} columns, and {COLUMNS_MAX} are allowed"), "wrap it"))
}

#[test]
fn no_line_names_a_machine_draws_a_banner_or_is_overlong() {
    assert_none(words(&Source::all()));
}

#[test]
fn a_path_of_a_machine_is_found() {
    let lines = MACHINE_FOLDERS.map(|folder| {
        let path = format!("/{folder}/");
        let found = [
            format!("// see {path}notes"),
            format!("const P: &str = \"{path}x\";"),
            format!("const P: &str = \"file://{path}x\";"),
        ];
        let clean = [
            format!("// see src{path}notes"),
            format!("// https://example.com{path}"),
            format!("// /{folder}x/ and {folder}/"),
        ];
        (found, clean)
    });
    for (found, clean) in &lines {
        found
            .iter()
            .for_each(|line| hold(words, &[("src/model/mod.rs", line, Found("is a path of one machine"))]));
        clean.iter().for_each(|line| hold(words, &[("src/model/mod.rs", line, Clean)]));
    }
}

#[test]
fn a_banner_is_found() {
    for mark in ["=", "-", "*", "#", "/"] {
        let banner = mark.repeat(8);
        let rows = [
            ("src/model/mod.rs", format!("mod m {{}}\n// {banner}"), Found("mod.rs:2: word: a banner")),
            ("src/model/mod.rs", format!("    //{banner} Part one"), Found("a banner")),
            ("src/model/mod.rs", format!("mod m; // {banner}"), Found("a banner")),
            ("src/model/mod.rs", format!("//! {banner}"), Found("a banner")),
        ];
        for (file, text, expected) in &rows {
            hold(words, &[(file, text, *expected)]);
        }
    }
    let clean = "//! |---|---|\n//! a -- b, then `----`\n/// text\n// a = b\nconst S: &str = \"---- ====\";";
    hold(words, &[("src/model/mod.rs", clean, Clean)]);
}

#[test]
fn an_overlong_line_is_found() {
    let line = |columns: usize| format!("//{}", "ä".repeat(columns - 2));
    hold(words, &[("src/model/mod.rs", &line(120), Clean)]);
    hold(words, &[("src/model/mod.rs", &line(121), Found("121 columns, and 120 are allowed"))]);
}
