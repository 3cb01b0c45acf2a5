//! Files of release 0.1, whose schema was `readback-summary-1`, in today's keys: for reports of runs that were not made
//! again. Their figures stay what that release measured; what it did not measure is absent, and its fitness unknown.

use serde_json::{Map, Value, json};

/// The schema of release 0.1.
pub(super) const SCHEMA: &str = "readback-summary-1";

/// Keys with another name.
const RENAMED: [(&str, &str); 4] = [
    ("fidelity_ms", "injection_error_ms"),
    ("latency_reads_ms", "read_latency_ms"),
    ("latency_eligible_reads_ms", "eligible_read_latency_ms"),
    ("latency_writes_ms", "write_latency_ms"),
];

/// The same file in today's keys.
pub(super) fn upgrade(value: Value) -> Value {
    let mut file = renamed(value);
    file["schema"] = json!(super::SCHEMA);
    if file.get("points").is_some_and(|_| file.get("comparisons").is_some()) {
        complete(
            &mut file,
            &[("expectations", json!([])), ("agreements", json!([])), ("fitness", unknown())],
        );
        let parts = |file: &mut Value, key: &str, complete: fn(&mut Value)| {
            file[key].as_array_mut().into_iter().flatten().for_each(complete);
        };
        parts(&mut file, "points", complete_point);
        parts(&mut file, "comparisons", complete_comparison);
    }
    file
}

fn renamed(value: Value) -> Value {
    let key = |key: String| match RENAMED.iter().find(|(old, _)| *old == key) {
        Some((_, new)) => (*new).to_owned(),
        None => key,
    };
    match value {
        // It is the range of six to nine repetitions: their order statistics with k = 1.
        Value::String(word) if word == "median_range" => json!("order_statistics"),
        Value::Array(parts) => parts.into_iter().map(renamed).collect(),
        Value::Object(parts) => {
            let mut parts: Map<String, Value> =
                parts.into_iter().map(|(name, part)| (key(name), renamed(part))).collect();
            if parts.contains_key("rule_of_three") && !parts.contains_key("method") {
                parts.insert("method".to_owned(), json!(super::RateMethod::Independent));
            }
            Value::Object(parts)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn complete_point(point: &mut Value) {
    let nothing = json!(super::Spread::default());
    complete(
        point,
        &[
            ("by_fault", json!([])),
            ("unknown_writes", json!(0)),
            ("never_began", json!(0)),
            ("eligible_read_latency_ms", nothing),
            ("fitness", unknown()),
        ],
    );
}

/// A ratio of throughputs that does not name its load is left out, and so is a share whose interval took all reads as
/// independent.
fn complete_comparison(comparison: &mut Value) {
    if comparison.get("load").is_none() {
        comparison["throughput_ratio"] = Value::Null;
    }
    complete(
        comparison,
        &[("load", json!(super::LoadKind::Open)), ("read_cost", json!(super::ReadCost::default()))],
    );
    if let Some(paired) = comparison.pointer_mut("/read_cost/paired").and_then(Value::as_object_mut) {
        paired.insert("slower_share".to_owned(), json!(super::Rate::new(0, 0)));
    }
}

fn complete(value: &mut Value, keys: &[(&str, Value)]) {
    let object: &mut Map<String, Value> = value.as_object_mut().expect("a part of a summary is an object");
    for (key, absent) in keys.iter().filter(|(key, _)| !object.contains_key(*key)).collect::<Vec<_>>() {
        object.insert((*key).to_owned(), absent.clone());
    }
}

/// The fitness of a file that does not say it.
fn unknown() -> Value {
    let text = "release 0.1 did not assess the fitness of this run".to_owned();
    json!(super::Fitness::of(vec![super::UnfitReason { kind: super::UnfitKind::NotAssessed, text }]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Summary;

    #[test]
    fn a_summary_of_release_0_1_is_read_and_what_it_lacks_is_absent() {
        let mut old: Value = serde_json::from_str(super::super::testing::SUMMARY).unwrap();
        old["schema"] = json!(SCHEMA);
        old.as_object_mut().unwrap().remove("fitness");
        let point = old["points"][0].as_object_mut().unwrap();
        let latency = point.remove("read_latency_ms").unwrap();
        point.insert("latency_reads_ms".to_owned(), latency.clone());
        point["throughput_ops_s"]["method"] = json!("median_range");
        old["comparisons"][0].as_object_mut().unwrap().remove("load");
        let read: Summary = serde_json::from_value(upgrade(old)).unwrap();
        assert_eq!(json!(read.points[0].read_latency_ms), latency);
        assert_eq!(read.points[0].throughput_ops_s.method, super::super::Method::OrderStatistics);
        assert_eq!(read.comparisons[0].throughput_ratio, None);
        assert_eq!(read.fitness.mark().as_deref(), Some("unfit: not assessed"));
    }
}
