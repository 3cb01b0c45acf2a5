//! The folder of one trial.

use std::fs;
use std::io::{Read as _, Write as _};
use std::ops::Range;
use std::time::Duration;

use tempfile::{TempDir, tempdir};

use super::{files, histograms, judgement, measures, observed};
use crate::results::{Folder, Span, TrialFolder};

const MEASURED: Range<Duration> = Duration::ZERO..Duration::from_secs(2);

fn trial() -> (TempDir, TrialFolder) {
    let root = tempdir().unwrap();
    let trial = Folder::create_at(root.path()).unwrap().begin_trial("none.r1").unwrap();
    (root, trial)
}

#[test]
fn a_trial_reads_back_as_it_was_written() {
    let (_root, trial) = trial();
    trial.write_plan("seed = 1\n").unwrap();
    let mut history = trial.begin_history().unwrap();
    history.write_all(b"lines").unwrap();
    history.keep().unwrap();
    trial.write_observed(&observed()).unwrap();
    trial.write_judgement(&judgement()).unwrap();
    trial.write_measures(&measures()).unwrap();
    trial.write_histograms(&histograms(&[Span::Wait, Span::Lag]), MEASURED).unwrap();

    assert_eq!(trial.plan().unwrap(), "seed = 1\n");
    let mut lines = String::new();
    trial.history().unwrap().read_to_string(&mut lines).unwrap();
    assert_eq!(lines, "lines");
    assert_eq!(trial.observed().unwrap(), observed());
    assert_eq!(trial.judgement().unwrap(), judgement());
    assert_eq!(trial.measures().unwrap(), measures());
    assert_eq!(trial.histograms().unwrap(), histograms(&[Span::Wait, Span::Lag]));
    let names: Vec<String> = files(trial.path()).into_keys().collect();
    assert_eq!(
        names,
        [
            "histograms.hlog",
            "history.jsonl.gz",
            "lag.hgrm",
            "measures.json",
            "observed.json",
            "plan.toml",
            "seconds.csv",
            "verdict.json",
            "wait.hgrm"
        ]
    );
}

#[test]
fn a_trial_is_complete_once_its_history_is_kept_and_what_was_observed_is_there() {
    let (_root, trial) = trial();
    let history = trial.begin_history().unwrap();
    trial.write_observed(&observed()).unwrap();
    assert!(!trial.is_complete(), "the history is not kept yet");
    history.keep().unwrap();
    assert!(trial.is_complete());
    fs::remove_file(trial.path().join("observed.json")).unwrap();
    assert!(!trial.is_complete(), "what was observed is gone");
}

#[test]
fn a_history_that_is_not_kept_stays_as_a_part_and_the_next_attempt_replaces_it() {
    let (_root, trial) = trial();
    let mut history = trial.begin_history().unwrap();
    history.write_all(b"a long beginning").unwrap();
    drop(history);
    assert_eq!(
        files(trial.path()).into_iter().collect::<Vec<_>>(),
        [("history.jsonl.gz.part".to_owned(), 16)]
    );
    let error = trial.history().unwrap_err().to_string();
    assert!(error.ends_with("the trial did not run to its end; run the experiment again"), "{error}");

    let mut history = trial.begin_history().unwrap();
    history.write_all(b"whole").unwrap();
    history.keep().unwrap();
    assert_eq!(files(trial.path()).into_iter().collect::<Vec<_>>(), [("history.jsonl.gz".to_owned(), 5)]);
}

#[test]
fn a_histogram_that_is_gone_leaves_no_text_behind() {
    let (_root, trial) = trial();
    trial.write_histograms(&histograms(&[Span::Wait, Span::Lag]), MEASURED).unwrap();
    trial.write_histograms(&histograms(&[Span::Lag]), MEASURED).unwrap();
    let names: Vec<String> = files(trial.path()).into_keys().collect();
    assert_eq!(names, ["histograms.hlog", "lag.hgrm"]);
}

#[test]
fn a_damaged_log_of_histograms_is_reported_with_its_file_and_line() {
    let (_root, trial) = trial();
    trial.write_histograms(&histograms(&[Span::Wait]), MEASURED).unwrap();
    let path = trial.path().join("histograms.hlog");
    let log = fs::read(&path).unwrap();
    fs::write(&path, &log[..log.len() - 30]).unwrap();
    let expected = "line 5 is no interval of a histogram log, or it is cut off; \
        the trial did not run to its end; run the experiment again";
    assert_eq!(trial.histograms().unwrap_err().to_string(), format!("{}: {expected}", path.display()));
}
