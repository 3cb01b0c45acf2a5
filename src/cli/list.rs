//! `readback list` and `readback schema`: the experiments, and the keys of their files.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{CommandOutcome, Status, output};
use crate::experiment::{self, Overrides};

/// List the experiments: name, how long it takes, question.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  readback list experiments")]
pub(super) struct List {
    /// A folder of experiment files.
    #[arg(default_value = "experiments")]
    dir: PathBuf,
}

/// Print all keys of experiment files, as JSON Schema or as Markdown.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  readback schema > experiment.schema.json\n  readback schema --format markdown\n\nA file \
                  that begins with `#:schema ./experiment.schema.json` is completed and checked by editors that know \
                  TOML (Taplo, Even Better TOML)."
)]
pub(super) struct Schema {
    /// Form of the output. Markdown has the presets of `network.topology` too.
    #[arg(short, long, value_enum, default_value_t = SchemaFormat::Json)]
    format: SchemaFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemaFormat {
    Json,
    Markdown,
}

impl List {
    pub fn run(&self) -> CommandOutcome {
        let entries = fs::read_dir(&self.dir)
            .map_err(|error| format!("{}: {error}; name a folder of experiment files", self.dir.display()))?;
        let is_experiment = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "toml");
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(is_experiment);
        files.sort();
        if files.is_empty() {
            return Err(format!(
                "{}: no experiment files (*.toml) in this folder; name another one",
                self.dir.display()
            )
            .into());
        }
        let lines = files.iter().map(|path| line(path)).collect::<Result<Vec<String>, _>>()?;
        output::print(&lines.concat())?;
        Ok(Status::Valid)
    }
}

impl Schema {
    pub fn run(&self) -> CommandOutcome {
        match self.format {
            SchemaFormat::Json => {
                output::print(&format!("{}\n", serde_json::to_string_pretty(&experiment::schema())?))?;
            }
            SchemaFormat::Markdown => output::print(&experiment::reference())?,
        }
        Ok(Status::Valid)
    }
}

/// One file that cannot be read does not hide the others.
fn line(path: &Path) -> Result<String, output::FileError> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = output::read(path)?;
    Ok(match experiment::read(&name, &text, &Overrides::default()) {
        Ok(plan) => {
            let (seconds, trials) = (plan.expected.as_secs(), plan.trials.len());
            format!("{name:24} {seconds:4} s {trials:4} trials  {}\n", plan.question)
        }
        Err(error) => format!("{name:24} {}\n", error.in_file(&path.display().to_string())),
    })
}
