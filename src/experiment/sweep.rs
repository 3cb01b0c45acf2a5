//! The points of a sweep: which keys take which values together.

use std::collections::BTreeSet;

use serde_json::Map;
use toml_edit::{DocumentMut, Item, Value};

use super::file::SweepMode;
use super::invalid::{Invalid, KeyPath};
use super::label::{labels, short_names};
use crate::model::wide_integer;

const POINTS_MAX: usize = 10_000;
/// A longer name of a point is a number instead; with strategy and repetition it is the name of a folder.
const NAME_MAX: usize = 150;

/// Keys that are the same in all trials, and why. Tables that hold such keys cannot be swept either.
const FIXED: [(&[&str], &str); 9] = [
    (&["question"], "an experiment has one question"),
    (&["run", "repetitions"], "all points are repeated alike"),
    (&["run", "seed"], "points with equal seeds are what is compared; `repetitions` takes other ones"),
    (&["run", "seeds"], "it is about all points"),
    (&["guarantee", "strategy"], "write the list there: it is swept"),
    (&["sweep"], "a sweep has no sweep"),
    (&["chart"], "charts show the whole experiment"),
    (&["expect"], "expectations are about the whole experiment; they may name a point"),
    (&["trial"], "the program writes it"),
];

/// A key that takes several values.
#[derive(Debug, Clone)]
pub(super) struct Swept {
    /// As it is written in `[sweep]`.
    pub key: String,
    pub path: KeyPath,
    pub values: Vec<Value>,
}

/// One value for each swept key.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct SweepPoint {
    /// Readable, short, unique in the sweep, and safe in the name of a folder; empty if nothing is swept.
    pub name: String,
    /// By swept key.
    pub values: Map<String, serde_json::Value>,
    /// For each swept key the place of its value, from 0.
    pub places: Vec<usize>,
}

/// The table `[sweep]`, its keys in the order in which they are written.
pub(super) fn read(document: &DocumentMut) -> Result<Vec<Swept>, Invalid> {
    let table = document.get("sweep").and_then(Item::as_table_like);
    let mut all: Vec<Swept> = Vec::new();
    for (key, item) in table.into_iter().flat_map(|table| table.iter()).filter(|(key, _)| *key != "mode") {
        let swept = swept(key, item)?;
        if let Some(other) = all.iter().find(|other| other.path.meets(&swept.path)) {
            return Err(at(key, format!("`{key}` and `{}` overlap; sweep one of them", other.key)));
        }
        all.push(swept);
    }
    Ok(all)
}

/// The points in order: of a Cartesian sweep the last key's values change fastest. Without keys there is one point.
pub(super) fn points(mode: SweepMode, keys: &[Swept]) -> Result<Vec<SweepPoint>, Invalid> {
    let places = match mode {
        SweepMode::Cartesian => cartesian(keys)?,
        SweepMode::Zipped => zipped(keys)?,
    };
    // Names that are short and unique.
    let names = short_names(keys.iter().map(|swept| &swept.path));
    let values: Vec<Vec<serde_json::Value>> =
        keys.iter().map(|swept| swept.values.iter().map(json).collect()).collect();
    let labels: Vec<Vec<String>> = values.iter().map(|values| labels(values)).collect();
    // One point for each combination.
    let point = |(number, places): (usize, Vec<usize>)| {
        let each = || places.iter().copied().enumerate();
        let parts: Vec<String> =
            each().map(|(key, at)| format!("{}={}", names[key], labels[key][at])).collect();
        let name = Some(parts.join(",")).filter(|name| name.len() <= NAME_MAX);
        SweepPoint {
            name: name.unwrap_or_else(|| format!("point-{}", number + 1)),
            values: each()
                .map(|(key, at)| (keys[key].key.clone(), wide_integer::in_value(values[key][at].clone())))
                .collect(),
            places,
        }
    };
    let points: Vec<SweepPoint> = places.into_iter().enumerate().map(point).collect();
    distinct(&points, keys)?;
    Ok(points)
}

fn swept(key: &str, item: &Item) -> Result<Swept, Invalid> {
    if item.is_table_like() {
        return Err(at(
            key,
            format!("`{key}` is a table here; write a swept key in quotes, as \"{key}.KEY\" = [1, 2]"),
        ));
    }
    let Some(values) = item.as_array() else {
        return Err(at(key, format!("`{key}` is no list; write its values as [1, 2]")));
    };
    let Some(path) = KeyPath::parse(key) else {
        return Err(at(key, format!("`{key}` is no path of keys; write one such as \"run.duration_s\"")));
    };
    if values.is_empty() || values.len() > POINTS_MAX {
        return Err(at(key, format!("`{key}` has {} values; give 1 to {POINTS_MAX}", values.len())));
    }
    let fixed = FIXED.iter().find(|(fixed, _)| path.0.iter().zip(*fixed).all(|(a, b)| a == b));
    if let Some((_, reason)) = fixed {
        return Err(at(key, format!("`{key}` cannot be swept: {reason}")));
    }
    Ok(Swept { key: key.to_owned(), path, values: values.iter().cloned().collect() })
}

fn cartesian(keys: &[Swept]) -> Result<Vec<Vec<usize>>, Invalid> {
    let mut all = vec![Vec::new()];
    for swept in keys {
        let count = all.len() * swept.values.len();
        if count > POINTS_MAX {
            let message =
                format!("with `{}` there are {count} points; at most {POINTS_MAX} are run", swept.key);
            return Err(at(&swept.key, message));
        }
        let longer =
            |places: Vec<usize>| (0..swept.values.len()).map(move |place| [&places[..], &[place]].concat());
        all = all.into_iter().flat_map(longer).collect();
    }
    Ok(all)
}

fn zipped(keys: &[Swept]) -> Result<Vec<Vec<usize>>, Invalid> {
    let Some(first) = keys.first() else { return Ok(vec![Vec::new()]) };
    let count = first.values.len();
    match keys.iter().find(|swept| swept.values.len() != count) {
        Some(other) => {
            let (key, found) = (&other.key, other.values.len());
            let message = format!(
                "`{key}` has {found} values and `{}` {count}; zipped keys have equally many",
                first.key
            );
            Err(at(key, message))
        }
        None => Ok((0..count).map(|place| vec![place; keys.len()]).collect()),
    }
}

fn distinct(points: &[SweepPoint], keys: &[Swept]) -> Result<(), Invalid> {
    let mut seen = BTreeSet::new();
    for point in points {
        let text = serde_json::Value::Object(point.values.clone()).to_string();
        if !seen.insert(text) {
            let (swept, place) = (keys.last(), point.places.last());
            let key = swept.map_or("", |swept| &swept.key);
            let mut invalid = at(key, format!("`{key}`: this point was there before; give each value once"));
            invalid.path.0.extend(place.map(usize::to_string));
            return Err(invalid);
        }
    }
    Ok(())
}

/// A value as results hold it.
fn json(value: &Value) -> serde_json::Value {
    let mut value = value.clone();
    value.decor_mut().clear();
    let table: toml::Table = toml::from_str(&format!("v = {value}")).expect("a value of the file is TOML");
    serde_json::to_value(&table["v"]).expect("values of TOML are values of JSON")
}

fn at(key: &str, message: String) -> Invalid {
    Invalid { path: KeyPath::of(["sweep", key]), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swept_points(mode: SweepMode, table: &str) -> Result<Vec<SweepPoint>, Invalid> {
        let document: DocumentMut = format!("[sweep]\n{table}").parse().expect("the text is TOML");
        points(mode, &read(&document)?)
    }

    fn names(mode: SweepMode, table: &str) -> Vec<String> {
        let points = swept_points(mode, table).expect("the sweep is sound");
        points.into_iter().map(|point| point.name).collect()
    }

    const TWO: &str = "\"cluster.branches\" = [2, 3]\n\"workload.sessions\" = [8, 16]\n";

    #[test]
    fn keys_are_crossed_or_zipped() {
        assert_eq!(
            names(SweepMode::Cartesian, TWO),
            [
                "branches=2,sessions=8",
                "branches=2,sessions=16",
                "branches=3,sessions=8",
                "branches=3,sessions=16"
            ]
        );
        assert_eq!(names(SweepMode::Zipped, TWO), ["branches=2,sessions=8", "branches=3,sessions=16"]);
    }

    #[test]
    fn without_keys_there_is_one_point_without_a_name() {
        for mode in [SweepMode::Cartesian, SweepMode::Zipped] {
            assert_eq!(names(mode, ""), [""]);
        }
    }

    #[test]
    fn a_point_holds_its_values_by_key() {
        let table = "\"workload.arrival\" = [{ closed = { think = { constant_ms = 0 } } }]";
        let points = swept_points(SweepMode::Cartesian, table).expect("the sweep is sound");
        let value =
            serde_json::json!({ "workload.arrival": { "closed": { "think": { "constant_ms": 0 } } } });
        assert_eq!(serde_json::Value::Object(points[0].values.clone()), value);
        assert_eq!(points[0].name, "arrival=closed-think-constant_ms-0");
    }

    #[test]
    fn a_point_with_a_long_name_has_a_number() {
        let long =
            (0..5).map(|n| format!("\"workload.{}{n}\" = [1, 2]\n", "k".repeat(40))).collect::<String>();
        assert_eq!(names(SweepMode::Zipped, &long), ["point-1", "point-2"]);
    }

    #[test]
    fn an_invalid_sweep_is_refused_with_its_key() {
        let rows = [
            ("\"run.seed\" = [1, 2]", "`run.seed` cannot be swept: points with equal seeds"),
            ("run = [{ seed = 1 }]", "`run` cannot be swept: all points are repeated"),
            ("\"guarantee.strategy\" = [\"wait\"]", "`guarantee.strategy` cannot be swept: write the list"),
            ("network.between = [1]", "`network` is a table here; write a swept key in quotes"),
            ("\"run.drain_s\" = 5", "`run.drain_s` is no list; write its values as [1, 2]"),
            ("\"run.drain_s\" = []", "`run.drain_s` has 0 values; give 1 to 10000"),
            ("\"a b\" = [1]", "`a b` is no path of keys"),
            ("\"run.drain_s\" = [1, 1]", "`run.drain_s`: this point was there before; give each value once"),
            (
                "\"workload.roam\" = [1]\n\"workload.roam.home\" = [1]",
                "`workload.roam.home` and `workload.roam` overlap; sweep one of them",
            ),
        ];
        for (table, expected) in rows {
            let invalid = swept_points(SweepMode::Cartesian, table).expect_err(table);
            assert!(invalid.message.starts_with(expected), "{table}: {}", invalid.message);
            assert_eq!(invalid.path.0[0], "sweep", "{table}");
        }
    }

    #[test]
    fn zipped_keys_have_equally_many_values_and_crossed_ones_have_a_bound() {
        let uneven = "\"run.drain_s\" = [1, 2]\n\"run.warm_up_s\" = [1, 2, 3]";
        let invalid = swept_points(SweepMode::Zipped, uneven).expect_err("3 against 2");
        assert_eq!(
            invalid.message,
            "`run.warm_up_s` has 3 values and `run.drain_s` 2; zipped keys have equally many"
        );
        assert_eq!(swept_points(SweepMode::Cartesian, uneven).map(|points| points.len()), Ok(6));
        let list: Vec<usize> = (0..101).collect();
        let many = format!("\"run.drain_s\" = {list:?}\n\"run.warm_up_s\" = {list:?}");
        let invalid = swept_points(SweepMode::Cartesian, &many).expect_err("10201 points");
        assert_eq!(invalid.message, "with `run.warm_up_s` there are 10201 points; at most 10000 are run");
    }
}
