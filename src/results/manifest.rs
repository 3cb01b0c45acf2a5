//! The origin of results.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::code::Code;
use super::host::Host;

/// The origin of all results in a folder, saved before anything ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: String,
    /// The experiment's name: its file without folder and ending.
    pub experiment: String,
    /// The question of the experiment.
    pub question: String,
    /// RFC 3339, in UTC.
    pub started: String,
    /// The seed of everything random.
    #[serde(with = "crate::model::wide_integer")]
    pub seed: u64,
    /// The experiment file as it was read, after `--set`.
    pub spec: String,
    /// As it was typed, the program's name first.
    pub command_line: Vec<String>,
    /// The program that ran.
    pub code: Code,
    /// The host that it ran on.
    pub machine: Host,
    /// The swept values of each point, in the order of the file; one without values if nothing is swept.
    pub points: Vec<Map<String, Value>>,
    /// Trials in the order in which they run.
    pub trials: Vec<String>,
}
