//! Results of a swarm and of the mutation test, as tables.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, LineStyle, Table};

use crate::verify::{CoverageRow, Failed, MutantReport, SwarmReport};

/// At most so many seeds that prove nothing are named.
const NAMED_MAX: usize = 5;

/// How often everything occurred.
pub(super) fn table(swarmed: &SwarmReport) -> String {
    let rows = swarmed.coverage.rows().into_iter().map(|(row, count)| {
        let mark = if count.trials == 0 { "never" } else { "" };
        [row.to_string(), count.trials.to_string(), count.times.to_string(), mark.to_owned()]
    });
    framed(["occurred", "seeds", "times", ""], rows, &[1, 2])
}

/// A few lines: how much was run, what is missing, and the verdict.
pub(super) fn summary(swarmed: &SwarmReport) -> String {
    let SwarmReport { trials, operations, coverage, failed, idle, unknown } = swarmed;
    let mut lines = vec![format!("seeds: {trials}; operations: {operations}")];
    let missing: Vec<String> = coverage.missing().iter().map(CoverageRow::to_string).collect();
    if failed.is_none() && !missing.is_empty() {
        lines.push(format!("never occurred: {}", missing.join("; ")));
    }
    if *idle > 0 {
        lines.push(format!("seeds in which no read was answered: {idle}"));
    }
    for (seed, why) in unknown.iter().take(NAMED_MAX) {
        lines.push(format!("seed {seed} proves nothing: {why}"));
    }
    let more = unknown.len().saturating_sub(NAMED_MAX);
    if more > 0 {
        lines.push(format!("and {more} more prove nothing"));
    }
    lines.push(match failed {
        Some(Failed { case, failure, .. }) => {
            format!("verdict: violated, {} at seed {}", failure.kind, case.seed)
        }
        None if *trials == 0 => "verdict: unknown, nothing was run".to_owned(),
        None => "verdict: no violation found".to_owned(),
    });
    lines.join("\n") + "\n"
}

/// Every mutant, and whether it was caught; then the same seeds without any.
pub(super) fn mutants(reports: &[MutantReport], clean: &SwarmReport) -> String {
    let rows = reports.iter().map(|report| {
        let MutantReport { mutant, caught, seeds, operations } = report;
        let (by, command) = match caught {
            Some(Failed { case, failure, .. }) => {
                let kinds: Vec<&str> = failure.kinds.iter().map(String::as_str).collect();
                (kinds.join(", "), case.command())
            }
            None => ("not caught".to_owned(), String::new()),
        };
        [mutant.to_string(), by, seeds.to_string(), operations.to_string(), command]
    });
    let mut text = framed(["mutant", "caught by", "seeds", "operations", "reproduce"], rows, &[2, 3]);
    let caught = reports.iter().filter(|report| report.caught.is_some()).count();
    text.push_str(&format!("caught: {caught} of {}\n", reports.len()));
    text.push_str(&match &clean.failed {
        None => format!("without a mutant the same {} seeds are clean\n", clean.trials),
        Some(Failed { case, failure, .. }) => {
            format!("without a mutant seed {} fails: {}\n", case.seed, failure.kind)
        }
    });
    text
}

fn framed<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    figures: &[usize],
) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING.header_separator(LineStyle::none().fill('-').junction('-')));
    table.set_header(header);
    rows.for_each(|row| {
        table.add_row(row);
    });
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if figures.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}
