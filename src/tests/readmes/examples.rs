//! The experiment of `README.md` can be planned as it is.

use std::fs;

use super::document::{Block, Document};
use super::{assert_found, assert_none, readback, text};

fn refused(page: &Document) -> Vec<String> {
    let experiments = page.blocks().into_iter().filter(|block| block.language == "toml");
    let problem = |block: Block| {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        fs::write(folder.path().join("mine.toml"), &block.text).expect("a file can be written");
        let planned = readback(folder.path(), &["run", "--dry-run", "mine.toml"]);
        let is_planned = planned.status.code() == Some(0) && !planned.stdout.is_empty();
        (!is_planned).then(|| page.finding(block.line, text(&planned.stderr).trim_end()))
    };
    experiments.filter_map(problem).collect()
}

#[test]
fn the_experiment_of_the_readme_can_be_planned() {
    let page = Document::read("README.md");
    assert!(page.blocks().iter().any(|block| block.language == "toml"), "there is an experiment");
    assert_none(&refused(&page));
}

#[test]
fn an_experiment_that_cannot_be_planned_is_found() {
    let page = Document::new("README.md", "```toml\nquestion = \"Why?\"\n\n[cluster]\nbranch = 3\n```\n");
    assert_found(&refused(&page), "README.md:1: error: mine.toml:4:1");
}
