//! Labels: figures, keys and values as a chart writes them.

use serde_json::{Map, Value};

use crate::results::plain_text;

/// Units at the end of a key, longest first, and as they are written.
const UNITS: [(&str, &str); 9] = [
    ("_ops_per_s", "ops/s"),
    ("_per_s", "per s"),
    ("_per_ms", "per ms"),
    ("_bytes", "bytes"),
    ("_minor", "minor units"),
    ("_us", "µs"),
    ("_ms", "ms"),
    ("_ns", "ns"),
    ("_s", "s"),
];

/// How long a swept value may be in a legend.
const VALUE_CHARS_MAX: usize = 24;

/// A number for an axis or a caption: thousands have their commas, small ones an exponent.
pub(in crate::chart) fn figure(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3 * 0.999..1e7).contains(&size) {
        return format!("{value:e}").replace("e-", "e−");
    }
    if size >= 1000.0 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", count(size.round() as u64));
    }
    format!("{value}")
}

/// A measured number, to three digits.
pub(in crate::chart) fn rounded(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return figure(0.0);
    }
    let digits = 2 - libm::floor(libm::log10(value.abs())) as i32;
    let text = format!("{value:.*}", digits.clamp(0, 9) as usize);
    figure(text.parse().unwrap_or(value))
}

/// A share, to three digits of its percentage.
pub(in crate::chart) fn percent(share: f64) -> String {
    format!("{} %", rounded(share * 100.0))
}

/// A whole number with commas.
pub(in crate::chart) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 repetition`, `3 repetitions`.
pub(in crate::chart) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// The label of a swept key along an axis: its last two parts, and its unit: `exponential mean (ms)`.
pub(in crate::chart) fn axis_label(key: &str) -> String {
    let parts: Vec<&str> = key.split('.').collect();
    let (name, unit) = name_and_unit(&parts[parts.len().saturating_sub(2)..].join(" "));
    if unit.is_empty() { name } else { format!("{name} ({unit})") }
}

/// These keys of a point of the sweep: `mean 20 ms, drop 0.01`.
pub(in crate::chart) fn point(point: &Map<String, Value>, keys: &[String]) -> String {
    let named = keys.iter().filter_map(|key| point.get(key).map(|value| key_and_value(key, value)));
    named.collect::<Vec<_>>().join(", ")
}

/// The same where there is little room: the value alone, if it is one key.
pub(in crate::chart) fn brief(swept: &Map<String, Value>, keys: &[String]) -> String {
    match keys {
        [key] => swept.get(key).map_or_else(String::new, |value| value_and_unit(key, value)),
        _ => point(swept, keys),
    }
}

fn key_and_value(key: &str, written: &Value) -> String {
    let (name, _) = name_and_unit(last_part(key));
    format!("{} {}", shortened(&name, VALUE_CHARS_MAX), value_and_unit(key, written))
}

fn value_and_unit(key: &str, written: &Value) -> String {
    let (_, unit) = name_and_unit(last_part(key));
    let text = value(written);
    if unit.is_empty() || !written.is_number() { text } else { format!("{text} {unit}") }
}

fn last_part(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// A swept value: a number as axes write it, all else as [`plain_text`].
pub(in crate::chart) fn value(value: &Value) -> String {
    let text = value.as_f64().map_or_else(|| plain_text(value), figure);
    shortened(&text, VALUE_CHARS_MAX)
}

fn name_and_unit(key: &str) -> (String, &'static str) {
    let unit = UNITS.iter().find_map(|&(ending, unit)| key.strip_suffix(ending).map(|name| (name, unit)));
    let (name, unit) = unit.unwrap_or((key, ""));
    (name.replace('_', " "), unit)
}

/// The text, or its beginning and a mark that something is left out.
pub(in crate::chart) fn shortened(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_short() {
        let rows = [
            (0.0, "0"),
            (0.2, "0.2"),
            (0.001, "0.001"),
            (0.0001, "1e−4"),
            (999.5, "999.5"),
            (12_345.0, "12,345"),
            (-2000.0, "-2,000"),
            (2e7, "2e7"),
        ];
        for (value, expected) in rows {
            assert_eq!(figure(value), expected, "{value}");
        }
    }

    #[test]
    fn measured_numbers_have_three_digits() {
        let rows = [(0.0, "0"), (1.0, "1"), (12.345, "12.3"), (0.012_345, "0.0123"), (98_765.4, "98,765")];
        for (value, expected) in rows {
            assert_eq!(rounded(value), expected, "{value}");
        }
        assert_eq!([percent(0.0012), percent(1.0), percent(0.12345)], ["0.12 %", "100 %", "12.3 %"]);
        assert_eq!([count(7), count(1_000), count(1_234_567)], ["7", "1,000", "1,234,567"]);
        assert_eq!([counted(1, "read"), counted(2_000, "read")], ["1 read", "2,000 reads"]);
    }

    #[test]
    fn a_key_gives_its_last_parts_and_its_unit() {
        let rows = [
            ("network.between_branches.delay.exponential.mean_ms", "exponential mean (ms)"),
            ("workload.arrival.poisson_per_s", "arrival poisson (per s)"),
            ("network.between_branches.drop", "between branches drop"),
            ("sessions", "sessions"),
        ];
        for (key, expected) in rows {
            assert_eq!(axis_label(key), expected);
        }
    }

    #[test]
    fn a_point_names_the_values_of_the_keys_that_are_asked_for() {
        let swept = json!({"a.drop": 0.01, "b.mean_ms": 20, "c.topology": "aws-2020"});
        let swept = swept.as_object().unwrap();
        let keys = |keys: &[&str]| keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>();
        let rows: [(&[&str], &str, &str); 4] = [
            (&["a.drop", "c.topology"], "drop 0.01, topology aws-2020", "drop 0.01, topology aws-2020"),
            (&["b.mean_ms"], "mean 20 ms", "20 ms"),
            (&["d.absent"], "", ""),
            (&[], "", ""),
        ];
        for (asked, long, short) in rows {
            assert_eq!((point(swept, &keys(asked)), brief(swept, &keys(asked))), (long.into(), short.into()));
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abcde…");
        assert_eq!(value(&json!("äöü".repeat(20))).chars().count(), VALUE_CHARS_MAX);
    }
}
