//! The damages, and how each ends.

use std::fs;

use serde_json::json;

use super::Ends::{Named, Refused, Unnoticed};
use super::{Damage, Damaged};

/// The header of a history, edited, and the rest as it was.
fn header(damaged: &Damaged, from: &str, to: &str) {
    let name = "WAIT/history.jsonl.gz";
    let file = fs::File::open(damaged.at(name)).expect(name);
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(file)).expect(name);
    let (first, rest) = text.split_once('\n').expect("a history has lines");
    let edited = first.replacen(from, to, 1);
    assert_ne!(first, edited, "the header has no {from}");
    damaged.write(name, format!("{edited}\n{rest}").as_bytes());
}

const PLAN: &str = "plan.toml: ";
const HISTORY: &str = "history.jsonl.gz";

pub(super) const DAMAGES: &[Damage] = &[
    // Swapped.
    ("two folders", |it| it.swap("NONE", "WAIT"), Refused("verdict.json: `trial`")),
    ("two histories", |it| it.swap("NONE/history.jsonl.gz", "WAIT/history.jsonl.gz"), Refused(HISTORY)),
    ("two plans", |it| it.swap("NONE/plan.toml", "WAIT/plan.toml"), Refused(PLAN)),
    (
        "two observations",
        |it| it.swap("NONE/observed.json", "WAIT/observed.json"),
        Refused("observed.json: `trial`"),
    ),
    (
        "two verdicts",
        |it| it.swap("NONE/verdict.json", "WAIT/verdict.json"),
        Refused("verdict.json: `trial`"),
    ),
    (
        "two measures",
        |it| it.swap("NONE/measures.json", "WAIT/measures.json"),
        Refused("measures.json: `trial`"),
    ),
    (
        "two logs",
        |it| it.swap("NONE/histograms.hlog", "WAIT/histograms.hlog"),
        Refused("histograms.hlog: `trial`"),
    ),
    ("two histograms", |it| it.swap("NONE/latency.hgrm", "WAIT/latency.hgrm"), Named("latency.hgrm: line ")),
    (
        "two tables of seconds",
        |it| it.swap("NONE/seconds.csv", "FAR/seconds.csv"),
        Named("seconds.csv: line "),
    ),
    ("two spans", |it| it.swap("WAIT/wait.hgrm", "WAIT/latency.hgrm"), Named("wait.hgrm: line ")),
    (
        "two tables of reads",
        |it| it.swap("NONE/reads.csv.gz", "FAR/reads.csv.gz"),
        Named("reads.csv.gz: its bytes"),
    ),
    ("half a table of reads", |it| it.cut("NONE/reads.csv.gz"), Named("reads.csv.gz: its bytes")),
    // Copied from another trial.
    (
        "the control's history",
        |it| it.copy("NONE/history.jsonl.gz", "WAIT/history.jsonl.gz"),
        Refused(HISTORY),
    ),
    (
        "another point's history",
        |it| it.copy("FAR/history.jsonl.gz", "WAIT/history.jsonl.gz"),
        Refused(HISTORY),
    ),
    ("another point's plan", |it| it.copy("FAR/plan.toml", "WAIT/plan.toml"), Refused(PLAN)),
    (
        "another point's observation",
        |it| it.copy("FAR/observed.json", "WAIT/observed.json"),
        Refused("observed.json"),
    ),
    (
        "another point's verdict",
        |it| it.copy("FAR/verdict.json", "WAIT/verdict.json"),
        Refused("verdict.json"),
    ),
    (
        "another point's measures",
        |it| it.copy("FAR/measures.json", "WAIT/measures.json"),
        Refused("measures.json"),
    ),
    (
        "another point's log",
        |it| it.copy("FAR/histograms.hlog", "WAIT/histograms.hlog"),
        Refused("histograms.hlog"),
    ),
    // Moved and renamed.
    (
        "a trial renamed",
        |it| it.rename("WAIT", "trials/wait,r9"),
        Refused("wait,r9: manifest.json names no such trial"),
    ),
    (
        "a trial moved out",
        |it| it.rename("WAIT", "elsewhere"),
        Refused("wait,r1/history.jsonl.gz: there is no such"),
    ),
    (
        "a second copy",
        |it| fs::create_dir(it.at("trials/copy")).unwrap(),
        Refused("copy: manifest.json names no such"),
    ),
    ("a history renamed", |it| it.rename("WAIT/history.jsonl.gz", "WAIT/history.jsonl"), Refused(HISTORY)),
    (
        "a plan renamed",
        |it| it.rename("WAIT/plan.toml", "WAIT/plan.txt"),
        Refused("plan.toml: there is no such file"),
    ),
    (
        "a manifest renamed",
        |it| it.rename("manifest.json", "manifest.txt"),
        Refused("manifest.json: there is no such"),
    ),
    // Dropped.
    ("no control", |it| it.remove("NONE"), Refused("none,r1/history.jsonl.gz: there is no such file")),
    ("no trial at all", |it| it.remove("trials"), Refused("history.jsonl.gz: there is no such file")),
    (
        "no history",
        |it| it.remove("WAIT/history.jsonl.gz"),
        Refused("history.jsonl.gz: there is no such file"),
    ),
    ("no observation", |it| it.remove("WAIT/observed.json"), Refused("observed.json: there is no such file")),
    ("no plan", |it| it.remove("WAIT/plan.toml"), Refused("plan.toml: there is no such file")),
    ("no log", |it| it.remove("WAIT/histograms.hlog"), Refused("histograms.hlog: there is no such file")),
    ("no manifest", |it| it.remove("manifest.json"), Refused("manifest.json: there is no such file")),
    // Cut off.
    (
        "half a history",
        |it| it.cut("WAIT/history.jsonl.gz"),
        Refused("history.jsonl.gz: the history is cut off"),
    ),
    ("half a plan", |it| it.cut("WAIT/plan.toml"), Refused("plan.toml:")),
    ("half an observation", |it| it.cut("WAIT/observed.json"), Refused("observed.json: EOF")),
    ("half a log", |it| it.cut("WAIT/histograms.hlog"), Refused("histograms.hlog: ")),
    ("half a verdict", |it| it.cut("WAIT/verdict.json"), Named("verdict.json: EOF")),
    ("half the measures", |it| it.cut("WAIT/measures.json"), Named("measures.json: EOF")),
    ("half a summary", |it| it.cut("summary.json"), Named("summary.json: EOF")),
    ("half a table", |it| it.cut("summary.csv"), Named("summary.csv: line ")),
    ("half a manifest", |it| it.cut("manifest.json"), Refused("manifest.json: EOF")),
    // Edited: the history's header.
    (
        "its trial",
        |it| header(it, "constant_ms=100,wait,r1", "constant_ms=100,wait,r2"),
        Refused("gz: `trial` is `const"),
    ),
    (
        "its strategy",
        |it| header(it, "\"strategy\":\"wait\"", "\"strategy\":\"none\""),
        Refused("gz: `strategy`"),
    ),
    ("its guarantees", |it| header(it, "\"read_your_writes\"", ""), Refused("gz: `guarantees[0]`")),
    (
        "its substrate",
        |it| header(it, "\"substrate\":\"sim\"", "\"substrate\":\"live\""),
        Refused("gz: `substrate`"),
    ),
    ("its seed", |it| header(it, "\"seed\":", "\"seed\":1"), Refused(HISTORY)),
    ("its branches", |it| header(it, "{\"branch\":3}", "{\"branch\":4}"), Refused(HISTORY)),
    (
        "its plan",
        |it| header(it, "\"sessions\":8", "\"sessions\":9"),
        Refused("gz: `plan.workload.sessions`"),
    ),
    // Edited: the plan.
    (
        "the seed of a plan",
        |it| it.replace("WAIT/plan.toml", "seed = 1", "seed = 2"),
        Refused("plan.toml: `run.seed`"),
    ),
    (
        "a delay of a plan",
        |it| it.replace("WAIT/plan.toml", "constant_ms = 100", "constant_ms = 9"),
        Refused(PLAN),
    ),
    (
        "an id of a plan",
        |it| it.replace("WAIT/plan.toml", "wait,r1", "wait,r2"),
        Refused("plan.toml: `trial.id`"),
    ),
    ("a key of a plan", |it| it.replace("WAIT/plan.toml", "drain_s", "drian_s"), Refused("plan.toml:")),
    // Edited: the manifest.
    (
        "a delay of the run",
        |it| it.replace("manifest.json", "duration_s = 0.2", "duration_s = 0.3"),
        Refused(PLAN),
    ),
    (
        "the seed of the run",
        |it| it.set("manifest.json", "/seed", json!(2)),
        Refused("manifest.json: `seed`"),
    ),
    (
        "the question",
        |it| it.set("manifest.json", "/question", json!("Why?")),
        Refused("manifest.json: `question`"),
    ),
    (
        "a trial of the run",
        |it| it.set("manifest.json", "/trials/0", json!("x")),
        Refused("manifest.json: `trials[0]`"),
    ),
    (
        "a point of the run",
        |it| it.set("manifest.json", "/points/0", json!({})),
        Refused("manifest.json: `points`"),
    ),
    (
        "another run's manifest",
        |it| it.set("manifest.json", "/started", json!("2020")),
        Refused("summary.json: `started`"),
    ),
    (
        "another schema",
        |it| it.set("manifest.json", "/schema", json!("x")),
        Refused("manifest.json: the schema"),
    ),
    // Edited: what follows from others.
    (
        "a verdict",
        |it| it.set("NONE/verdict.json", "/verdict", json!("violated")),
        Named("verdict.json: `verdict` was"),
    ),
    (
        "a count",
        |it| it.set("NONE/verdict.json", "/stale_white_box", json!(0)),
        Named("verdict.json: `stale_white"),
    ),
    (
        "a missing count",
        |it| it.without("NONE/verdict.json", "reads_judged"),
        Named("verdict.json: missing field"),
    ),
    (
        "a figure",
        |it| it.set("NONE/measures.json", "/reads/stale", json!(0)),
        Named("measures.json: `reads.stale`"),
    ),
    ("a histogram", |it| it.replace("NONE/latency.hgrm", "1.0000", "0.9999"), Named("latency.hgrm: line ")),
    ("an empty log", |it| it.write("NONE/histograms.hlog", b""), Named("summary.json: `points[0]")),
    (
        "a foreign histogram",
        |it| it.copy("NONE/latency.hgrm", "NONE/wait_parked.hgrm"),
        Named("wait_parked.hgrm: "),
    ),
    (
        "the run's verdict",
        |it| it.set("summary.json", "/verdict", json!("violated")),
        Named("summary.json: `verdict`"),
    ),
    ("a cell", |it| it.replace("summary.csv", "valid", "fine"), Named("summary.csv: line ")),
    (
        "a point",
        |it| it.set("summary.json", "/points/0/strategy", json!("x")),
        Named("summary.json: `points[0].strat"),
    ),
    (
        "a summary's trial",
        |it| it.set("summary.json", "/points/0/trials/0", json!("x")),
        Refused("summary.json: `points"),
    ),
    ("a summary's seed", |it| it.set("summary.json", "/seed", json!(9)), Refused("summary.json: `seed`")),
    (
        "a summary's name",
        |it| it.set("summary.json", "/experiment", json!("x")),
        Refused("summary.json: `experiment`"),
    ),
    // Edited: what only the substrate saw.
    (
        "tokens",
        |it| it.set("WAIT/observed.json", "/token_bytes_max", json!(9)),
        Named("summary.json: `points[1].token"),
    ),
    (
        "messages",
        |it| it.set("WAIT/observed.json", "/branches/0/batches_sent", json!(1)),
        Named("summary.json: `points[1]"),
    ),
    (
        "an unknown key",
        |it| it.set("WAIT/observed.json", "/branches/0", json!({})),
        Refused("observed.json: missing"),
    ),
    // What changes no fact.
    ("no verdict", |it| it.remove("WAIT/verdict.json"), Unnoticed("it follows from the history")),
    ("no measures", |it| it.remove("WAIT/measures.json"), Unnoticed("they follow from the history")),
    ("no histogram", |it| it.remove("WAIT/latency.hgrm"), Unnoticed("it follows from the history")),
    ("no summary", |it| it.remove("summary.json"), Unnoticed("it follows from the trials")),
    ("no table", |it| it.remove("summary.csv"), Unnoticed("it follows from summary.json")),
    ("no name", |it| it.without("WAIT/observed.json", "trial"), Unnoticed("older versions wrote none")),
    ("a foreign file", |it| it.write("WAIT/remark.txt", b"x"), Unnoticed("nothing reads it")),
    (
        "the time it took",
        |it| it.set("WAIT/observed.json", "/wall_s", json!(9.5)),
        Unnoticed("no figure is made of it"),
    ),
    (
        "the machine",
        |it| it.set("manifest.json", "/machine/cores", json!(99)),
        Unnoticed("no other file names it"),
    ),
    (
        "its command line",
        |it| it.set("manifest.json", "/command_line", json!([])),
        Unnoticed("`spec` is what ran"),
    ),
];
