//! A histogram as the text that HdrHistogram's plotter reads.
//!
//! The form is that of `outputPercentileDistribution` of HdrHistogram for Java: five ticks in each half of what is left
//! to 100 %, a last line without 1/(1-percentile), and a footer. Values are milliseconds, with three decimals.

use std::fmt::Write as _;

use hdrhistogram::Histogram;

const TICKS_PER_HALF: u32 = 5;
const NS_PER_MS: f64 = 1e6;

/// The percentile distribution of a histogram in nanoseconds.
pub(super) fn text(histogram: &Histogram<u64>) -> String {
    let mut text =
        format!("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    let mut count = 0;
    for step in histogram.iter_quantiles(TICKS_PER_HALF) {
        count += step.count_since_last_iteration();
        let (value, quantile) = (ms(step.value_iterated_to() as f64), step.quantile_iterated_to());
        let _ = write!(text, "{value:12.3} {quantile:.12} {count:10}");
        let _ = match quantile < 1.0 {
            true => writeln!(text, " {:14.2}", 1.0 / (1.0 - quantile)),
            false => writeln!(text),
        };
    }
    text + &footer(histogram)
}

fn footer(histogram: &Histogram<u64>) -> String {
    let [mean, deviation, max] = [histogram.mean(), histogram.stdev(), histogram.max() as f64].map(ms);
    // The crate does not expose them: enough to distinguish twice as many values as the precision asks for.
    let sub_buckets = (2 * 10_u64.pow(histogram.sigfig().into())).next_power_of_two();
    format!(
        "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]\n\
         #[Max     = {max:12.3}, Total count    = {:12}]\n\
         #[Buckets = {:12}, SubBuckets     = {sub_buckets:12}]\n",
        histogram.len(),
        histogram.buckets(),
    )
}

fn ms(nanoseconds: f64) -> f64 {
    nanoseconds / NS_PER_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Histograms;

    /// A value is written as the largest that counts as equal to it. With 2048 of them in each doubling, equal ones
    /// span 512 ns below 2^20 ns and 1024 ns from there, so 1 ms ends at 1,000,447 ns and 2 ms at 2,000,895 ns; means
    /// take the middle. Ticks are at 0, 10, .. 50 %, then at 55 % and so on, each at the first value that reaches it;
    /// the last value is written once before 100 %.
    #[test]
    fn a_small_histogram_reads_as_from_java() {
        let mut histogram = Histograms::empty();
        histogram.record_n(1_000_000, 2).unwrap();
        histogram.record_n(2_000_000, 2).unwrap();
        assert_eq!(text(&histogram), include_str!("testing/small.hgrm"));
    }

    #[test]
    fn an_empty_histogram_is_a_heading_and_a_footer() {
        let text = text(&Histograms::empty());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert_eq!(lines[3], "#[Max     =        0.000, Total count    =            0]");
    }
}
