//! Regions and the time that a message takes between them, from published tables.
//!
//! | preset | regions | from |
//! |---|---|---|
//! | `hat-2014` | 8 regions of EC2, 2013 | Bailis et al., PVLDB 2014, Table 1 |
//! | `aws-2020` | 14 regions of EC2, June 2020 | the data files of the project fantoch |
//! | `three-zones` | 3 zones of one region | Bailis et al., as above |
//! | `lan` | 1 zone | Bailis et al., as above |
//!
//! Each is a file beside this one that names its source, what was measured and what is not in the table. A
//! published figure is a *round trip*; one way is taken to be half of it, since no source of pings
//! knows better.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Region;

/// A complete, symmetric table of round trips.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    /// Who published it, and where.
    pub source: String,
    /// The figure that was measured, where and when.
    pub measured: String,
    /// Gaps of the table, and figures from elsewhere.
    pub note: String,
    regions: Vec<Region>,
    /// The names of the regions in full, in the same order.
    names: Vec<String>,
    /// Row i holds the round trips of region i to itself and to those after it.
    rows: Vec<Vec<Duration>>,
}

/// An error of a table.
#[allow(missing_docs, reason = "each message says what is wrong, and with what")]
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TopologyError {
    #[error("no table of this name; there are {}", PRESETS.map(|(name, _)| name).join(", "))]
    UnknownPreset,
    #[error("it cannot be read: {0}")]
    Syntax(String),
    #[error("region `{0}` is named twice")]
    RepeatedRegion(Region),
    #[error("there are {regions} regions and {rows} rows of round trips")]
    Rows { regions: usize, rows: usize },
    #[error("the row of `{region}` holds {found} round trips; {expected} belong there")]
    RowLength { region: Region, expected: usize, found: usize },
    #[error("the round trip {from} to {to} is {value} ms; it must be a finite number, not below 0")]
    RoundTrip { from: Region, to: Region, value: f64 },
}

/// A table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    source: String,
    measured: String,
    #[serde(default)]
    note: String,
    regions: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    round_trip_ms: Vec<Vec<f64>>,
}

const PRESETS: [(&str, &str); 4] = [
    ("hat-2014", include_str!("topologies/hat-2014.toml")),
    ("aws-2020", include_str!("topologies/aws-2020.toml")),
    ("three-zones", include_str!("topologies/three-zones.toml")),
    ("lan", include_str!("topologies/lan.toml")),
];

impl Topology {
    /// A table that comes with the project.
    pub fn preset(name: &str) -> Result<Topology, TopologyError> {
        let found = PRESETS.iter().find(|(preset, _)| *preset == name);
        let (_, text) = found.ok_or(TopologyError::UnknownPreset)?;
        Topology::parse(text)
    }

    /// The names that [`Topology::preset`] knows.
    pub fn presets() -> impl Iterator<Item = &'static str> {
        PRESETS.iter().map(|&(name, _)| name)
    }

    /// A table as TOML: `source`, `measured`, `note`, `regions`, their `names` in the same order, and `round_trip_ms`,
    /// the upper triangle, whose row i begins with the round trip within region i.
    pub fn parse(text: &str) -> Result<Topology, TopologyError> {
        let written: Written =
            toml::from_str(text).map_err(|error| TopologyError::Syntax(error.message().to_owned()))?;
        let Written { source, measured, note, regions, names, round_trip_ms } = written;
        let regions: Vec<Region> = regions.iter().map(|name| Region::new(name)).collect();
        check(&regions, &round_trip_ms)?;
        let rows = round_trip_ms.iter().map(|row| row.iter().copied().map(span).collect()).collect();
        Ok(Topology { source, measured, note, regions, names, rows })
    }

    /// Its regions, in the order of the table.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The region's name in full. `None`: the table has no name for it.
    pub fn name(&self, region: &Region) -> Option<&str> {
        self.names.get(self.position(region)?).map(String::as_str)
    }

    /// Whether the table has this region.
    pub fn contains(&self, region: &Region) -> bool {
        self.regions.contains(region)
    }

    /// Half the round trip. `None`: one of the regions is not in the table.
    pub fn one_way(&self, from: &Region, to: &Region) -> Option<Duration> {
        self.round_trip(from, to).map(|there_and_back| there_and_back / 2)
    }

    /// The published figure. `None`: one of the regions is not in the table.
    pub fn round_trip(&self, from: &Region, to: &Region) -> Option<Duration> {
        let (from, to) = (self.position(from)?, self.position(to)?);
        Some(self.rows[from.min(to)][from.abs_diff(to)])
    }

    fn position(&self, region: &Region) -> Option<usize> {
        self.regions.iter().position(|known| known == region)
    }
}

fn check(regions: &[Region], rows: &[Vec<f64>]) -> Result<(), TopologyError> {
    if let Some((_, region)) = regions.iter().enumerate().find(|(i, region)| regions[..*i].contains(region)) {
        return Err(TopologyError::RepeatedRegion(region.clone()));
    }
    if regions.len() != rows.len() {
        return Err(TopologyError::Rows { regions: regions.len(), rows: rows.len() });
    }
    rows.iter().enumerate().try_for_each(|(index, row)| check_row(&regions[index..], row))
}

/// `regions` begins with the one that the row belongs to.
fn check_row(regions: &[Region], row: &[f64]) -> Result<(), TopologyError> {
    let from = &regions[0];
    if row.len() != regions.len() {
        let (expected, found) = (regions.len(), row.len());
        return Err(TopologyError::RowLength { region: from.clone(), expected, found });
    }
    match regions.iter().zip(row).find(|(_, value)| !value.is_finite() || **value < 0.0) {
        None => Ok(()),
        Some((to, &value)) => Err(TopologyError::RoundTrip { from: from.clone(), to: to.clone(), value }),
    }
}

fn span(millis: f64) -> Duration {
    Duration::from_nanos(libm::round(millis * 1e6) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(topology: &Topology, from: &str, to: &str) -> u128 {
        topology.round_trip(&Region::new(from), &Region::new(to)).expect("in the table").as_micros()
    }

    #[test]
    fn every_preset_is_complete_symmetric_and_names_its_source() {
        for (name, regions) in Topology::presets().zip([8, 14, 3, 1]) {
            let topology = Topology::preset(name).expect(name);
            assert_eq!(topology.regions().len(), regions, "{name}");
            assert!(!topology.source.is_empty() && topology.measured.contains("20"), "{name}");
            assert_eq!(topology.names.len(), regions, "{name}");
            for from in topology.regions() {
                for to in topology.regions() {
                    let there = topology.round_trip(from, to).expect("complete");
                    assert_eq!(Some(there), topology.round_trip(to, from), "{name}: {from} {to}");
                    assert_eq!(Some(there / 2), topology.one_way(from, to), "{name}: {from} {to}");
                    assert!(there > Duration::ZERO, "{name}: {from} {to}");
                }
            }
        }
    }

    #[test]
    fn the_figures_are_the_published_ones() {
        let rows = [
            ("hat-2014", "CA", "OR", 22_500),
            ("hat-2014", "SP", "SI", 362_800),
            ("hat-2014", "IR", "TO", 278_300),
            ("hat-2014", "VA", "VA", 530),
            ("aws-2020", "ue1", "ue2", 10_500),
            ("aws-2020", "af1", "ue1", 215_500),
            ("aws-2020", "as2", "af1", 412_900),
            ("aws-2020", "ec1", "ew2", 14_700),
            ("aws-2020", "uw2", "uw2", 300),
            ("three-zones", "B", "C", 1_080),
            ("three-zones", "D", "B", 3_120),
            ("three-zones", "C", "D", 3_570),
            ("lan", "lan", "lan", 530),
        ];
        for (name, from, to, expected) in rows {
            let topology = Topology::preset(name).expect(name);
            assert_eq!(micros(&topology, from, to), expected, "{name}: {from} {to}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said() {
        let head = "source = \"\"\nmeasured = \"\"\n";
        let rows = [
            ("regions = [\"a\"]", "it cannot be read: missing field `round_trip_ms`"),
            ("regions = [\"a\", \"a\"]\nround_trip_ms = [[1, 2], [1]]", "region `a` is named twice"),
            ("regions = [\"a\"]\nround_trip_ms = []", "there are 1 regions and 0 rows of round trips"),
            (
                "regions = [\"a\", \"b\"]\nround_trip_ms = [[1, 2], [1, 2]]",
                "the row of `b` holds 2 round trips; 1 belong there",
            ),
            (
                "regions = [\"a\", \"b\"]\nround_trip_ms = [[1.0, -2.5], [1.0]]",
                "the round trip a to b is -2.5 ms; it must be a finite number, not below 0",
            ),
        ];
        for (text, expected) in rows {
            let error = Topology::parse(&format!("{head}{text}")).expect_err(expected);
            assert_eq!(error.to_string(), expected);
        }
        let error = Topology::preset("wan").expect_err("no such table");
        assert_eq!(
            error.to_string(),
            "no table of this name; there are hat-2014, aws-2020, three-zones, lan"
        );
    }
}
