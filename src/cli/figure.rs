//! Figures of results as text.

use serde_json::{Map, Value};

use crate::results::{Interval, Rate, plain_text};

/// Printed for a figure that too few samples support.
pub(super) const NOTHING: &str = "-";

/// To three digits, and never in powers of ten.
pub(super) fn figure(value: f64) -> String {
    digits(value, 3)
}

pub(super) fn figure_or_nothing(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), figure)
}

pub(super) fn interval(interval: &Interval) -> String {
    within(interval.value, interval.low, interval.high)
}

/// The value, and from where to where it may be.
pub(super) fn within(value: f64, low: f64, high: f64) -> String {
    let [low, high] = ends(low, high);
    format!("{} ({low}-{high})", figure(value))
}

/// The ends of a range, rounded outward: what is printed holds what was measured.
pub(super) fn ends(low: f64, high: f64) -> [String; 2] {
    [rounded(low, 3, libm::floor), rounded(high, 3, libm::ceil)]
}

/// To so many digits, down or up.
fn rounded(value: f64, significant: i32, towards: fn(f64) -> f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return digits(value, significant.unsigned_abs() as usize);
    }
    // The digits behind the point are those of the nearest figure, and no fewer than none.
    let decimals = (significant - 1 - libm::floor(libm::log10(value.abs())) as i32).max(0);
    digits(at_decimals(value, decimals, towards), significant.unsigned_abs() as usize)
}

/// The value with so many digits behind the point.
fn at_decimals(value: f64, decimals: i32, towards: fn(f64) -> f64) -> f64 {
    let scale = libm::exp10(f64::from(decimals));
    let units = value * scale;
    // What lies this close to a whole number differs from it by arithmetic alone.
    let whole =
        if (units - units.round()).abs() < 1e-9 * units.abs() { units.round() } else { towards(units) };
    whole / scale
}

pub(super) fn interval_or_nothing(value: Option<&Interval>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), interval)
}

/// How many milliseconds a figure is above another one, and from where to where that may be, with the ends rounded
/// outward. Below one, hundredths are enough: clocks and timers differ by more.
pub(super) fn ms_above_or_nothing(difference: Option<&Interval>) -> String {
    let ms = |value: f64, towards: fn(f64) -> f64| match value {
        0.0 => "0".to_owned(),
        // Adding 0 takes the sign from what is rounded to nothing.
        value if value.abs() < 1.0 => format!("{:.2}", at_decimals(value, 2, towards) + 0.0),
        value => rounded(value, 3, towards),
    };
    difference.map_or_else(
        || NOTHING.to_owned(),
        |&Interval { value, low, high, .. }| {
            format!("{} ({}..{})", ms(value, libm::round), ms(low, libm::floor), ms(high, libm::ceil))
        },
    )
}

/// A rate in percent, with its interval; if no hit was seen, its upper bound.
pub(super) fn percent(rate: &Rate) -> String {
    match (rate.rule_of_three, rate.value, rate.low, rate.high) {
        (Some(bound), _, _, _) => format!("< {}", percent_bound(bound)),
        (None, Some(value), Some(low), Some(high)) => within(100.0 * value, 100.0 * low, 100.0 * high),
        (None, _, _, _) => NOTHING.to_owned(),
    }
}

/// An upper bound in percent, rounded up to two digits.
pub(super) fn percent_bound(bound: f64) -> String {
    rounded(100.0 * bound, 2, libm::ceil)
}

/// The swept values, such as `delay_ms=20 drop=0.1`; a key loses its tables unless another one of the point has the
/// same last word. A table that is the only value has words of its own and needs none of
/// the key.
pub(super) fn point(point: &Map<String, Value>) -> String {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let values = point.iter().map(|(key, swept)| {
        let alike = point.keys().filter(|other| last(other) == last(key)).count();
        match (swept, alike) {
            (Value::Object(_), 1) if point.len() == 1 => plain_text(swept),
            (_, 1) => format!("{}={}", last(key), plain_text(swept)),
            _ => format!("{key}={}", plain_text(swept)),
        }
    });
    values.collect::<Vec<_>>().join(" ")
}

/// A count with a comma between groups of three digits.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let comma = |at: usize| at > 0 && (digits.len() - at).is_multiple_of(3);
    digits
        .char_indices()
        .flat_map(|(at, digit)| comma(at).then_some(',').into_iter().chain([digit]))
        .collect()
}

fn digits(value: f64, significant: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let behind_the_first = significant - 1;
    // The magnitude of the rounded value: 0.9996 has one digit more before the point.
    let rounded = format!("{value:.behind_the_first$e}");
    let magnitude = rounded.split_once('e').and_then(|(_, exponent)| exponent.parse::<isize>().ok());
    let decimals = behind_the_first.saturating_add_signed(-magnitude.unwrap_or(0));
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::results::Method;

    #[test]
    fn figures_have_three_digits() {
        let rows = [
            (0.0, "0"),
            (0.000_123_4, "0.000123"),
            (0.4, "0.400"),
            (0.998, "0.998"),
            (0.999_6, "1.00"),
            (1.0, "1.00"),
            (99.96, "100"),
            (12.34, "12.3"),
            (151.5, "152"),
            (48_210.7, "48211"),
            (-2.5, "-2.50"),
        ];
        for (value, expected) in rows {
            assert_eq!(figure(value), expected);
        }
        assert_eq!(figure_or_nothing(None), "-");
        assert_eq!(figure_or_nothing(Some(2.0)), "2.00");
    }

    #[test]
    fn ends_of_an_interval_are_rounded_outward() {
        // Value, to three digits down, and up.
        let rows = [
            (0.028_19, "0.0281", "0.0282"),
            (0.028_2, "0.0282", "0.0282"),
            (99.96, "99.9", "100"),
            (9.999, "9.99", "10.0"),
            (48_210.7, "48210", "48211"),
            (-2.501, "-2.51", "-2.50"),
            (0.0, "0", "0"),
        ];
        for (value, down, up) in rows {
            assert_eq!(ends(value, value), [down, up], "{value}");
        }
        assert_eq!(percent_bound(0.000_281_9), "0.029");
    }

    #[test]
    fn a_count_is_grouped_by_commas() {
        let rows = [(0, "0"), (999, "999"), (1_000, "1,000"), (10_641, "10,641"), (1_234_567, "1,234,567")];
        for (count, expected) in rows {
            assert_eq!(grouped(count), expected);
        }
    }

    #[test]
    fn a_rate_is_in_percent_and_nothing_seen_is_a_bound_rounded_up() {
        let rows = [
            (500, 2_000, "25.0 (23.1-27.0)"),
            (0, 100_000, "< 0.0030"),
            (0, 4_000, "< 0.075"),
            (0, 10_641, "< 0.029"),
            (0, 299, "< 1.1"),
            (0, 2, "< 100"),
            (0, 0, "-"),
        ];
        for (hits, n, expected) in rows {
            assert_eq!(percent(&Rate::new(hits, n)), expected, "{hits} of {n}");
        }
    }

    #[test]
    fn an_interval_follows_its_value() {
        let of = Interval { value: 0.4, low: 0.38, high: 0.42, method: Method::Range, level: None, n: 3 };
        assert_eq!(interval(&of), "0.400 (0.380-0.420)");
        assert_eq!(interval_or_nothing(None), "-");
    }

    #[test]
    fn a_difference_has_its_sign_and_ends_that_are_rounded_outward() {
        let rows = [
            ([0.0, 0.0, 0.0], "0 (0..0)"),
            ([0.0655, 0.0573, 1.617], "0.07 (0.05..1.62)"),
            ([-0.1, -0.2501, 0.42], "-0.10 (-0.26..0.42)"),
            ([-0.001, -0.004, -0.003], "0.00 (-0.01..0.00)"),
            ([121.4, 109.96, 145.2], "121 (109..146)"),
        ];
        for ([value, low, high], expected) in rows {
            let of = Interval { value, low, high, method: Method::Range, level: None, n: 3 };
            assert_eq!(ms_above_or_nothing(Some(&of)), expected);
        }
        assert_eq!(ms_above_or_nothing(None), "-");
    }

    #[test]
    fn a_point_is_named_by_the_last_words_of_its_keys_if_they_differ() {
        let named = |value: Value| point(value.as_object().unwrap());
        assert_eq!(named(json!({})), "");
        assert_eq!(named(json!({"network.between.delay_ms": 20, "order": "fifo"})), "delay_ms=20 order=fifo");
        assert_eq!(named(json!({"a.delay_ms": 20, "b.delay_ms": 0.5})), "a.delay_ms=20 b.delay_ms=0.5");
        assert_eq!(
            named(json!({"workload.arrival": {"poisson_per_s": 500}, "order": "fifo"})),
            "order=fifo arrival=poisson_per_s 500"
        );
    }
}
