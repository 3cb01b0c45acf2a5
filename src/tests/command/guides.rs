//! Files and errors that `experiments/README.md` and `proto/README.md` show are those of the program.

use std::fs;
use std::path::Path;

use super::{run, text};

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of `language` in a page, without their fences.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("\n```{language}\n");
    page.split(&fence).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

/// What a dry run of the file says against it.
fn refusal(file: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block.toml");
    // A block that shows tables of a network alone has no question.
    let question = if file.contains("question = ") { "" } else { "question = \"Is it accepted?\"\n" };
    fs::write(&path, format!("{question}{file}\n")).unwrap();
    let dry = run(&["run", "--dry-run", path.to_str().unwrap()]);
    (dry.status.code() != Some(0)).then(|| text(&dry.stderr).to_owned())
}

#[test]
fn every_block_of_toml_in_a_guide_is_accepted() {
    let pages = [file("experiments/README.md"), file("proto/README.md")];
    let all: Vec<&str> = pages.iter().flat_map(|page| blocks(page, "toml")).collect();
    assert!(all.len() >= 8, "only {} blocks", all.len());
    for block in &all {
        assert_eq!(refusal(block), None, "{block}");
    }
    let misspelt = all[0].replace("mean_ms", "mean_s");
    assert!(refusal(&misspelt).is_some_and(|error| error.contains("did you mean `mean_ms`?")), "{misspelt}");
}

#[test]
fn each_error_that_the_guide_shows_is_one_that_the_program_prints() {
    let page = file("experiments/README.md");
    let example = blocks(&page, "toml")[1];
    let shown = blocks(&page, "text")[0];
    let wrong = example.replace("mean_ms = 20", "mean_s = 0.02");
    let found = refusal(&wrong).expect("the key is misspelt");
    let (_, message) = found.trim().split_once("block.toml:").expect("the error names the file");
    assert!(shown.lines().any(|line| line == format!("error: mine.toml:{message}")), "{message}\n{shown}");
}

#[test]
fn the_guide_names_every_experiment() {
    let page = file("experiments/README.md");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".toml") {
            let experiment = file(&format!("experiments/{name}"));
            let question =
                experiment.lines().find_map(|line| line.strip_prefix("question = \"")?.strip_suffix('"'));
            let row = format!("| [`{name}`]({name}) | {} |", question.expect("an experiment has a question"));
            assert!(page.contains(&row), "{row}");
        }
    }
}

#[test]
fn the_guide_to_the_protos_has_the_whole_client() {
    let (page, client) = (file("proto/README.md"), file("proto/client.py"));
    assert!(
        blocks(&page, "python").contains(&client.trim_end()),
        "proto/client.py differs from the page's block"
    );
}

/// `// ABORTED, INCARNATION_GONE.` as the start of a row: reason and code.
fn cause(line: &str) -> Option<String> {
    let (code, reason) = line.trim().strip_prefix("// ")?.strip_suffix('.')?.split_once(", ")?;
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    (is_name(code) && is_name(reason)).then(|| format!("| `{reason}` | `{code}` |"))
}

#[test]
fn the_guide_to_the_protos_has_every_reason_of_an_error() {
    let page = file("proto/README.md");
    let causes: Vec<String> = file("proto/readback/v1/failure.proto").lines().filter_map(cause).collect();
    assert_eq!(causes.len(), 19);
    for row in &causes {
        assert!(page.contains(row.as_str()), "{row}");
    }
}
