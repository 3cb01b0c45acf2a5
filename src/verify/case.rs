//! One trial by its name, which suffices to run it again, and a failure as it is saved.
//!
//! A seed names a scenario in one version alone, since the next may draw otherwise. So what is saved of a failure holds
//! the scenario itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    #[serde(with = "crate::model::wide_integer")]
    pub seed: u64,
    /// Where it runs.
    pub substrate: Substrate,
    /// The bug that the core has on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutant: Option<Mutation>,
    /// The parts of its scenario that are left out.
    #[serde(default)]
    pub reduction: Reduction,
    /// The scenario itself; absent: the one that this version draws from the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<Box<Scenario>>,
}

/// A failure as it is saved: it must fail alike when it is run again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedFailure {
    /// The kind of the failure.
    pub kind: String,
    /// The trial, with its scenario.
    pub case: Case,
}

impl Case {
    /// The whole scenario of `seed`.
    pub fn whole(seed: u64, substrate: Substrate) -> Case {
        Case { seed, substrate, mutant: None, reduction: Reduction::default(), scenario: None }
    }

    /// The scenario that runs, and its workload.
    ///
    /// # Errors
    ///
    /// A reduction that has taken out too much, as [`Scenario::check`] finds. Whole scenarios pass.
    pub fn prepare(&self) -> Result<(Scenario, Workload), ScenarioError> {
        let mut scenario = match (&self.scenario, self.substrate) {
            (Some(scenario), _) => Scenario::clone(scenario),
            (None, Substrate::Sim) => draw(self.seed),
            (None, Substrate::Live) => draw_live(self.seed),
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

    /// The same trial, with all of its scenario in it. Only which operations are left is said beside it.
    ///
    /// # Errors
    ///
    /// Those of [`Case::prepare`].
    pub fn explicit(&self) -> Result<Case, ScenarioError> {
        let (scenario, _) = self.prepare()?;
        let scenario = Some(Box::new(Scenario { plan: Value::Null, ..scenario }));
        let reduction = Reduction { operations: self.reduction.operations.clone(), ..Reduction::default() };
        Ok(Case { reduction, scenario, ..self.clone() })
    }

    /// The command that runs it again, if nothing is taken out of it and the seed draws it.
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
