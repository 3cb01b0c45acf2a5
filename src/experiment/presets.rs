//! The presets of `network.topology` as Markdown: source, regions and published round trips.

use crate::network::{Region, Topology};

/// A chapter with a section for each preset.
pub(super) fn presets() -> String {
    let intro = "\n## Presets\n\n\
                 A preset is a published table of round trips, by the name that `network.topology` gives. Half a round \
                 trip is the least delay of every message from one region to the other. Round trips are in \
                 milliseconds.\n";
    Topology::presets().fold(intro.to_owned(), |text, name| text + &section(name))
}

fn section(name: &str) -> String {
    let topology = Topology::preset(name).expect("invariant: a preset's own table is sound");
    let regions = topology.regions();
    let Topology { source, measured, note, .. } = &topology;
    let mut text = format!("\n### `{name}`\n\n{measured}. Source: {source}. {note}\n\n");
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let columns = regions.iter().map(|region| format!("`{region}`"));
    text += &row(&["region".to_owned(), "name".to_owned()].into_iter().chain(columns).collect::<Vec<_>>());
    text += &format!("|---|---|{}\n", "--:|".repeat(regions.len()));
    for from in regions {
        let name = topology.name(from).unwrap_or_default();
        let trips = regions.iter().map(|to| milliseconds(&topology, from, to));
        text += &row(&[format!("`{from}`"), name.to_owned()].into_iter().chain(trips).collect::<Vec<_>>());
    }
    text
}

fn milliseconds(topology: &Topology, from: &Region, to: &Region) -> String {
    let trip = topology.round_trip(from, to).expect("invariant: a table has all pairs of its regions");
    format!("{}", trip.as_micros() as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_its_regions_with_their_published_round_trips() {
        let text = presets();
        for line in [
            "| `ew1` | eu-west-1, Ireland | 70.5 | 84.8 |",
            "| `VA` | Virginia | 84.5 | 82.9 | 0.53 | 202.4 |",
            "| `lan` | one zone | 0.53 |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert_eq!(text.matches("\n### `").count(), Topology::presets().count());
    }
}
