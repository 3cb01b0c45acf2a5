//! A page in parts: prose, fenced code, headings, links, code spans.
//!
//! This reads as much Markdown as the READMEs use: fences of backticks, inline links and pictures, HTML attributes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::repository;

/// Pages that must be there.
const REQUIRED: [&str; 6] = [
    "README.md",
    "benches/README.md",
    "experiments/README.md",
    "proto/README.md",
    "results/README.md",
    "src/README.md",
];

/// One page.
pub struct Document {
    /// Relative to the repository, with `/`.
    pub path: String,
    pub text: String,
}

/// A fenced block of code.
pub struct Block {
    /// The line of its opening fence, from 1.
    pub line: usize,
    pub language: String,
    pub text: String,
}

impl Document {
    pub fn new(path: &str, text: &str) -> Document {
        Document { path: path.to_owned(), text: text.to_owned() }
    }

    /// Reads one page.
    pub fn read(path: &str) -> Document {
        let text = fs::read_to_string(repository().join(path));
        Document { path: path.to_owned(), text: text.unwrap_or_else(|error| panic!("{path}: {error}")) }
    }

    /// The pages that are there.
    pub fn all() -> Vec<Document> {
        let is_there = |path: &&str| repository().join(path).exists();
        REQUIRED.into_iter().filter(is_there).map(Document::read).collect()
    }

    /// The folder that relative links start from, relative to the repository.
    pub fn folder(&self) -> &Path {
        Path::new(&self.path).parent().unwrap_or(Path::new(""))
    }

    /// A finding at a line.
    pub fn finding(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    /// Lines outside fences and comments, with their numbers.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let (mut is_code, mut is_comment) = (false, false);
        let mut found = Vec::new();
        for (line, number) in self.text.lines().zip(1..) {
            let is_fence = line.trim_start().starts_with("```");
            is_comment |= line.starts_with("<!--") && !is_code;
            if !is_fence && !is_code && !is_comment {
                found.push((number, line));
            }
            is_code ^= is_fence;
            is_comment &= !line.contains("-->");
        }
        found
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut found = Vec::new();
        let mut open: Option<Block> = None;
        for (line, number) in self.text.lines().zip(1..) {
            match (line.trim_start().strip_prefix("```"), open.as_mut()) {
                (Some(language), None) => {
                    open = Some(Block { line: number, language: language.to_owned(), text: String::new() });
                }
                (Some(_), Some(_)) => found.extend(open.take()),
                (None, Some(block)) => block.text.extend([line, "\n"]),
                (None, None) => {}
            }
        }
        found
    }

    /// The anchors of the headings, as GitHub makes them.
    pub fn anchors(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (_, line) in self.prose() {
            let heading = line.trim_start_matches('#');
            if heading.len() == line.len() || !heading.starts_with(' ') {
                continue;
            }
            let slug: String = heading
                .trim()
                .to_lowercase()
                .chars()
                .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
                .map(|letter| if letter == ' ' { '-' } else { letter })
                .collect();
            let repeated = (1..).map(|count| format!("{slug}-{count}"));
            let free = [slug.clone()].into_iter().chain(repeated).find(|slug| !found.contains(slug));
            found.extend(free);
        }
        found
    }

    /// Where links and pictures lead, with their lines.
    pub fn targets(&self) -> Vec<(usize, &str)> {
        let ends = [("](", ')'), ("src=\"", '"'), ("href=\"", '"')];
        let of_line = |(number, line)| {
            ends.into_iter()
                .flat_map(move |(start, end)| between(line, start, end).map(move |to| (number, to)))
        };
        self.prose().into_iter().flat_map(of_line).collect()
    }

    /// The texts between backticks, with their lines.
    pub fn spans(&self) -> Vec<(usize, &str)> {
        let mut found = Vec::new();
        for (number, line) in self.prose() {
            found.extend(line.split('`').skip(1).step_by(2).map(|span| (number, span)));
        }
        found
    }
}

/// Every text between a start and the next end.
fn between<'a>(line: &'a str, start: &'static str, end: char) -> impl Iterator<Item = &'a str> {
    line.split(start).skip(1).filter_map(move |rest| rest.split_once(end).map(|(inner, _)| inner))
}

#[test]
fn each_folder_that_a_reader_opens_has_its_page() {
    let found: Vec<String> = Document::all().into_iter().map(|page| page.path).collect();
    assert_eq!(found, REQUIRED);
}

#[test]
fn a_page_is_read_in_parts() {
    let page = Document::new(
        "results/README.md",
        "# A `b`: c?\n<!-- [x](y) -->\n[d](e#f) ![g](h.svg) <img src=\"i.svg\">\n```sh\n# j\n[k](l)\n```\n## A b c\n",
    );
    assert_eq!(page.folder(), Path::new("results"));
    assert_eq!(page.targets(), [(3, "e#f"), (3, "h.svg"), (3, "i.svg")]);
    assert_eq!(page.spans(), [(1, "b")]);
    assert_eq!(page.anchors(), ["a-b-c", "a-b-c-1"].map(str::to_owned).into());
    let [block] = &page.blocks()[..] else { panic!("one block") };
    assert_eq!((block.line, &*block.language, &*block.text), (4, "sh", "# j\n[k](l)\n"));
}
