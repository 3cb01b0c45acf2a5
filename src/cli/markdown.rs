//! Saved runs as a section of a README.

use super::figure::{figure_or_nothing, interval, ms_above_or_nothing, percent, point};
use super::{agreement, durable, findings, outcome, reads_by_fault, theory};
use crate::results::{
    Code, Comparison, Host, LatencyDifference, Manifest, Method, PointSummary, ReadCost, Spread, Summary,
};

/// One run and its folder.
pub(super) struct SavedRun {
    /// The path that links begin with.
    pub folder: String,
    pub manifest: Manifest,
    pub summary: Summary,
    /// What its folder has lost since it was summed up.
    pub lost: Option<String>,
    /// File names in its folder of charts.
    pub charts: Vec<String>,
}

/// A heading; then for each run its question, tables, origin of the figures, and charts.
pub(super) fn section(runs: &[SavedRun]) -> String {
    let mut parts = vec!["## What does read-your-writes cost?".to_owned(), LEGEND.to_owned()];
    for run in runs {
        parts.push(format!("### {}", one_line(&run.summary.question)));
        parts.extend(table(&run.summary));
        let SavedRun { summary, .. } = run;
        let alignment = "|---|---|---|--:|--:|--:|--:|--:|--:|";
        parts.extend(listed(reads_by_fault::COLUMNS, alignment, &reads_by_fault::rows(summary)));
        parts.extend(listed(theory::COLUMNS, "|---|---|--:|--:|---|", &theory::rows(summary)));
        parts.extend(listed(agreement::COLUMNS, "|---|---|---|--:|--:|--:|---|", &agreement::rows(summary)));
        parts.extend(listed(durable::COLUMNS, "|---|---|--:|--:|--:|", &durable::rows(summary)));
        let returns: Vec<String> =
            durable::returns(summary).into_iter().map(|line| format!("* {line}")).collect();
        parts.extend((!returns.is_empty()).then(|| returns.join("\n")));
        let against = findings::against(run);
        let listed: Vec<String> = against.iter().map(|text| format!("* {}", one_line(text))).collect();
        parts.extend((!listed.is_empty()).then(|| listed.join("\n")));
        parts.push(ground(run));
        parts.extend(charts(run));
    }
    parts.join("\n\n") + "\n"
}

/// How to read all tables.
const LEGEND: &str = "\
Latency of reads runs from the intended start, percentiles are medians over repetitions, and a difference to the \
baseline is one within a repetition. The stale rate is the share of *eligible* reads (reads that follow the session's \
own write at another branch) that missed that write, with a 95 % interval. Ratios to the baseline are medians of \
paired repetitions. A throughput \
ratio appears only where the system limits throughput; elsewhere throughput is what was offered.";

/// Rows under a line of column titles; `None` without rows.
fn listed<const N: usize>(columns: [&str; N], alignment: &str, rows: &[[String; N]]) -> Option<String> {
    let line =
        |cells: &[String; N]| format!("| {} |", cells.each_ref().map(|cell| escaped(cell)).join(" | "));
    let heading = format!("| {} |\n{alignment}", columns.map(one_line).join(" | "));
    let lines = [heading].into_iter().chain(rows.iter().map(line));
    (!rows.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n"))
}

/// A row for each strategy but the baseline at each point; `None` if nothing is compared.
fn table(summary: &Summary) -> Option<String> {
    let baseline = &summary.comparisons.first()?.baseline;
    let heading = format!(
        "| point | strategy | all reads: p50, `{baseline}` → it, ms | p99, ms | p99.9, ms \
         | p99 above `{baseline}`'s, ms \
         | eligible reads: p99 above `{baseline}`'s, ms | their wait p99, ms | stale under `{baseline}`, % \
         | throughput ratio | verdict |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|"
    );
    let rows = summary.comparisons.iter().map(|comparison| row(summary, comparison));
    Some([heading].into_iter().chain(rows).collect::<Vec<_>>().join("\n"))
}

fn row(summary: &Summary, comparison: &Comparison) -> String {
    let at = |strategy: &str| {
        let same = |found: &&PointSummary| found.point == comparison.point && found.strategy == strategy;
        summary.points.iter().find(same)
    };
    let (baseline, guarded) = (at(&comparison.baseline), at(&comparison.strategy));
    let reads = |part: fn(&Spread) -> Option<f64>| {
        let of = |point: &PointSummary| part(&point.read_latency_ms);
        let [without, with] = [baseline, guarded].map(|point| figure_or_nothing(point.and_then(of)));
        format!("{without} → {with}")
    };
    let p99_above = |population: fn(&ReadCost) -> &LatencyDifference| {
        ms_above_or_nothing(population(&comparison.read_cost).p99_ms.as_ref())
    };
    let throughput = comparison.throughput_ratio.as_ref().filter(|_| comparison.is_saturated);
    let verdict = baseline.into_iter().chain(guarded).map(|point| point.verdict).max();
    let cells = [
        point(&comparison.point),
        format!("`{}`", comparison.strategy),
        reads(|spread| spread.p50),
        reads(|spread| spread.p99),
        reads(|spread| spread.p999),
        p99_above(|cost| &cost.all),
        p99_above(|cost| &cost.eligible),
        figure_or_nothing(guarded.and_then(|point| point.wait_ms.p99)),
        baseline.map_or_else(|| "-".to_owned(), |point| percent(&point.stale_rate)),
        throughput
            .map_or_else(|| "-".to_owned(), |ratio| format!("{}, {}", interval(ratio), comparison.load)),
        verdict.unwrap_or(summary.verdict).to_string(),
    ];
    format!("| {} |", cells.map(|cell| escaped(&cell)).join(" | "))
}

/// The paragraph below the tables: agreement, guarantee, bounds, and the origin of the figures.
fn ground(run: &SavedRun) -> String {
    let SavedRun { folder, manifest, summary, .. } = run;
    let agreements = [theory::agreement(summary), agreement::summary(summary)].into_iter().flatten();
    let mut said = vec![format!("Verdict: {}; fitness: {}.", summary.verdict, findings::fitness(summary))];
    said.extend(agreements.map(|text| sentence(&text)));
    said.push(sentence(&outcome::guaranteed(summary)));
    said.extend(
        [outcome::saturated(summary), outcome::timed_out(summary)]
            .into_iter()
            .flatten()
            .map(|text| sentence(&text)),
    );
    said.extend(outcome::wait_beyond_network(summary).map(|text| sentence(&text)));
    said.extend(outcome::injection_error(summary).map(|text| sentence(&text)));
    let repetitions = summary.points.iter().map(|point| point.trials.len()).min().unwrap_or(0);
    said.push(format!(
        "Repetitions: {repetitions}{}; seed {}; {}; {}. Made by `{}`, saved in [`{folder}`]({folder}).",
        intervals(summary),
        summary.seed,
        commit(&manifest.code),
        machine(&manifest.code, &manifest.machine),
        command_line(manifest),
    ));
    said.join(" ")
}

/// A line of the terminal's outcome as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// How the intervals of ratios were made.
fn intervals(summary: &Summary) -> &'static str {
    match summary.comparisons.iter().find_map(|comparison| comparison.throughput_ratio.map(|it| it.method)) {
        Some(Method::Range) => ", with the range as interval of ratios",
        Some(Method::OrderStatistics) => ", with order statistics as interval of ratios, at 95 % or more",
        Some(Method::Bootstrap) => ", with bootstrap intervals of ratios",
        None | Some(Method::Blocks | Method::Repetitions) => "",
    }
}

pub(super) fn commit(code: &Code) -> String {
    let Some(commit) = &code.commit else { return "commit unknown".to_owned() };
    let short = commit.get(..12).unwrap_or(commit);
    let changes = if code.is_clean == Some(true) { "" } else { " with changes" };
    format!("commit {short}{changes}")
}

pub(super) fn machine(code: &Code, machine: &Host) -> String {
    let processor = machine.processor.as_deref().unwrap_or("an unknown processor");
    format!("{} build on {} cores of {processor}", code.profile, machine.cores)
}

fn command_line(manifest: &Manifest) -> String {
    let quoted = |word: &String| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() };
    manifest.command_line.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// The charts side by side, without their PNGs, and without that of the injection error, whose figures suffice.
fn charts(run: &SavedRun) -> Option<String> {
    let pictures = run.charts.iter().filter_map(|name| name.strip_suffix(".svg"));
    let shown = pictures.filter(|name| !name.starts_with("injection_error"));
    let tag = |name: &str| {
        let SavedRun { folder, summary, .. } = run;
        format!(
            "<img src=\"{folder}/charts/{name}.svg\" width=\"49%\" alt=\"{name} of {}\">",
            summary.experiment
        )
    };
    let tags: Vec<String> = shown.map(tag).collect();
    (!tags.is_empty()).then(|| tags.join("\n"))
}

/// The text as a cell of a table.
pub(super) fn escaped(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::results::{Rate, SCHEMA, Verdict};

    pub fn sample() -> SavedRun {
        let mut summary: Summary = serde_json::from_str(include_str!("../results/testing/summary.json"))
            .expect("the sample is a summary");
        durable::leave_out(&mut summary);
        SavedRun {
            folder: "results/quickstart/20261123T224501Z".to_owned(),
            manifest: manifest(&summary),
            summary,
            lost: None,
            charts: ["fresh.csv", "fresh.png", "fresh.svg", "wait_ccdf.svg"].map(str::to_owned).to_vec(),
        }
    }

    fn manifest(summary: &Summary) -> Manifest {
        let code = Code {
            version: "0.1.0".to_owned(),
            commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            is_clean: Some(true),
            toolchain: "rustc 1.88.0".to_owned(),
            profile: "release".to_owned(),
        };
        let processor = Some("AMD EPYC".to_owned());
        let machine = Host { cores: 2, processor, kernel: None, memory_bytes: None, load_average: None };
        Manifest {
            schema: SCHEMA.to_owned(),
            experiment: summary.experiment.clone(),
            question: summary.question.clone(),
            started: summary.started.clone(),
            seed: summary.seed,
            spec: String::new(),
            command_line: ["readback", "run", "quick start.toml"].map(str::to_owned).to_vec(),
            code,
            machine,
            points: Vec::new(),
            trials: summary.points.iter().flat_map(|point| point.trials.clone()).collect(),
        }
    }

    #[test]
    fn a_section_has_tables_figures_and_charts() {
        assert_eq!(section(&[sample()]), include_str!("testing/section.md"));
    }

    #[test]
    fn runs_follow_one_another_under_one_heading() {
        let text = section(&[sample(), sample()]);
        assert_eq!(text.matches("\n### What does").count(), 2);
        assert_eq!(text.matches("## What does read-your-writes cost?\n").count(), 1, "{text}");
    }

    #[test]
    fn a_section_shows_what_speaks_against_its_run() {
        let mut run = sample();
        run.manifest.code.is_clean = Some(false);
        run.summary.guaranteed = Rate::new(12, 4_000);
        run.summary.points[0].verdict = Verdict::Unknown;
        run.charts.clear();
        let text = section(&[run]);
        assert!(text.contains(" commit 0123456789ab with changes; "), "{text}");
        assert!(text.contains("Under `wait`, 12 of 4,000 eligible reads were stale: 0.300 "), "{text}");
        // The control of the first point gave no evidence.
        let verdicts: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("| `wait` |"))
            .filter_map(|line| line.rsplit(' ').nth(1))
            .collect();
        assert_eq!(verdicts, ["unknown", "valid"], "{text}");
        assert!(!text.contains("<img"), "{text}");
    }

    #[test]
    fn a_run_of_one_strategy_has_no_table() {
        let mut run = sample();
        run.summary.comparisons.clear();
        run.summary.points.iter_mut().for_each(|point| {
            point.expected = None;
            point.by_fault.clear();
        });
        run.summary.agreements.clear();
        let text = section(&[run]);
        assert!(!text.contains('|'), "{text}");
        assert!(text.contains(" Repetitions: 3; seed 1; "), "{text}");
    }

    #[test]
    fn a_swept_value_cannot_break_the_table() {
        let mut run = sample();
        for point in run.summary.points.iter_mut().map(|found| &mut found.point) {
            point.insert("order".to_owned(), "a|b\nc".into());
        }
        for point in run.summary.comparisons.iter_mut().map(|found| &mut found.point) {
            point.insert("order".to_owned(), "a|b\nc".into());
        }
        let text = section(&[run]);
        assert!(text.contains("\n| delay_ms=5 order=a\\|b c | `wait` | 0.500 → 0.600 "), "{text}");
    }
}
