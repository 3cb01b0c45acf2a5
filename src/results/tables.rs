//! Results as tables of text, for spreadsheets and data frames.

use serde_json::Value;

use super::measures::TimeBin;
use super::summary::{Comparison, PointSummary, Summary};

/// The columns of a row of `summary.csv` behind the swept values: keys as in `summary.json`, and for a key with several
/// figures, which of them.
const OF_POINT: [(&str, &[&str]); 29] = [
    ("strategy", &[]),
    ("verdict", &[]),
    (
        "reads",
        &["total", "ok", "eligible", "stale", "opportunities", "parked", "timed_out", "failed", "unknown"],
    ),
    ("stale_rate", &["value", "low", "high", "n", "effective_n", "method", "rule_of_three"]),
    ("wait_ms", OF_SPREAD),
    ("wait_parked_ms", OF_SPREAD),
    ("excess_wait_ms", OF_SPREAD),
    ("latency_ms", OF_SPREAD),
    ("read_latency_ms", OF_SPREAD),
    ("eligible_read_latency_ms", OF_SPREAD),
    ("write_latency_ms", OF_SPREAD),
    ("service_ms", OF_SPREAD),
    ("injection_error_ms", OF_SPREAD),
    ("throughput_ops_s", OF_INTERVAL),
    ("offered_ops_s", &[]),
    ("is_saturated", &[]),
    ("cpu_us_per_op", OF_INTERVAL),
    ("peer_messages_per_write", OF_INTERVAL),
    ("peer_bytes_per_write", OF_INTERVAL),
    ("token_bytes_max", &[]),
    ("parked_peak", &[]),
    ("others_cpu_share_max", &[]),
    ("late_generators", &[]),
    ("refused", &[]),
    ("never_began", &[]),
    ("expected", &["stale_rate", "wait_mean_ms"]),
    ("expected", &["stale_rate_agrees", "wait_mean_agrees"]),
    ("expected", &["a_per_ms", "m_per_ms", "t_ms", "floor_ms"]),
    ("trials", &[]),
];

/// The columns of a row's comparison with the baseline; empty for the baseline itself.
const OF_COMPARISON: [(&str, &[&str]); 19] = [
    ("baseline", &[]),
    ("pairs", &[]),
    ("load", &[]),
    ("throughput_ratio", OF_INTERVAL),
    ("latency_p50_ratio", OF_INTERVAL),
    ("latency_p99_ratio", OF_INTERVAL),
    ("read_cost.all.p50_ms", OF_INTERVAL),
    ("read_cost.all.p99_ms", OF_INTERVAL),
    ("read_cost.all.p999_ms", OF_INTERVAL),
    ("read_cost.all.mean_ms", OF_INTERVAL),
    ("read_cost.eligible.p50_ms", OF_INTERVAL),
    ("read_cost.eligible.p99_ms", OF_INTERVAL),
    ("read_cost.eligible.p999_ms", OF_INTERVAL),
    ("read_cost.eligible.mean_ms", OF_INTERVAL),
    ("read_cost.paired.p50_ms", OF_INTERVAL),
    ("read_cost.paired.p99_ms", OF_INTERVAL),
    ("read_cost.paired.slower_share", OF_INTERVAL),
    ("cpu_per_op_ratio", OF_INTERVAL),
    ("is_saturated", &[]),
];

const OF_SPREAD: &[&str] = &["p50", "p90", "p99", "p999", "p9999", "max", "mean", "n"];
const OF_INTERVAL: &[&str] = &["value", "low", "high"];

/// `summary.csv`: a heading, and a row for each point and strategy. A column is named by the path of its key in
/// `points[]` or, behind `comparison.`, in `comparisons[]`; what is `null` there is empty here. In this order: the
/// experiment, its start and seed, the swept values, [`OF_POINT`], [`OF_COMPARISON`].
pub(super) fn summary_csv(summary: &Summary) -> String {
    let swept = swept(summary);
    let mut heading = ["experiment", "started", "seed"].map(str::to_owned).to_vec();
    heading.extend(swept.iter().map(|key| format!("point.{key}")));
    heading.extend(columns(&OF_POINT));
    heading.extend(columns(&OF_COMPARISON).map(|column| format!("comparison.{column}")));
    let rows = summary.points.iter().map(|point| row(summary, &swept, point));
    csv([heading].into_iter().chain(rows))
}

/// `seconds.csv`: a heading with the keys of [`TimeBin`], and a row for each.
pub(super) fn seconds_csv(seconds: &[TimeBin]) -> String {
    let columns = [
        "from_s",
        "width_s",
        "ok",
        "not_ok",
        "stale",
        "parked_max",
        "latency_p50_ms",
        "latency_p99_ms",
        "latency_max_ms",
    ];
    let heading = columns.map(str::to_owned).to_vec();
    let row = |second: &TimeBin| {
        let figures = to_json(second);
        columns.map(|column| cell(&figures[column])).to_vec()
    };
    csv([heading].into_iter().chain(seconds.iter().map(row)))
}

fn row(summary: &Summary, swept: &[&String], point: &PointSummary) -> Vec<String> {
    let mut row = vec![summary.experiment.clone(), summary.started.clone(), summary.seed.to_string()];
    row.extend(swept.iter().map(|&key| point.point.get(key).map_or_else(String::new, cell)));
    row.extend(cells(&OF_POINT, &to_json(point)));
    let same =
        |comparison: &&Comparison| comparison.point == point.point && comparison.strategy == point.strategy;
    let comparison = summary.comparisons.iter().find(same).map_or(Value::Null, to_json);
    row.extend(cells(&OF_COMPARISON, &comparison));
    row
}

/// The swept keys of all points.
fn swept(summary: &Summary) -> Vec<&String> {
    let mut keys: Vec<&String> = summary.points.iter().flat_map(|point| point.point.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn columns(figures: &[(&str, &[&str])]) -> impl Iterator<Item = String> {
    figures.iter().flat_map(|(key, parts)| match parts {
        [] => vec![(*key).to_owned()],
        parts => parts.iter().map(|part| format!("{key}.{part}")).collect(),
    })
}

fn cells(figures: &[(&str, &[&str])], of: &Value) -> impl Iterator<Item = String> {
    figures.iter().flat_map(|(key, parts)| match parts {
        [] => vec![cell(at(of, key))],
        parts => parts.iter().map(|part| cell(&at(of, key)[*part])).collect(),
    })
}

/// The value at a path of keys with dots between them; null if there is none.
fn at<'a>(of: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(of, |value, key| &value[key])
}

/// The columns behind the swept values that hold numbers or flags.
pub(super) fn figures() -> Vec<String> {
    const WORDS: [&str; 3] = ["strategy", "verdict", "trials"];
    let of_points = columns(&OF_POINT).filter(|column| !WORDS.contains(&column.as_str()));
    let compared = columns(&OF_COMPARISON).filter(|column| column != "baseline");
    of_points.chain(compared.map(|column| format!("comparison.{column}"))).collect()
}

pub(super) fn to_json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("results are plain data with keys of text")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(" "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn csv(rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.for_each(|row| writer.write_record(row).expect("rows are as long as their heading"));
    String::from_utf8(writer.into_inner().expect("memory can be written")).expect("cells are text")
}
