//! Faults as text: the stable word of each kind, and the effect of each fault for a reader.

use std::collections::BTreeSet;
use std::fmt;

use super::{Fault, FaultKind};
use crate::model::BranchId;

/// As in files.
impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FaultKind::Partition => "partition",
            FaultKind::Partial => "partial",
            FaultKind::OneWay => "one_way",
            FaultKind::Ring => "ring",
            FaultKind::Bridge => "bridge",
            FaultKind::Isolate => "isolate",
            FaultKind::Slow => "slow",
            FaultKind::Lossy => "lossy",
            FaultKind::Flap => "flap",
            FaultKind::Pause => "pause",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Partition { groups } => {
                let groups: Vec<String> = groups.iter().map(set).collect();
                write!(f, "partition {}", groups.join(" | "))
            }
            Fault::Partial { pairs } => {
                let pairs: Vec<String> = pairs.iter().map(|(a, b)| format!("{a}-{b}")).collect();
                write!(f, "cut {}", pairs.join(", "))
            }
            Fault::OneWay { from, to } => write!(f, "cut from {} to {}", set(from), set(to)),
            Fault::Ring { order } => {
                let order: Vec<String> = order.iter().map(BranchId::to_string).collect();
                write!(f, "ring {}", order.join("-"))
            }
            Fault::Bridge { left, bridge, right } => {
                write!(f, "bridge {} - {bridge} - {}", set(left), set(right))
            }
            Fault::Isolate { branch, customers: false } => write!(f, "isolate {branch}"),
            Fault::Isolate { branch, customers: true } => write!(f, "isolate {branch}, from customers too"),
            Fault::Slow { .. } => f.write_str("slow link"),
            Fault::Lossy { .. } => f.write_str("lossy link"),
            Fault::Flap { .. } => f.write_str("flapping link"),
            Fault::Pause { branch } => write!(f, "pause {branch}"),
        }
    }
}

fn set(branches: &BTreeSet<BranchId>) -> String {
    let branches: Vec<String> = branches.iter().map(BranchId::to_string).collect();
    branches.join(" ")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize as _;
    use serde::de::IntoDeserializer as _;
    use serde::de::value::{Error, StrDeserializer};

    use super::*;

    #[test]
    fn a_kind_s_word_is_the_one_in_files() {
        for kind in FaultKind::ALL {
            let word = kind.to_string();
            let deserializer: StrDeserializer<'_, Error> = word.as_str().into_deserializer();
            assert_eq!(FaultKind::deserialize(deserializer), Ok(kind), "{word}");
        }
    }

    #[test]
    fn a_fault_says_what_it_does_to_whom() {
        let branches = |ids: &[u32]| ids.iter().copied().map(BranchId).collect::<BTreeSet<BranchId>>();
        let (one, rest) = (branches(&[1]), branches(&[2, 3]));
        let rows = [
            (Fault::Partition { groups: vec![one.clone(), rest.clone()] }, "partition 1 | 2 3"),
            (Fault::OneWay { from: one.clone(), to: rest }, "cut from 1 to 2 3"),
            (Fault::Isolate { branch: BranchId(2), customers: true }, "isolate 2, from customers too"),
            (Fault::Pause { branch: BranchId(3) }, "pause 3"),
        ];
        for (fault, expected) in rows {
            assert_eq!(fault.to_string(), expected);
        }
    }
}
