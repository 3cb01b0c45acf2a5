//! The CSV beside each chart has the figures that were drawn, and no others.

use serde_json::json;

use super::super::TheoryCurve;
use super::super::kinds::sketch;
use super::super::testing::{Experiment, KEY, interval, mean, object};
use crate::results::{ChartKind, ChartSpec, Comparison, Floor, Rate, Summary};

fn csv(experiment: &Experiment, kind: ChartKind) -> String {
    sketch(&ChartSpec { kind, x: None }, &experiment.input()).table.csv()
}

fn expect(experiment: &Experiment, kind: ChartKind, heading: &str, rows: &[&str]) {
    let text = csv(experiment, kind);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(heading));
    assert_eq!(lines.collect::<Vec<_>>(), rows);
}

fn at_10_ms(strategies: &[&str]) -> Experiment {
    Experiment::new(&[mean(10)], strategies)
}

#[test]
fn latencies_of_reads_are_given_by_percentile_for_all_and_for_eligible_reads() {
    let text = csv(&at_10_ms(&["none", "wait"]), ChartKind::ReadLatency);
    let of = |prefix: &str| text.lines().filter(|line| line.starts_with(prefix)).collect::<Vec<_>>();
    assert_eq!(text.lines().next(), Some(&*format!("{KEY},strategy,reads,repetition,share,ms")));
    // Twenty latencies of 1 to 20 ms, in each of two repetitions. Ten of the forty lie beyond 74.9 %, the last step.
    let rows = [("none,all", 1.0), ("wait,all", 2.0), ("none,eligible", 1.0), ("wait,eligible", 3.0)];
    for (name, times) in rows {
        let pooled = of(&format!("10,{name},pooled,"));
        let ms = |line: &str| line.rsplit(',').next().and_then(|ms| ms.parse::<f64>().ok()).expect(line);
        assert_eq!(pooled.len(), 12, "{name}");
        assert!(
            (ms(pooled[0]) - 3.0 * times).abs() < 0.1 && (ms(pooled[11]) - 15.0 * times).abs() < 0.1,
            "{name}"
        );
        assert_eq!([0, 1].map(|repetition| of(&format!("10,{name},{repetition},")).len()), [6, 6], "{name}");
    }
}

#[test]
fn differences_of_the_same_read_have_a_panel_where_reads_are_paired() {
    let drawn = |experiment: &Experiment| {
        let spec = ChartSpec { kind: ChartKind::ReadLatency, x: None };
        let drawn = sketch(&spec, &experiment.input());
        (drawn.picture.panels.len(), drawn.table.csv().matches(",wait,difference,median,").count())
    };
    let mut experiment = at_10_ms(&["none", "wait"]);
    assert_eq!(drawn(&experiment), (2, 0));
    let sample: Summary = serde_json::from_str(include_str!("../../results/testing/summary.json"))
        .expect("the sample is a summary");
    let is_paired = |found: &&Comparison| found.read_cost.paired.is_some();
    let paired = sample.comparisons.iter().find(is_paired).expect("the sample has pairs");
    let points = paired.read_cost.paired.as_ref().map(|paired| paired.curve.len());
    experiment.summary.comparisons = vec![Comparison { point: mean(10), ..paired.clone() }];
    assert_eq!(drawn(&experiment), (3, points.unwrap_or_default()));
}

#[test]
fn waits_are_given_pooled_and_by_repetition_and_of_strategies_that_wait() {
    let text = csv(&at_10_ms(&["none", "wait"]), ChartKind::WaitCcdf);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("{KEY},strategy,repetition,wait_ms,share_above"));
    // Five of ten wait: 0 ms and five values, for both repetitions together and for each.
    assert_eq!(lines.len(), 1 + 3 * 6);
    assert_eq!(
        (lines[1], lines[7], lines[13]),
        ("10,wait,pooled,0,0.5", "10,wait,0,0,0.5", "10,wait,1,0,0.5")
    );
    let shares: Vec<&str> = lines[1..7].iter().filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(shares, ["0.5", "0.4", "0.3", "0.2", "0.1", "0"]);
}

#[test]
fn stale_rates_have_their_interval_their_bound_and_their_range() {
    let mut experiment = at_10_ms(&["none", "wait"]);
    experiment.summary.points[1].stale_rate = Rate::over(&[(0, 150), (0, 150)]);
    let heading =
        "strategy,stale,eligible_ok_reads,stale_rate,low,high,rule_of_three,repetitions_low,repetitions_high";
    let text = csv(&experiment, ChartKind::StaleRate);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("{KEY},{heading},closed_form"));
    // Wilson's interval of 10 in 20 is 0.2993 to 0.7007.
    assert!(lines[1].starts_with("10,none,10,20,0.5,0.299"), "{}", lines[1]);
    assert!(lines[1].ends_with(",,0.5,0.5,"), "{}", lines[1]);
    assert!(lines[2].starts_with("10,wait,0,300,0,") && lines[2].ends_with(",0.01,0,0,"), "{}", lines[2]);
}

#[test]
fn freshness_is_summed_over_repetitions_and_followed_by_theory() {
    let mut experiment = at_10_ms(&["wait"]);
    let curve =
        |point| TheoryCurve { point, label: "closed form".to_owned(), points: vec![(1.0, 0.25), (2.0, 0.5)] };
    // The second belongs to a point that was not measured.
    experiment.curves = vec![curve(mean(10)), curve(mean(11))];
    let text = csv(&experiment, ChartKind::PFresh);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("{KEY},series,from_ms,until_ms,time_ms,fresh,reads,p_fresh,low,high"));
    assert!(lines[1].starts_with("10,wait,0,1,0.5,4,16,0.25,"), "{}", lines[1]);
    assert!(lines[2].starts_with("10,wait,1,10,4,12,16,0.75,"), "{}", lines[2]);
    assert_eq!(lines[3..], ["10,closed form,,,1,,,0.25,,", "10,closed form,,,2,,,0.5,,"]);
}

#[test]
fn load_has_throughput_and_latency_by_strategy() {
    let key = "workload.arrival.poisson_per_s";
    let points = [object(json!({ key: 100 })), object(json!({ key: 200 }))];
    let mut experiment = Experiment::new(&points, &["none"]);
    experiment.summary.points[1].offered_ops_s = Some(200.5);
    experiment.summary.points[1].throughput_ops_s = interval(150.0);
    let text = csv(&experiment, ChartKind::Load);
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(rows, ["100,none,100,99,98,100,2,,,8,,,4,,", "200,none,200.5,150,149,151,2,,,8,,,4,,"]);
    experiment.summary.points.iter_mut().for_each(|point| point.offered_ops_s = None);
    assert_eq!(csv(&experiment, ChartKind::Load).lines().count(), 1, "a closed loop offers no load");
}

#[test]
fn a_time_line_has_one_trial_of_each_strategy_with_its_faults() {
    let rates = "strategy,trial,from_s,width_s,ok_per_s,not_ok_per_s";
    let heading = format!("{KEY},{rates},latency_p50_ms,latency_p99_ms,stale,parked_max,faults");
    let rows = [
        "10,wait,wait-0,0,1,100,0,1.5,,0,2,",
        "10,wait,wait-0,1,1,100,1,1.5,,1,2,\"partition 1 | 2, 3\"",
        "10,wait,wait-0,2,1,100,0,1.5,,2,2,",
        "10,wait,wait-0,3,1,100,0,,,3,2,",
    ];
    expect(&at_10_ms(&["wait"]), ChartKind::TimeLine, &heading, &rows);
}

#[test]
fn a_time_line_is_of_the_first_point_that_has_faults() {
    let mut experiment = Experiment::small();
    let at_10 = experiment.trials.iter_mut().filter(|trial| trial.point == mean(10));
    at_10.for_each(|trial| trial.measures.faults.clear());
    let text = csv(&experiment, ChartKind::TimeLine);
    assert!(text.lines().skip(1).all(|line| line.starts_with("20,")), "{text}");
}

#[test]
fn lateness_is_of_all_trials_by_leg() {
    let text = csv(&Experiment::small(), ChartKind::InjectionError);
    let legs: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(legs, ["requests"; 4], "no value is 0, so the curve begins at 1 there");
    let shares: Vec<&str> = text.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(shares, ["1", "0.6666666666666666", "0.3333333333333333", "0"]);
}

#[test]
fn a_floor_is_drawn_as_ratios_of_what_is_closed_and_as_latencies_of_what_has_no_queue() {
    let floor: Floor = serde_json::from_str(include_str!("../../results/testing/floor.json"))
        .expect("the sample is a floor");
    let charts = super::super::floor(&floor);
    let names: Vec<&str> = charts.iter().map(|chart| chart.name.as_str()).collect();
    assert_eq!(names, ["ratios", "spectrum"]);
    let ratios: Vec<&str> = charts[0].csv.lines().collect();
    assert_eq!(ratios[0], "case,load,figure,ratio,ratio_low,ratio_high");
    assert_eq!(
        ratios[2], "query satisfied,1 in flight,\"throughput, of the bare call's\",0.95,0.9,1",
        "an open loop's throughput is what was offered"
    );
    assert_eq!(ratios.len(), 1 + 2 * 2);
    let spectrum: Vec<&str> = charts[1].csv.lines().collect();
    assert_eq!(spectrum[0], "case,load,quantile,latency_us,latency_low_us,latency_high_us");
    assert_eq!(spectrum.len(), 1 + 4 * 3, "three quantiles of each lane");
    assert!(spectrum[12].starts_with("query satisfied,\"open loop, 55000/s\",0.99,22"), "{}", spectrum[12]);
    assert_eq!(charts, super::super::floor(&floor), "the same figures give the same bytes");
}
