//! The visible chart: texts, markers, and the bytes of both media.

use serde_json::{Map, json};

use super::super::draw::{SeriesStyle, Sketch, svg as svg_of};
use super::super::kinds::sketch;
use super::super::testing::{Experiment, KEY, KINDS, mean, object};
use super::super::{Chart, charts, free_name};
use crate::results::{
    Agreement, ChartKind, ChartSpec, ClosedForm, Fitness, FreshBin, Histograms, Rate, UnfitKind, UnfitReason,
};

fn spec(kind: ChartKind) -> ChartSpec {
    ChartSpec { kind, x: None }
}

fn drawn(experiment: &Experiment, kind: ChartKind) -> Sketch {
    sketch(&spec(kind), &experiment.input())
}

fn svg(experiment: &Experiment, kind: ChartKind) -> String {
    svg_of(&drawn(experiment, kind).picture)
}

/// The texts of an SVG, as a reader sees them.
fn texts(svg: &str) -> Vec<String> {
    let inner = svg.split("<text ").skip(1).filter_map(|text| text.split('>').nth(1)?.split('<').next());
    let unescaped = |text: &str| text.trim().replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&");
    inner.map(unescaped).collect()
}

fn says(svg: &str, expected: &str) -> bool {
    texts(svg).iter().any(|text| text.contains(expected))
}

/// Opening and closing tags match: plotters writes `<a ...>`, `</a>` and `<a .../>`, and escapes the rest.
fn is_well_formed(svg: &str) -> bool {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let Some((tag, text)) = tag.split_once('>') else { return false };
        let name = tag.trim_start_matches('/').split([' ', '/']).next();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) if open.pop() != name => return false,
            (true, _) | (false, true) => {}
            (false, false) => open.push(name.unwrap_or_default()),
        }
        if text.contains('>') || tag.matches('"').count() % 2 == 1 {
            return false;
        }
    }
    open.is_empty()
}

#[test]
fn every_chart_says_its_question_n_repetitions_seed_and_experiment() {
    let rows = [
        (ChartKind::ReadLatency, "N = 160 reads · 2 repetitions"),
        (ChartKind::WaitCcdf, "N = 80 eligible reads · 2 repetitions"),
        (ChartKind::StaleRate, "N = 80 eligible reads · 2 repetitions"),
        (ChartKind::PFresh, "N = 128 reads · 2 repetitions"),
        (ChartKind::Load, "N = 160 operations · 2 repetitions"),
        (ChartKind::TimeLine, "N = 802 operations · repetition 0 alone"),
        (ChartKind::InjectionError, "N = 24 messages · 2 repetitions"),
        (ChartKind::Cost, "N = 160 operations · 2 repetitions"),
    ];
    let experiment = Experiment::small();
    for (kind, n) in rows {
        let svg = svg(&experiment, kind);
        assert!(is_well_formed(&svg), "{kind:?}");
        assert!(says(&svg, &format!("cost-of-delay · {n} · seed 7 · sim")), "{kind:?}: {:?}", texts(&svg));
        assert!(texts(&svg)[0].ends_with('?'), "{kind:?}");
    }
}

#[test]
fn a_chart_of_an_unfit_measurement_says_what_makes_it_unfit() {
    let mut experiment = Experiment::small();
    let mark = "seed 7 · sim · unfit: late generator";
    assert!(!says(&svg(&experiment, ChartKind::WaitCcdf), mark));
    let reason = UnfitReason { kind: UnfitKind::LateGenerator, text: "in 1 of 2 trials".to_owned() };
    experiment.summary.fitness = Some(Fitness::of(vec![reason]));
    assert!(says(&svg(&experiment, ChartKind::WaitCcdf), mark));
}

#[test]
fn a_tag_that_is_not_closed_is_not_well_formed() {
    let rows = [
        ("<a><b/></a>", true),
        ("<a>x</a>", true),
        ("<a><b></a>", false),
        ("<a>", false),
        ("<a x=\">", false),
    ];
    for (text, expected) in rows {
        assert_eq!(is_well_formed(text), expected, "{text}");
    }
}

#[test]
fn every_rate_has_a_marker_and_so_has_the_legend() {
    let experiment = Experiment::small();
    let colour = |strategy: &str| {
        let colour = SeriesStyle::of(strategy, &[]).colour;
        format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2)
    };
    let svg = svg(&experiment, ChartKind::StaleRate);
    let count = |tag: &str, colour: &str| {
        svg.split('<')
            .filter(|part| part.starts_with(tag) && part.contains(&format!("fill=\"{colour}\"")))
            .count()
    };
    // Two points and the legend. Nothing stale was seen under `wait`: an open triangle is a white one on a blue one,
    // and an arrow's head comes from the bound of each of the two points.
    assert_eq!(count("circle", &colour("none")), 3);
    assert_eq!(count("polygon", "#FFFFFF"), 3);
    assert_eq!(count("polygon", &colour("wait")), 3 + 2);
}

#[test]
fn a_strategy_without_waits_is_named_where_no_line_can_be_seen() {
    let svg = svg(&Experiment::small(), ChartKind::WaitCcdf);
    assert!(says(&svg, "none: no read waited, of 40"), "{:?}", texts(&svg));
    assert!(says(&svg, "pooled over 2 repetitions"));
    let alone = Experiment::new(&[Map::new()], &["wait"]);
    assert!(!says(&svg_of(&drawn(&alone, ChartKind::WaitCcdf).picture), "no read waited"));
}

#[test]
fn a_zero_is_drawn_with_its_bound() {
    let mut experiment = Experiment::small();
    let text = |experiment: &Experiment| texts(&svg(experiment, ChartKind::StaleRate)).join(" / ");
    assert!(text(&experiment).contains("wait: none seen, at most 15 %"));
    experiment.summary.points[1].stale_rate = Rate::new(1, 20);
    assert!(!text(&experiment).contains("none seen, at most"));
}

#[test]
fn theory_is_drawn_where_results_have_it() {
    let mut experiment = Experiment::small();
    assert!(!says(&svg(&experiment, ChartKind::StaleRate), "closed form"));
    for point in &mut experiment.summary.points {
        point.expected = Some(ClosedForm {
            a_per_ms: 0.1,
            m_per_ms: None,
            t_ms: 0.0,
            floor_ms: 0.0,
            stale_rate: 0.5,
            wait_mean_ms: 5.0,
            stale_rate_agrees: None,
            wait_mean_agrees: None,
            wait_mean_measured_ms: None,
            stale_rate_interval: None,
            wait_mean_interval_ms: None,
        });
    }
    assert!(says(&svg(&experiment, ChartKind::StaleRate), "closed form"));
    assert!(says(&svg(&experiment, ChartKind::WaitCcdf), "closed form"));
    // Its rate is of reads on arrival, and not of those that waited.
    let rates = drawn(&experiment, ChartKind::StaleRate).table.csv();
    let with_theory = |strategy: &str| {
        let own = rates.lines().filter(|row| row.contains(&format!(",{strategy},")));
        own.filter(|row| row.ends_with(",0.5")).count()
    };
    assert_eq!((with_theory("none"), with_theory("wait")), (2, 0), "{rates}");
    let csv = drawn(&experiment, ChartKind::WaitCcdf).table.csv();
    let (_, at) = csv.split_once("10,wait,closed form,").expect("the curve at 10 ms");
    let (wait, share) = at.lines().next().and_then(|row| row.split_once(',')).expect("a wait and a share");
    let [wait, share] = [wait, share].map(|figure| figure.parse::<f64>().expect("a number"));
    // The axis begins at 1 ms, and 0.5 e^(-0.1) is 0.4524.
    assert!((wait - 1.0).abs() < 1e-9 && (share - 0.4524).abs() < 1e-4, "{wait} {share}");
}

#[test]
fn the_least_saturated_load_is_named_in_the_legend() {
    let points = [100, 200, 300].map(|load| object(json!({ "workload.arrival.poisson_per_s": load })));
    let mut experiment = Experiment::new(&points, &["none"]);
    for (point, load) in experiment.summary.points.iter_mut().zip([100.0, 200.0, 300.0]) {
        point.offered_ops_s = Some(load);
    }
    assert!(!says(&svg(&experiment, ChartKind::Load), "saturated"));
    experiment.summary.points[1..].iter_mut().for_each(|point| point.is_saturated = Some(true));
    assert!(says(&svg(&experiment, ChartKind::Load), "none (saturated at 200 ops/s)"));
}

#[test]
fn a_curve_of_freshness_is_drawn_where_reads_follow_at_several_times() {
    let mut experiment = Experiment::small();
    let bin = |from_ms: f64, reads| FreshBin {
        from_ms,
        until_ms: 2.0 * from_ms,
        mean_ms: 1.5 * from_ms,
        rate: Rate::new(reads / 2, reads),
    };
    let at_10 = experiment.trials.iter_mut().filter(|trial| trial.point == mean(10));
    at_10
        .for_each(|trial| trial.measures.fresh = vec![bin(1.0, 20), bin(2.0, 20), bin(4.0, 20), bin(8.0, 1)]);
    let svg = svg(&experiment, ChartKind::PFresh);
    assert!(says(&svg, "are 1 of 2 points"), "{:?}", texts(&svg));
    assert!(says(&svg, "Bins of fewer than 10 reads are left out."), "{:?}", texts(&svg));
}

#[test]
fn without_data_a_chart_says_why() {
    let mut none = Experiment::new(&[Map::new()], &["none"]);
    none.trials.iter_mut().for_each(|trial| trial.histograms = Histograms::default());
    none.trials.iter_mut().for_each(|trial| trial.measures.fresh.clear());
    none.trials.iter_mut().for_each(|trial| trial.measures.seconds.clear());
    none.summary.points.iter_mut().for_each(|point| point.offered_ops_s = None);
    none.summary.points.iter_mut().for_each(|point| point.stale_rate = Rate::new(0, 0));
    let nothing = Experiment::new(&[], &[]);
    let idle = Experiment::new(&[Map::new()], &["none"]);
    let rows = [
        (&none, ChartKind::WaitCcdf, "no data: no read was eligible"),
        (&idle, ChartKind::WaitCcdf, "no data: no eligible read waited"),
        (&none, ChartKind::StaleRate, "no data: no read was eligible"),
        (&none, ChartKind::PFresh, "no data: no read followed"),
        (&none, ChartKind::Load, "no data: no load was offered"),
        (&none, ChartKind::TimeLine, "no data: no operation ended"),
        (&none, ChartKind::InjectionError, "no data: no message was delivered"),
        (&nothing, ChartKind::Cost, "no data: no trial has a result"),
        (&idle, ChartKind::Agreement, "no data: `run.substrate` was not swept"),
    ];
    for (experiment, kind, expected) in rows {
        assert!(says(&svg(experiment, kind), expected), "{kind:?}: {:?}", texts(&svg(experiment, kind)));
    }
    for kind in KINDS {
        let svg = svg(&nothing, kind);
        assert!(is_well_formed(&svg) && says(&svg, "no data"), "{kind:?}");
    }
}

#[test]
fn what_writes_and_tokens_cost_has_a_panel_each() {
    let svg = svg(&Experiment::small(), ChartKind::Cost);
    for heading in ["messages between branches per write", "their bytes per write", "largest token (bytes)"] {
        assert!(says(&svg, heading), "{heading}: {:?}", texts(&svg));
    }
}

#[test]
fn both_substrates_are_drawn_against_each_other_and_disagreements_are_counted() {
    let mut experiment = Experiment::small();
    let agreement = |figure: &str, live, sim, agrees| Agreement {
        point: mean(10),
        strategy: "wait".to_owned(),
        figure: figure.to_owned(),
        live,
        sim,
        tolerance: 0.5,
        agrees,
    };
    experiment.summary.agreements =
        vec![agreement("wait_p99_ms", 10.0, 10.25, true), agreement("stale_rate", 0.25, 1.0, false)];
    let svg = svg(&experiment, ChartKind::Agreement);
    assert!(is_well_formed(&svg));
    assert!(says(&svg, "1 of 2 lie within."), "{:?}", texts(&svg));
    assert!(says(&svg, "wait (ms)") && says(&svg, "stale rate") && !says(&svg, "throughput"));
    let table = sketch(&spec(ChartKind::Agreement), &experiment.input()).table.csv();
    assert!(table.contains("10,wait,wait_p99_ms,10,10.25,0.5,true"), "{table}");
}

#[test]
fn a_key_that_is_not_swept_is_named_with_those_that_are() {
    let experiment = Experiment::small();
    for kind in [ChartKind::StaleRate, ChartKind::Load, ChartKind::Cost] {
        let of = |x: &str| {
            svg_of(&sketch(&ChartSpec { kind, x: Some(x.to_owned()) }, &experiment.input()).picture)
        };
        assert!(says(&of("sessions"), "the key sessions is not swept, but"), "{kind:?}");
        assert!(!says(&of(KEY), "no data"), "{kind:?}");
    }
}

#[test]
fn values_that_are_no_numbers_are_side_by_side() {
    let topology = |name: &str| object(json!({ "network.topology": name }));
    let experiment =
        Experiment::new(&[topology("lan"), topology("a <long> & \"odd\" name of a topology")], &["none"]);
    let svg = svg(&experiment, ChartKind::StaleRate);
    assert!(is_well_formed(&svg) && says(&svg, "lan") && says(&svg, "a <long> &"), "{:?}", texts(&svg));
}

#[test]
fn what_is_no_number_is_left_out() {
    let mut experiment = Experiment::small();
    for trial in &mut experiment.trials {
        trial.measures.seconds[0].latency_p50_ms = Some(f64::NAN);
        trial.measures.seconds[1].width_s = 0.0;
        trial.measures.fresh[0].mean_ms = f64::INFINITY;
    }
    experiment.summary.points[0].throughput_ops_s.value = f64::NAN;
    experiment.summary.points[0].stale_rate.value = Some(f64::NAN);
    for kind in KINDS {
        let svg = svg(&experiment, kind);
        assert!(is_well_formed(&svg) && !svg.contains("NaN") && !svg.contains("inf\""), "{kind:?}");
    }
}

#[test]
fn long_names_and_long_sweeps_are_cut_to_what_can_be_read() {
    let points: Vec<_> = (1..=64).map(mean).collect();
    let mut experiment = Experiment::new(&points, &["none", "wait"]);
    experiment.summary.experiment = "very-long-name-".repeat(20);
    let waits = svg(&experiment, ChartKind::WaitCcdf);
    assert!(says(&waits, "Drawn are 6 of 64 points of the sweep."), "{:?}", texts(&waits));
    assert!(says(&svg(&experiment, ChartKind::PFresh), "Drawn are 6 of 64 points of the sweep."));
    assert!(texts(&waits).iter().all(|text| text.chars().count() < 120));
}

#[test]
fn both_media_are_the_same_bytes_every_time_and_a_bitmap_is_not_blank() {
    let experiment = Experiment::new(&[Map::new()], &["none", "wait"]);
    let draw = || charts(&[spec(ChartKind::StaleRate)], &experiment.input());
    let [Chart { name, csv, svg, png }] = draw().try_into().expect("one chart for one spec");
    assert_eq!(name, "stale_rate");
    assert!(csv.starts_with("strategy,"));
    assert!(svg.starts_with("<svg width=\"1200\" height=\"750\" viewBox=\"0 0 2400 1500\""));
    let mut reader = png::Decoder::new(png.as_slice()).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).expect("all its pixels");
    assert_eq!((info.width, info.height), (1200, 750));
    let vermillion = pixels.chunks(3).filter(|pixel| pixel == &[0xd5, 0x5e, 0x00]).count();
    assert!(vermillion > 200, "two circles of `none`: {vermillion}");
    assert_eq!(pixels[..3], [255, 255, 255]);
    assert_eq!(draw(), [Chart { name, csv, svg, png }]);
}

#[test]
fn names_are_free_of_what_files_cannot_have_and_differ() {
    let empty = Experiment::new(&[], &[]);
    let odd = |x: &str| ChartSpec { kind: ChartKind::StaleRate, x: Some(x.to_owned()) };
    let specs = [spec(ChartKind::Load), spec(ChartKind::Load), odd("a.b/c"), odd(KEY), spec(ChartKind::Load)];
    let mut taken = std::collections::BTreeSet::new();
    let names: Vec<String> = specs.iter().map(|spec| free_name(spec, &mut taken)).collect();
    assert_eq!(names, ["load", "load-2", "stale_rate-b_c", "stale_rate-mean_ms", "load-3"]);
    assert_eq!(charts(&[], &empty.input()), []);
}

#[test]
fn few_fault_windows_are_named_where_they_are_and_many_in_the_legend() {
    let few = svg(&Experiment::small(), ChartKind::TimeLine);
    assert!(says(&few, "partition 1 | 2, 3") && says(&few, "fault window"), "{:?}", texts(&few));
    let mut many = Experiment::small();
    for trial in &mut many.trials {
        let window = trial.measures.faults[0].clone();
        trial.measures.faults = vec![window; 200];
    }
    let many = texts(&svg(&many, ChartKind::TimeLine));
    let named: Vec<&String> = many.iter().filter(|text| text.contains("partition")).collect();
    assert_eq!(named, ["200 fault windows: partition 1 | 2, 3"]);
}
