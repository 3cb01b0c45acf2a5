//! One trial by its name, which suffices to run it again.

use serde::{Deserialize, Serialize};

use super::draw::{draw, draw_live};
use super::mutant::Mutation;
use super::reduction::Reduction;
use crate::history::Substrate;
use crate::scenario::{Scenario, ScenarioError};
use crate::workload::Workload;

/// A seed, its substrate, and what is left out of its scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Everything that is drawn follows from it.
    pub seed: u64,
    /// Where it runs.
    pub substrate: Substrate,
    /// The bug that the core has on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutant: Option<Mutation>,
    /// The parts of its scenario that are left out.
    #[serde(default)]
    pub reduction: Reduction,
}

impl Case {
    /// The whole scenario of `seed`.
    pub fn whole(seed: u64, substrate: Substrate) -> Case {
        Case { seed, substrate, mutant: None, reduction: Reduction::default() }
    }

    /// The scenario that runs, and its workload.
    ///
    /// # Errors
    ///
    /// A reduction that has taken out too much, as [`Scenario::check`] finds. Whole scenarios pass.
    pub fn prepare(&self) -> Result<(Scenario, Workload), ScenarioError> {
        let mut scenario = match self.substrate {
            Substrate::Sim => draw(self.seed),
            Substrate::Live => draw_live(self.seed),
        };
        self.reduction.apply(&mut scenario);
        if let Some(mutant) = self.mutant {
            mutant.apply(&mut scenario);
        }
        scenario.plan = serde_json::json!({ "verify": self });
        let workload = scenario.check()?;
        let workload = match self.reduction.kept() {
            Some(kept) => workload.only(kept),
            None => workload,
        };
        Ok((scenario, workload))
    }

    /// The command that runs it again, if nothing is taken out of it.
    pub fn command(&self) -> String {
        let Case { seed, substrate, mutant, .. } = self;
        let mutant = mutant.map(|mutant| format!(" --mutant {mutant}")).unwrap_or_default();
        let substrate = match substrate {
            Substrate::Sim => "",
            Substrate::Live => " --substrate live",
        };
        format!("readback verify{mutant}{substrate} --first-seed {seed} --seeds 1")
    }
}
