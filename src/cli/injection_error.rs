//! The injection error as lines of text: how exactly an injected network delivered its messages.

use crate::network::{InjectionError, Leg};

/// Actual minus intended delivery time, a line per leg that had messages under a line of headings.
pub(super) fn table(errors: &InjectionError) -> String {
    let mut lines = vec!["injection error, ms:                p50     p99     max   messages".to_owned()];
    for leg in Leg::ALL {
        let late = errors.leg(leg);
        if late.is_empty() {
            continue;
        }
        let ms = |nanoseconds: u64| nanoseconds as f64 / 1e6;
        let [p50, p99] = [0.5, 0.99].map(|q| ms(late.value_at_quantile(q)));
        lines.push(format!(
            "  {:<29} {p50:>7.3} {p99:>7.3} {:>7.3} {:>10}",
            messages(leg),
            ms(late.max()),
            late.len()
        ));
    }
    lines.join("\n")
}

fn messages(leg: Leg) -> &'static str {
    match leg {
        Leg::Request => "requests",
        Leg::Reply => "replies",
        Leg::Replicate => "batches of writes",
        Leg::Ack => "acks",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn legs_without_messages_are_left_out() {
        let mut counted = InjectionError::new();
        counted.note(Leg::Replicate, Duration::from_micros(40));
        let lines = table(&counted);
        assert_eq!(lines.lines().count(), 2, "{lines}");
        assert!(
            lines.ends_with("batches of writes               0.040   0.040   0.040          1"),
            "{lines}"
        );
    }
}
