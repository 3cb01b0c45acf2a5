//! Negative controls: tables of small sources that pretend to be a file of this repository.

use super::finding::Finding;
use super::source::Source;

/// What a rule has to say about a row of a table.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    Clean,
    /// Exactly one finding, which says this.
    Found(&'static str),
}

/// Runs `rule` on each row, a file name and its text, alone.
pub fn hold(rule: impl Fn(&[Source]) -> Vec<Finding>, rows: &[(&str, &str, Expected)]) {
    for &(file, text, expected) in rows {
        hold_together(&rule, &[(file, text)], expected);
    }
}

/// Runs `rule` on all `files` at once.
pub fn hold_together(rule: impl Fn(&[Source]) -> Vec<Finding>, files: &[(&str, &str)], expected: Expected) {
    let sources: Vec<Source> = files.iter().map(|(file, text)| Source::parse(file, text)).collect();
    let mut findings = rule(&sources);
    findings.dedup();
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    let as_expected = match expected {
        Expected::Clean => lines.is_empty(),
        Expected::Found(words) => lines.len() == 1 && lines[0].contains(words),
    };
    assert!(as_expected, "{files:?}\nexpected {expected:?}\nfound {lines:#?}");
}
