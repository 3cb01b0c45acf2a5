//! The outcome of an experiment as it is printed: a table, remarks, and the verdict.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, Width};

use super::figure::{
    ends, figure, figure_or_nothing, grouped, interval_or_nothing, percent, percent_bound, point,
};
use super::{agreement, cost, durable, findings, reads_by_fault, theory};
use crate::results::{Comparison, PointSummary, Saturation, Spread, Summary, Verdict};

/// Columns of text that fit on most screens and into most reports.
pub(super) const WIDTH: u16 = 100;

/// Everything that is printed at the end of a run, with colours. Its table is at most `width` columns wide.
pub(super) fn text(summary: &Summary, width: u16) -> String {
    let mut lines = vec![summary.question.clone(), String::new()];
    let tables = [
        cost(summary, width),
        Some(table(summary, width)),
        faults(summary, width),
        expectations(summary, width),
        agreements(summary, width),
        logs(summary, width),
    ];
    for table in tables.into_iter().flatten() {
        lines.extend(table.lines().map(|line| line.trim_end().to_owned()));
        lines.push(String::new());
    }
    lines.extend(theory::agreement(summary));
    lines.extend(agreement::summary(summary));
    lines.extend(durable::returns(summary));
    lines.push(guaranteed(summary));
    lines.extend(loads(summary));
    lines.extend(unsaturated(summary));
    lines.extend(saturated(summary));
    lines.extend(timed_out(summary));
    lines.extend(wait_beyond_network(summary));
    lines.extend(injection_error(summary));
    lines.extend(findings::lines(summary));
    lines.push(verdict(summary));
    lines.extend(summary.reasons.iter().map(|reason| format!("  {reason}")));
    lines.join("\n") + "\n"
}

/// Columns of the longest interval in brackets, such as `(-1234..-1000)`, with its padding.
const INTERVAL_LONGEST: u16 = 15;

/// What reads cost; `None` if none was measured.
fn cost(summary: &Summary, width: u16) -> Option<Table> {
    let rows = cost::rows(summary);
    let some = !rows.is_empty();
    some.then(|| framed(cost::COLUMNS, rows, &[0, 1, 2], longest_word(summary), width))
}

/// A row for each strategy at each point.
fn table(summary: &Summary, width: u16) -> Table {
    let header = [
        "point",
        "strategy",
        "stale of\neligible, %",
        "their\nwait\np50 ms",
        "their\nwait\np99 ms",
        "their\nwait\nmax ms",
        "throughput to\nbaseline's",
        "verdict",
    ];
    let rows = summary.points.iter().map(|point| row(summary, point));
    framed(header, rows.collect(), &[0, 1, 7], longest_word(summary), width)
}

/// Reads by the windows of faults; `None` if there was no fault.
fn faults(summary: &Summary, width: u16) -> Option<Table> {
    let rows = reads_by_fault::rows(summary);
    let some = !rows.is_empty();
    some.then(|| framed(reads_by_fault::COLUMNS, rows, &[0, 1, 2], longest_word(summary), width))
}

/// Theory beside measurement; `None` if no point has a closed form.
fn expectations(summary: &Summary, width: u16) -> Option<Table> {
    let rows = theory::rows(summary);
    let some = !rows.is_empty();
    some.then(|| framed(theory::COLUMNS, rows, &[0, 1, 4], longest_word(summary), width))
}

/// Live beside simulated figures; `None` if there are none.
fn agreements(summary: &Summary, width: u16) -> Option<Table> {
    let rows = agreement::rows(summary);
    let some = !rows.is_empty();
    some.then(|| framed(agreement::COLUMNS, rows, &[0, 1, 2, 6], longest_word(summary), width))
}

/// Durable logs; `None` if there were none.
fn logs(summary: &Summary, width: u16) -> Option<Table> {
    let rows = durable::rows(summary);
    let some = !rows.is_empty();
    some.then(|| framed(durable::COLUMNS, rows, &[0, 1], longest_word(summary), width))
}

/// A table with names aligned to the left and figures to the right.
fn framed<const N: usize>(
    header: [&str; N],
    rows: Vec<[String; N]>,
    names: &[usize],
    first_least: u16,
    width: u16,
) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING.header_separator(LineStyle::none().fill('-').junction('-')));
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    let cells = |row: [String; N]| {
        let alignment = |column| match names.contains(&column) {
            true => CellAlignment::Left,
            false => CellAlignment::Right,
        };
        let cell = |(column, text)| Cell::new_owned(text).set_alignment(alignment(column));
        row.into_iter().enumerate().map(cell).collect::<Vec<Cell>>()
    };
    let has_intervals = |column: usize| rows.iter().any(|row| row[column].contains(" ("));
    let is_narrow = rows_width(&header, &rows) + usize::from(first_least) > usize::from(width);
    let constraint = |column: usize| match column {
        // Names of swept values may be long: they break between words.
        0 => ColumnConstraint::LowerBoundary(Width::Fixed(first_least)),
        // Where there is little room, an interval is below its value. Other figures do not break.
        _ if is_narrow && has_intervals(column) => {
            ColumnConstraint::LowerBoundary(Width::Fixed(INTERVAL_LONGEST))
        }
        _ if is_narrow && names.contains(&column) => {
            let words = rows.iter().map(|row| row[column].as_str()).chain([header[column]]);
            let longest = words.flat_map(str::split_whitespace).map(|word| word.chars().count()).max();
            ColumnConstraint::LowerBoundary(Width::Fixed(longest.unwrap_or_default() as u16 + 1))
        }
        _ => ColumnConstraint::ContentWidth,
    };
    let constraints: Vec<ColumnConstraint> = (0..N).map(constraint).collect();
    table.set_header(cells(header.map(str::to_owned)));
    rows.into_iter().for_each(|row| {
        table.add_row(cells(row));
    });
    for (column, constraint) in table.column_iter_mut().zip(constraints) {
        column.set_padding((0, 1));
        column.set_constraint(constraint);
    }
    table
}

/// The width of all columns but the first, with what is between them.
fn rows_width<const N: usize>(header: &[&str; N], rows: &[[String; N]]) -> usize {
    let widest = |column: usize| {
        let cells = rows.iter().map(|row| row[column].as_str()).chain(header[column].lines());
        cells.map(|text| text.chars().count()).max().unwrap_or_default() + 2
    };
    (1..N).map(widest).sum()
}

/// Columns of the longest word among the swept values, with their padding.
fn longest_word(summary: &Summary) -> u16 {
    let points = summary.points.iter().map(|found| point(&found.point));
    let words = points.map(|text| text.split(' ').map(str::len).max().unwrap_or_default());
    u16::try_from(words.max().unwrap_or_default() + 1).unwrap_or(WIDTH).min(WIDTH / 3)
}

fn row(summary: &Summary, of: &PointSummary) -> [String; 8] {
    let Spread { p50, p99, max, .. } = of.wait_ms;
    let [p50, p99, max] = [p50, p99, max].map(figure_or_nothing);
    let throughput = comparison(summary, of).map_or_else(|| interval_or_nothing(None), throughput);
    let (point, stale) = (point(&of.point), percent(&of.stale_rate));
    [point, of.strategy.clone(), stale, p50, p99, max, throughput, of.verdict.to_string()]
}

/// With a mark if it says nothing about the system.
fn throughput(comparison: &Comparison) -> String {
    let mark = if comparison.is_saturated || comparison.throughput_ratio.is_none() { "" } else { "*" };
    format!("{mark}{}", interval_or_nothing(comparison.throughput_ratio.as_ref()))
}

/// The comparison of a strategy with the baseline; `None` for the baseline.
pub(super) fn comparison<'a>(summary: &'a Summary, of: &PointSummary) -> Option<&'a Comparison> {
    summary.comparisons.iter().find(|found| found.point == of.point && found.strategy == of.strategy)
}

/// How many eligible reads were stale under the guarantee.
pub(super) fn guaranteed(summary: &Summary) -> String {
    let rate = &summary.guaranteed;
    let under = guarantees(summary);
    let [hits, n] = [rate.hits, rate.n].map(grouped);
    match rate.rule_of_three {
        _ if rate.n == 0 => {
            "no read under the guarantee was eligible, so the guarantee was not tested".to_owned()
        }
        Some(bound) => {
            let bound = percent_bound(bound);
            format!(
                "Under {under}, 0 of {n} eligible reads were stale (upper bound {bound} % at 95 % confidence)"
            )
        }
        None => format!("Under {under}, {hits} of {n} eligible reads were stale: {} %", percent(rate)),
    }
}

/// The strategies that promise a guarantee.
fn guarantees(summary: &Summary) -> String {
    let strategies: BTreeSet<String> =
        summary.comparisons.iter().map(|comparison| format!("`{}`", comparison.strategy)).collect();
    let named = strategies.into_iter().collect::<Vec<_>>().join(" and ");
    if named.is_empty() { "the guarantee".to_owned() } else { named }
}

/// The loads that ratios of throughput are of, each with its points if there are several; `None` without a ratio.
fn loads(summary: &Summary) -> Option<String> {
    let mut points: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for comparison in summary.comparisons.iter().filter(|comparison| comparison.throughput_ratio.is_some()) {
        points.entry(comparison.load.to_string()).or_default().insert(point(&comparison.point));
    }
    let at = |(load, points): (&String, &BTreeSet<String>)| {
        format!("{load} at {}", points.iter().cloned().collect::<Vec<_>>().join(", "))
    };
    let loads = match points.len() {
        1 => points.keys().cloned().collect(),
        _ => points.iter().map(at).collect::<Vec<_>>(),
    };
    (!loads.is_empty()).then(|| format!("load of the throughput ratios: {}", loads.join("; ")))
}

/// The meaning of the mark at a ratio of throughputs, and what may be compared instead.
fn unsaturated(summary: &Summary) -> Option<String> {
    let marked = summary.comparisons.iter().filter(|comparison| !comparison.is_saturated);
    let ratios: Vec<Option<f64>> =
        marked.map(|comparison| comparison.latency_p50_ratio.map(|ratio| ratio.value)).collect();
    let known = || ratios.iter().flatten().copied();
    let range = known().reduce(f64::min).zip(known().reduce(f64::max));
    let latency = match range {
        None => "unknown".to_owned(),
        Some((low, high)) if low == high => figure(low),
        Some((low, high)) => ends(low, high).join(" to "),
    };
    let text = format!(
        "* not saturated: throughput is the offered load, so its ratio is no cost; latency p50 ratio: {latency}"
    );
    (!ratios.is_empty()).then_some(text)
}

/// Where strategies fall behind, if one of them does.
pub(super) fn saturated(summary: &Summary) -> Option<String> {
    let one = |found: &Saturation| {
        let Saturation { strategy, from_offered_ops_s, throughput_max_ops_s } = found;
        let most = figure(*throughput_max_ops_s);
        match from_offered_ops_s {
            Some(from) => {
                format!("{strategy} from {} ops/s offered (at most {most} achieved)", figure(*from))
            }
            None => format!("{strategy} nowhere (up to {most} ops/s achieved)"),
        }
    };
    let some = summary.saturation.iter().any(|found| found.from_offered_ops_s.is_some());
    some.then(|| format!("saturated: {}", summary.saturation.iter().map(one).collect::<Vec<_>>().join("; ")))
}

pub(super) fn timed_out(summary: &Summary) -> Option<String> {
    let reads: u64 = summary.points.iter().map(|point| point.reads.timed_out).sum();
    (reads > 0).then(|| format!("timed out: {reads} reads; their waits were cut at the bound"))
}

/// The worst wait beyond what the injected network accounts for.
pub(super) fn wait_beyond_network(summary: &Summary) -> Option<String> {
    let worst = worst(summary, |point| &point.excess_wait_ms)?;
    Some(format!("wait beyond the injected network delay, ms: {worst}"))
}

/// The worst injection error.
pub(super) fn injection_error(summary: &Summary) -> Option<String> {
    let worst = worst(summary, |point| &point.injection_error_ms)?;
    Some(format!("injection error, ms: {worst}"))
}

/// The worst point of each percentile; `None` if there is no sample at all.
fn worst(summary: &Summary, spread: fn(&PointSummary) -> &Spread) -> Option<String> {
    let spreads: Vec<&Spread> = summary.points.iter().map(spread).filter(|spread| spread.n > 0).collect();
    let worst = |part: fn(&Spread) -> Option<f64>| {
        figure_or_nothing(spreads.iter().filter_map(|spread| part(spread)).reduce(f64::max))
    };
    let [p50, p99, max] =
        [worst(|spread| spread.p50), worst(|spread| spread.p99), worst(|spread| spread.max)];
    let text = format!("p50 {p50}, p99 {p99}, max {max} (at the worst point)");
    (!spreads.is_empty()).then_some(text)
}

fn verdict(summary: &Summary) -> String {
    let style: Style = match summary.verdict {
        Verdict::Valid => AnsiColor::Green.on_default(),
        Verdict::Unknown => AnsiColor::Yellow.on_default(),
        Verdict::Violated => AnsiColor::Red.on_default().bold(),
    };
    let because = match summary.verdict {
        _ if summary.reasons.is_empty() => "",
        Verdict::Valid => ", but",
        Verdict::Unknown | Verdict::Violated => ", because",
    };
    format!("verdict: {style}{}{style:#}{because}", summary.verdict)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Fitness, LoadKind, Rate};

    fn sample() -> Summary {
        let mut summary: Summary = serde_json::from_str(include_str!("../results/testing/summary.json"))
            .expect("the sample is a summary");
        durable::leave_out(&mut summary);
        summary
    }

    /// The sample without what theory says of it, and on one substrate.
    fn alone() -> Summary {
        let mut summary = sample();
        summary.agreements.clear();
        summary.points.iter_mut().for_each(|point| point.expected = None);
        summary
    }

    fn plain(summary: &Summary) -> String {
        anstream::adapter::strip_str(&text(summary, WIDTH)).to_string()
    }

    #[test]
    fn an_outcome_reads_as_it_should() {
        assert_eq!(plain(&sample()), include_str!("testing/outcome.txt"));
    }

    #[test]
    fn a_run_in_doubt_says_why() {
        let mut summary = alone();
        summary.verdict = Verdict::Violated;
        summary.reasons =
            vec!["branch 2 lies in trial wait.delay_ms=5.r1".to_owned(), "and so on".to_owned()];
        summary.guaranteed = Rate::new(12, 4_000);
        summary.comparisons.iter_mut().for_each(|comparison| comparison.is_saturated = false);
        summary.saturation[0].from_offered_ops_s = Some(1_000.0);
        summary.fitness = Fitness::of(Vec::new());
        summary.expectations[0].holds = false;
        summary.expectations[0].value = None;
        for point in &mut summary.points {
            (point.injection_error_ms, point.excess_wait_ms) = (Spread::default(), Spread::default());
        }
        let text = plain(&summary);
        let (_, beneath) = text.split_once("\n\nUnder").unwrap();
        assert_eq!(
            beneath,
            " `wait`, 12 of 4,000 eligible reads were stale: 0.300 (0.171-0.524) %\n\
             load of the throughput ratios: closed loop without think time (the worst case) at delay_ms=20; \
             open loop at delay_ms=5\n\
             * not saturated: throughput is the offered load, so its ratio is no cost; \
             latency p50 ratio: 1.20 to 12.0\n\
             saturated: none from 1000 ops/s offered (at most 500 achieved); \
             wait nowhere (up to 499 ops/s achieved)\n\
             timed out: 10 reads; their waits were cut at the bound\n\
             expected wait_ms.p99@wait < 100: fails, absent under `wait` delay_ms=20\n\
             fitness: fit\n\
             verdict: violated, because\n  branch 2 lies in trial wait.delay_ms=5.r1\n  and so on\n"
        );
    }

    #[test]
    fn the_load_of_throughput_ratios_is_named_once_if_it_is_one_and_not_at_all_without_a_ratio() {
        let mut summary = sample();
        let load = LoadKind::ClosedWithThinkTime;
        summary.comparisons.iter_mut().for_each(|comparison| comparison.load = load);
        let expected = "load of the throughput ratios: closed loop with think time";
        assert_eq!(loads(&summary).as_deref(), Some(expected));
        summary.comparisons.iter_mut().for_each(|comparison| comparison.throughput_ratio = None);
        assert_eq!(loads(&summary), None);
    }

    #[test]
    fn a_run_without_eligible_reads_claims_nothing() {
        let mut summary = sample();
        summary.guaranteed = Rate::new(0, 0);
        let text = plain(&summary);
        assert!(
            text.contains("\nno read under the guarantee was eligible, so the guarantee was not tested\n"),
            "{text}"
        );
        assert!(!text.contains("upper bound"), "{text}");
    }

    #[test]
    fn many_swept_values_make_the_table_longer_and_not_wider() {
        let mut summary = alone();
        let of_points = summary.points.iter_mut().map(|found| &mut found.point);
        for point in of_points.chain(summary.comparisons.iter_mut().map(|found| &mut found.point)) {
            for (key, value) in [("workload.arrival.poisson_per_s", 64_000), ("cluster.branches", 3)] {
                point.insert(key.to_owned(), value.into());
            }
        }
        // The widest that differences are.
        let costs = summary.comparisons.iter_mut().map(|found| &mut found.read_cost);
        for interval in costs.flat_map(|cost| [&mut cost.all.p50_ms, &mut cost.all.p99_ms]).flatten() {
            (interval.value, interval.low, interval.high) = (-0.0655, -12.34, 1.617);
        }
        let text = plain(&summary);
        let (table, _) = text.split_once("\n\nUnder").unwrap();
        let widest = table.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(WIDTH.into()), "{table}");
        assert!(table.contains("60.0 (57.8-62.2)"), "{table}");
        // An interval that has no room beside its value is below it.
        assert!(table.contains(" -0.07 ") && table.contains(" (-12.4..1.62) "), "{table}");
    }

    #[test]
    fn only_the_verdict_is_coloured() {
        let text = text(&sample(), WIDTH);
        let coloured: Vec<&str> = text.lines().filter(|line| line.contains('\u{1b}')).collect();
        assert_eq!(coloured.len(), 1, "{text}");
        assert!(coloured[0].starts_with("verdict: "), "{text}");
    }
}
