//! Commands and options that a README shows exist, and every command is in the table of `README.md`.

use std::collections::BTreeSet;
use std::path::Path;

use super::document::Document;
use super::{assert_found, assert_none, readback, text};

impl Document {
    /// Commands of this program, between backticks and in blocks, with their lines.
    pub fn commands(&self) -> Vec<(usize, String)> {
        let spans = self.spans().into_iter().map(|(line, span)| (line, span.to_owned()));
        let mut lines: Vec<(usize, String)> = spans.collect();
        for block in self.blocks() {
            // A backslash at the end continues the line.
            let joined = block.text.replace("\\\n", " ");
            lines.extend(joined.lines().map(|line| (block.line, line.trim_start_matches("$ ").to_owned())));
        }
        let command = |(line, text): (usize, String)| {
            let rest =
                text.strip_prefix("readback ").or_else(|| text.strip_prefix("cargo run --release -- "))?;
            let rest = rest.split(['#', '|', '>', ';']).next().unwrap_or(rest);
            Some((line, rest.trim().to_owned()))
        };
        lines.into_iter().filter_map(command).collect()
    }
}

/// The subcommands that the program lists.
fn subcommands() -> BTreeSet<String> {
    let help = readback(Path::new("."), &["--help"]);
    let (_, listed) = text(&help.stdout).split_once("Commands:\n").expect("the help lists commands");
    // A line that is indented further continues the one above.
    let is_name = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let names = listed.lines().take_while(|line| !line.is_empty()).filter(is_name);
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|&name| name != "help");
    names.map(str::to_owned).collect()
}

/// Commands and options that do not exist.
fn strange(page: &Document) -> Vec<String> {
    let known = subcommands();
    let mut found = Vec::new();
    for (line, command) in page.commands() {
        let mut words = command.split_whitespace();
        let Some(name) = words.next().filter(|name| !name.starts_with('-')) else { continue };
        if !known.contains(name) {
            found.push(page.finding(line, &format!("there is no command `{name}`")));
            continue;
        }
        let help = readback(Path::new("."), &[name, "--help"]);
        for option in words.filter(|word| word.starts_with("--") && word.len() > 2) {
            let option = option.split('=').next().unwrap_or(option);
            if !text(&help.stdout).split([' ', ',', '\n', '=', '[']).any(|word| word == option) {
                found.push(page.finding(line, &format!("`{name}` has no option `{option}`")));
            }
        }
    }
    found
}

fn missing(page: &Document) -> Vec<String> {
    let shown: BTreeSet<String> = page
        .commands()
        .into_iter()
        .filter_map(|(_, command)| command.split_whitespace().next().map(str::to_owned))
        .collect();
    let absent = subcommands().into_iter().filter(|name| !shown.contains(name));
    absent.map(|name| page.finding(1, &format!("does not show `readback {name}`"))).collect()
}

#[test]
fn commands_and_options_exist() {
    assert_none(&Document::all().iter().flat_map(strange).collect::<Vec<_>>());
}

#[test]
fn the_readme_shows_every_command() {
    assert_none(&missing(&Document::read("README.md")));
}

#[test]
fn a_strange_command_or_option_and_a_missing_command_are_found() {
    let page = |text| Document::new("README.md", text);
    assert_found(&strange(&page("`readback nothing`")), "README.md:1: there is no command `nothing`");
    assert_found(
        &strange(&page("```sh\n$ readback run --nothing=1 x\n```")),
        "`run` has no option `--nothing`",
    );
    assert_none(&strange(&page("`readback run --dry-run x` `readback --help`")));
    let all = subcommands();
    let but_one: String = all.iter().skip(1).map(|name| format!("`readback {name}` ")).collect();
    assert_found(&missing(&page(&but_one)), "does not show `readback ");
    assert!(all.len() >= 9, "{all:?}");
}
