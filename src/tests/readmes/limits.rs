//! `README.md` fits on a page: few lines, few words, nothing folded.

use super::document::Document;
use super::{assert_found, assert_none};

const LINES_MAX: usize = 180;
const WORDS_MAX: usize = 1_800;

/// Outside tables.
const COLUMNS_MAX: usize = 200;

fn excess(page: &Document) -> Vec<String> {
    let (lines, words) = (page.text.lines().count(), page.text.split_whitespace().count());
    let mut found = Vec::new();
    let mut check = |count: usize, max: usize, unit: &str, line: usize| {
        if count > max {
            found.push(page.finding(line, &format!("{count} {unit}, and {max} are allowed")));
        }
    };
    check(lines, LINES_MAX, "lines", lines);
    check(words, WORDS_MAX, "words", lines);
    for (line, number) in page.text.lines().zip(1..).filter(|(line, _)| !line.starts_with('|')) {
        check(line.chars().count(), COLUMNS_MAX, "columns", number);
    }
    let folded = page.prose().into_iter().filter(|(_, line)| line.contains("<details"));
    found.extend(folded.map(|(line, _)| page.finding(line, "a folded section: show it or leave it out")));
    found
}

#[test]
fn the_readme_fits_on_a_page() {
    assert_none(&excess(&Document::read("README.md")));
}

#[test]
fn a_page_that_is_too_long_too_wide_or_folded_is_found() {
    let page = |text: String| Document { path: "README.md".to_owned(), text };
    assert_found(&excess(&page("a\n".repeat(181))), "README.md:181: 181 lines, and 180");
    assert_found(&excess(&page("a b c d e f g h i j k\n".repeat(180))), "1980 words, and 1800");
    assert_found(&excess(&page(format!("a\n{}\n", "ä".repeat(201)))), "README.md:2: 201 columns");
    assert_found(&excess(&page("<details>\n".to_owned())), "README.md:1: a folded section");
    assert_none(&excess(&page(format!("| {} |\n{}\n", "a".repeat(300), "ä".repeat(200)))));
}
