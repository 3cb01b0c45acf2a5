//! Words that prose does not use, in comments and in texts, because a plainer word or the field's term says more.
//!
//! Read is what comments say, documentation included, and what string literals say. Names of things are free: a rule
//! about words does not know what a function does.

use super::control::Expected::{Clean, Found};
use super::control::hold;
use super::finding::{Finding, Rule, assert_none};
use super::source::Source;

/// Each word in two halves, so that this file does not find itself; and what to write instead.
const BANNED: &[(&str, &str, &str)] = &[
    ("to", "ld", "reports, prints, returns, records, sends"),
    ("te", "ll", "report, print, return, record, send"),
    ("te", "lls", "reports, prints, returns, records, sends"),
    ("who", "ever", "a caller that"),
    ("an", "ew", "again, or a new one"),
    ("some", "body", "a peer, a caller, a session"),
    ("no", "body", "no peer, no caller, no session"),
];

/// Texts that results hold already, so that a plainer word would change what is saved.
const SAVED: &[(&str, &str)] = &[("src/chart/kinds/agreement.rs", "the title of a chart")];

fn prose(sources: &[Source]) -> Vec<Finding> {
    let free = |source: &&Source| !SAVED.iter().any(|(file, _)| *file == source.file);
    sources
        .iter()
        .filter(free)
        .flat_map(|source| banned_words(&source.text).map(|found| finding(source, found)))
        .collect()
}

fn finding(source: &Source, (line, word, better): (usize, String, &str)) -> Finding {
    source.finding(Rule::Prose, line, format!("`{word}`"), format!("write: {better}"))
}

/// The line of each banned word, the word, and what to write instead.
fn banned_words(text: &str) -> impl Iterator<Item = (usize, String, &'static str)> {
    texts(text).into_iter().flat_map(|(first, text)| {
        let lines: Vec<(usize, String)> =
            (first..).zip(text.lines()).map(|(line, text)| (line, text.to_lowercase())).collect();
        lines.into_iter().flat_map(|(line, text)| {
            let is_said =
                move |word: &String| text.split(|c: char| !c.is_alphanumeric()).any(|said| said == word);
            let banned = BANNED.iter().map(|(head, tail, better)| (format!("{head}{tail}"), *better));
            banned.filter(move |(word, _)| is_said(word)).map(move |(word, better)| (line, word, better))
        })
    })
}

/// Every comment and string literal of a file of Rust, with the line on which it begins.
fn texts(file: &str) -> Vec<(usize, String)> {
    let mut texts = Vec::new();
    let mut at = 0;
    while at < file.len() {
        let rest = &file[at..];
        let (skip, len, closing) = piece(rest);
        if len > 0 {
            let line = 1 + file[..at].matches('\n').count();
            texts.push((line, rest[skip..skip + len].to_owned()));
        }
        at += skip + len + closing;
    }
    texts
}

/// What `rest` begins with: bytes to skip, bytes of text, and bytes that close the text.
fn piece(rest: &str) -> (usize, usize, usize) {
    let first = rest.chars().next().map_or(1, char::len_utf8);
    let until = |opening: usize, end: &str| {
        let len = rest[opening..].find(end).unwrap_or(rest.len() - opening);
        (opening, len, end.len().min(rest.len() - opening - len))
    };
    if rest.starts_with("//") {
        return until(2, "\n");
    }
    if rest.starts_with("/*") {
        return until(2, "*/");
    }
    let hashes = rest.strip_prefix('r').map_or(0, |raw| raw.len() - raw.trim_start_matches('#').len());
    if rest.starts_with('r') && rest[1 + hashes..].starts_with('"') {
        return until(2 + hashes, &format!("\"{}", "#".repeat(hashes)));
    }
    match rest.as_bytes() {
        [b'"', ..] => (1, escaped_len(&rest[1..]), 1),
        // A character in quotes, which may be a quote; a lifetime has no second one.
        [b'\'', b'\\', _, ..] => (2 + rest[2..].chars().next().map_or(0, char::len_utf8), 0, 0),
        [b'\'', ..] if rest[1..].chars().nth(1) == Some('\'') => {
            (1 + rest[1..].chars().next().map_or(0, char::len_utf8) + 1, 0, 0)
        }
        // A name is skipped as a whole: an `r` at its end opens nothing.
        _ => (first.max(rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())), 0, 0),
    }
}

/// How many bytes a string literal has before its closing quote.
fn escaped_len(rest: &str) -> usize {
    let mut is_escaped = false;
    let closes = |c: char| {
        let closes = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        closes
    };
    rest.find(closes).unwrap_or(rest.len())
}

#[test]
fn comments_and_texts_use_plain_words() {
    assert_none(prose(&Source::all()));
}

#[test]
fn a_banned_word_is_found_in_comments_and_texts_and_not_in_names() {
    for (head, tail, _) in BANNED {
        let word = format!("{head}{tail}");
        let capital = format!("{}{}", word[..1].to_uppercase(), &word[1..]);
        let found = [
            format!("mod m;\n// It is {word}."),
            format!("mod m;\n/// {capital}: `x`\nmod n;"),
            format!("mod m;\n#[doc = \"a {word}\"]\nmod n;"),
            format!("const S: (&str, char) =\n(\"a \\\" {word}\", '\"');"),
            format!("const S: &str = \"one\n{word} two\";"),
            format!("const S: &str =\nr#\"a \" {word}\"#;"),
            format!("const C: [char; 2] =\n['\\'', 'x']; /* {word} */"),
        ];
        for text in &found {
            hold(prose, &[("src/model/mod.rs", text, Found("src/model/mod.rs:2: prose: `"))]);
        }
        let clean =
            format!("// {word}x un{word}\nfn {word}<'r>(r: &'r str) {{ {word}(\"{word}ing\"); 'r'; }}");
        hold(prose, &[("src/model/mod.rs", &clean, Clean)]);
    }
}
