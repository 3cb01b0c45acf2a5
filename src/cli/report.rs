//! Figures as lines of text.

use crate::network::{InjectionError, Leg};

/// How much later than drawn messages were handed over, per leg: a table, its first line the heading.
pub(super) fn fidelity(fidelity: &InjectionError) -> String {
    let mut lines = vec!["delivered later than drawn, ms:     p50     p99     max   messages".to_owned()];
    for leg in Leg::ALL {
        let late = fidelity.leg(leg);
        if late.is_empty() {
            continue;
        }
        let ms = |nanoseconds: u64| nanoseconds as f64 / 1e6;
        let [p50, p99] = [0.5, 0.99].map(|q| ms(late.value_at_quantile(q)));
        lines.push(format!(
            "  {:<29} {p50:>7.3} {p99:>7.3} {:>7.3} {:>10}",
            name(leg),
            ms(late.max()),
            late.len()
        ));
    }
    lines.join("\n")
}

fn name(leg: Leg) -> &'static str {
    match leg {
        Leg::Request => "requests",
        Leg::Reply => "replies",
        Leg::Replicate => "runs of writes",
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
        let lines = fidelity(&counted);
        assert_eq!(lines.lines().count(), 2, "{lines}");
        assert!(
            lines.ends_with("runs of writes                  0.040   0.040   0.040          1"),
            "{lines}"
        );
    }
}
