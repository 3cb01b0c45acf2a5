//! Whether a measurement can be believed; apart from the verdict, which is about the system.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The fitness of a measurement, and what speaks against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fitness {
    /// Whether nothing speaks against it.
    pub is_fit: bool,
    /// What speaks against it, one of each kind; empty if it is fit.
    pub reasons: Vec<UnfitReason>,
}

/// One thing that speaks against a measurement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnfitReason {
    /// A stable word.
    pub kind: UnfitKind,
    /// For people, with a remedy.
    pub text: String,
}

/// What can make a measurement unfit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnfitKind {
    /// Messages were lost by bounds of the host, and not by the network's fates.
    LostByTheMachine,
    /// A closed loop ran out of planned operations before the load ended.
    RanOut,
    /// The generator of load was late.
    LateGenerator,
    /// Arrivals were never begun.
    NeverBegun,
    /// An open loop fell behind, and load was not what varies.
    Overloaded,
    /// Messages were delivered too late.
    InjectionError,
    /// Other programs used the processors.
    OtherPrograms,
    /// A release that did not assess fitness made the file.
    NotAssessed,
    /// Theory, or the other substrate, disagrees where the file expects agreement.
    Disagreement,
}

impl Fitness {
    /// Fit if there are no reasons.
    pub fn of(reasons: Vec<UnfitReason>) -> Fitness {
        Fitness { is_fit: reasons.is_empty(), reasons }
    }

    /// A mark for the caption of a picture, such as `unfit: late generator, ran out`; `None` if it is fit.
    pub fn mark(&self) -> Option<String> {
        let kinds: Vec<String> = self.reasons.iter().map(|reason| reason.kind.to_string()).collect();
        (!self.is_fit).then(|| format!("unfit: {}", kinds.join(", ")))
    }
}

impl fmt::Display for UnfitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UnfitKind::LostByTheMachine => "lost by the machine",
            UnfitKind::RanOut => "ran out",
            UnfitKind::LateGenerator => "late generator",
            UnfitKind::NeverBegun => "arrivals never begun",
            UnfitKind::Overloaded => "overloaded",
            UnfitKind::InjectionError => "injection error",
            UnfitKind::OtherPrograms => "other programs",
            UnfitKind::NotAssessed => "not assessed",
            UnfitKind::Disagreement => "disagreement",
        })
    }
}
