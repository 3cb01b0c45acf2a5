//! A saved floor as a section of a README.

use super::figure::{ends, figure, interval};
use super::markdown::{commit, machine};
use crate::results::{CoreFigure, Floor, FloorLane, Spread};

/// A heading, the cases, a table, the origin of the figures, and both charts.
pub(super) fn section(folder: &str, floor: &Floor) -> String {
    let mut parts = vec!["## How fast".to_owned(), ABOUT.to_owned(), table(floor)];
    parts.extend((!floor.core.is_empty()).then(|| core(floor)));
    parts.push(ground(folder, floor));
    let picture =
        |name| format!("<img src=\"{folder}/charts/{name}.svg\" width=\"49%\" alt=\"{name} of the floor\">");
    parts.push(["ratios", "spectrum"].map(picture).join("\n"));
    parts.join("\n\n") + "\n"
}

const ABOUT: &str = "\
The floor is `echo`: a bare unary gRPC call, as tonic makes it out of the box, over the same connection settings, with \
messages of the size of a satisfied query and its reply. `echo tuned` has the bank's codec and connections, and no \
routes. Servers and load are separate processes, and the cases take turns in one run. A *satisfied* query carries a \
token that is dominated on arrival. A *waiting* query leaves together with the write that it waits for, at another \
branch: its latency is the read's, its throughput and processor time are those of both. A deposit is replicated to two \
other branches, with volatile logs. Where so many are *in flight*, the load is a closed loop without think time, the \
worst case for a ratio of throughputs. In the open loop the load generator spins between arrivals, so processor time \
is that of the servers. Ratios are medians over rounds. Their interval is the range below six rounds, \
and order statistics at 95 % or more from six on.";

const HEADING: &str = "\
| case | load | ops/s | p50, µs | p99, µs | p99.9, µs | p99.99, µs | CPU, µs/op | ops/s to echo's | p50 to echo's \
| CPU to echo's |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

fn table(floor: &Floor) -> String {
    let rows = floor.lanes.iter().map(row);
    [HEADING.to_owned()].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

fn row(lane: &FloorLane) -> String {
    let Spread { p50, p99, p999, p9999, .. } = lane.latency_ms;
    let us = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| figure(ms * 1e3));
    let mut cells = vec![lane.case.clone(), lane.load.to_string(), figure(lane.throughput_ops_s.value)];
    cells.extend([p50, p99, p999, p9999].map(us));
    cells.push(figure(lane.cpu_us_per_op.value));
    let ratios = [lane.throughput_ratio, lane.latency_p50_ratio, lane.cpu_per_op_ratio];
    cells.extend(ratios.each_ref().map(interval));
    format!("| {} |", cells.join(" | "))
}

/// Times of single steps of the core, without network, encoding or threads.
fn core(floor: &Floor) -> String {
    let row = |CoreFigure { id, ns, ns_low, ns_high }: &CoreFigure| {
        let [low, high] = ends(*ns_low, *ns_high);
        format!("| `{id}` | {} | {low} to {high} |", figure(*ns))
    };
    let rows: Vec<String> = floor.core.iter().map(row).collect();
    let about = "\
The core alone, by criterion (`cargo bench --bench branch`): a write that wakes its query while so many others wait, \
the same write where no query waits for it, and a token of so many branches encoded and decoded.";
    format!("{about}\n\n| id | ns | 95 % |\n|---|--:|--:|\n{}", rows.join("\n"))
}

/// The paragraph below the tables.
fn ground(folder: &str, floor: &Floor) -> String {
    let mut said = vec![format!(
        "With 64 in flight, in short slices by turns, satisfied queries reach {} of the throughput of unguarded ones. \
         The control, unguarded against unguarded, reaches {} (medians of {} sets of customers).",
        interval(&floor.guarded_to_unguarded),
        interval(&floor.unguarded_to_itself),
        floor.guarded_to_unguarded.n,
    )];
    for lane in floor.lanes.iter().filter(|lane| lane.waited_share > 0.0) {
        let (case, load, share) = (&lane.case, lane.load.to_string(), lane.waited_share * 100.0);
        said.push(format!("`{case}`, {load}: {share:.0} % were parked."));
    }
    for lane in &floor.lanes {
        if let (Some(lag), Some(p50)) = (lane.lag_ms_p99, lane.latency_ms.p50) {
            let (case, us, share) = (&lane.case, figure(lag * 1e3), 100.0 * lag / p50);
            said.push(format!(
                "In the open loop, 99 % of `{case}` began at most {us} µs late, {share:.0} % of the median latency."
            ));
        }
    }
    said.extend(
        floor
            .others_cpu_share
            .map(|share| format!("Other processes used {:.1} % of the processors.", share * 100.0)),
    );
    said.push(format!(
        "Rounds: {}; messages of {} and {} bytes; {}; {}. Made by `{}`, saved in [`{folder}`]({folder}).",
        floor.rounds,
        floor.request_bytes,
        floor.reply_bytes,
        commit(&floor.code),
        machine(&floor.code, &floor.machine),
        floor.command_line.join(" "),
    ));
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Floor {
        serde_json::from_str(include_str!("../results/testing/floor.json")).expect("the sample is a floor")
    }

    #[test]
    fn a_section_has_tables_figures_and_charts() {
        let section = section("results/floor/20261125T110000Z", &sample());
        assert_eq!(section, include_str!("testing/how_fast.md"));
    }

    #[test]
    fn a_section_shows_what_speaks_against_its_floor_and_omits_what_was_not_measured() {
        let mut floor = sample();
        floor.lanes[2].lag_ms_p99 = Some(0.5);
        floor.code.is_clean = Some(false);
        floor.others_cpu_share = None;
        floor.core.clear();
        let section = section("results/floor/20261125T110000Z", &floor);
        assert!(section.contains("99 % of `echo` began at most 500 µs late, 400 % of"), "{section}");
        assert!(section.contains(" with changes; "), "{section}");
        assert!(!section.contains("criterion") && !section.contains("Other processes"), "{section}");
    }
}
