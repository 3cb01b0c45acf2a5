//! Results as tables of text.

use super::{measures, summary};
use crate::results::{Summary, tables};

/// The golden file was composed from `summary.json` by another program.
#[test]
fn a_summary_has_a_row_for_each_point_and_strategy() {
    assert_eq!(tables::summary_csv(&summary()), include_str!("summary.csv"));
}

#[test]
fn no_column_is_empty_in_all_rows_of_a_full_sample_but_those_that_no_sample_can_carry() {
    let text = tables::summary_csv(&summary());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heading = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let empty = |&column: &usize| rows.iter().all(|row| row[column].is_empty());
    let found: Vec<&str> = (0..heading.len()).filter(empty).map(|column| &heading[column]).collect();
    // Less than ten of the sample's operations are 0.01 % of all, or 0.1 % of its waits.
    let too_few =
        |name: &&str| name.ends_with(".p9999") || (name.contains("wait_") && name.ends_with(".p999"));
    assert!(found.iter().all(too_few), "{found:?}");
}

#[test]
fn what_needs_quotes_has_them_and_a_point_without_a_swept_key_leaves_its_cell_empty() {
    let mut summary: Summary = summary();
    summary.points.truncate(2);
    summary.points[0].point = [("name".to_owned(), "a,\"b\"".into())].into_iter().collect();
    let text = tables::summary_csv(&summary);
    let begins: Vec<String> = text.lines().map(|line| line.chars().take(56).collect()).collect();
    assert_eq!(
        begins,
        [
            "experiment,started,seed,point.delay_ms,point.name,strate",
            "quickstart,2026-11-23T22:45:01Z,1,,\"a,\"\"b\"\"\",none,valid,",
            "quickstart,2026-11-23T22:45:01Z,1,5,,wait,valid,3000,299",
        ]
    );
}

#[test]
fn a_trial_has_a_row_for_each_second() {
    assert_eq!(
        tables::seconds_csv(&measures().seconds),
        "from_s,width_s,ok,not_ok,stale,parked_max,latency_p50_ms,latency_p99_ms,latency_max_ms\n\
         0.0,1.0,500,2,1,3,0.25,12.5,20.0\n\
         1.0,0.5,500,2,1,3,0.25,,20.0\n"
    );
}
