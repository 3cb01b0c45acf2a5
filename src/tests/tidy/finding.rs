//! What a rule reports: where, what, and the way out.

use std::fmt;

/// The families of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    Layer,
    Ban,
    Length,
    Essay,
    Name,
    Prose,
    Word,
    TopLevel,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: Rule,
    /// `file:line`, or the entry of a folder.
    pub at: String,
    pub what: String,
    pub remedy: String,
}

/// Fails with everything that was found, so that one run shows all there is to mend.
pub fn assert_none(mut findings: Vec<Finding>) {
    findings.dedup();
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(lines.is_empty(), "findings: {}\n{}\n", lines.len(), lines.join("\n"));
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}; {}", self.at, self.rule, self.what, self.remedy)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rule::Layer => "layer",
            Rule::Ban => "ban",
            Rule::Length => "length",
            Rule::Essay => "essay",
            Rule::Name => "name",
            Rule::Prose => "prose",
            Rule::Word => "word",
            Rule::TopLevel => "top level",
        })
    }
}
