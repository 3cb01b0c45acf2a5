//! The pictures that a file asks for.

use super::invalid::{Invalid, KeyPath};
use super::message::nearest;
use crate::results::{ChartKind, ChartSpec};

/// The pictures of a file that sweeps these keys.
pub(super) fn charts(tables: &[ChartSpec], swept: &[String]) -> Result<Vec<ChartSpec>, Invalid> {
    if tables.is_empty() {
        let stale_rate = (!swept.is_empty()).then_some(ChartKind::StaleRate);
        let [cost, waits, errors] =
            [ChartKind::ReadLatency, ChartKind::WaitCcdf, ChartKind::InjectionError].map(Some);
        let kinds = [cost, waits, stale_rate, errors];
        return Ok(kinds.into_iter().flatten().map(|kind| with_default(kind, swept)).collect());
    }
    tables.iter().enumerate().map(|(index, table)| chart(index, table, swept)).collect()
}

fn chart(index: usize, table: &ChartSpec, swept: &[String]) -> Result<ChartSpec, Invalid> {
    let ChartSpec { kind, x: Some(x) } = table else { return Ok(with_default(table.kind, swept)) };
    let invalid = |message| Invalid { path: KeyPath::of(["chart", &index.to_string(), "x"]), message };
    if !kind.has_swept_axis() {
        return Err(invalid(
            "`x` does not belong to this kind of chart; its axis is always the same".to_owned(),
        ));
    }
    if !swept.contains(x) {
        let keys = swept.iter().map(String::as_str);
        let near = nearest(x, keys).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(invalid(format!("`x` is \"{x}\", which is not in `[sweep]`{near}")));
    }
    Ok(ChartSpec { kind: *kind, x: Some(x.clone()) })
}

fn with_default(kind: ChartKind, swept: &[String]) -> ChartSpec {
    ChartSpec { kind, x: swept.first().filter(|_| kind.has_swept_axis()).cloned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SWEPT: [&str; 2] = ["workload.sessions", "cluster.branches"];

    fn build(tables: &[(ChartKind, Option<&str>)], swept: &[&str]) -> Result<Vec<ChartSpec>, Invalid> {
        let table = |&(kind, x): &(ChartKind, Option<&str>)| spec(kind, x);
        let swept: Vec<String> = swept.iter().map(|&key| key.to_owned()).collect();
        charts(&tables.iter().map(table).collect::<Vec<_>>(), &swept)
    }

    fn spec(kind: ChartKind, x: Option<&str>) -> ChartSpec {
        ChartSpec { kind, x: x.map(str::to_owned) }
    }

    #[test]
    fn without_a_wish_there_are_those_that_always_make_sense() {
        let [cost, waits, injection_error] =
            [ChartKind::ReadLatency, ChartKind::WaitCcdf, ChartKind::InjectionError]
                .map(|kind| spec(kind, None));
        assert_eq!(build(&[], &[]), Ok(vec![cost.clone(), waits.clone(), injection_error.clone()]));
        let rate = spec(ChartKind::StaleRate, Some(SWEPT[0]));
        assert_eq!(build(&[], &SWEPT), Ok(vec![cost, waits, rate, injection_error]));
    }

    #[test]
    fn an_axis_is_a_swept_key() {
        let rows = [
            ((ChartKind::Load, Some(SWEPT[1])), Ok(spec(ChartKind::Load, Some(SWEPT[1])))),
            ((ChartKind::Load, None), Ok(spec(ChartKind::Load, Some(SWEPT[0])))),
            ((ChartKind::TimeLine, None), Ok(spec(ChartKind::TimeLine, None))),
            (
                (ChartKind::StaleRate, Some("workload.session")),
                Err(
                    "`x` is \"workload.session\", which is not in `[sweep]`; did you mean `workload.sessions`?",
                ),
            ),
            (
                (ChartKind::PFresh, Some(SWEPT[0])),
                Err("`x` does not belong to this kind of chart; its axis is always the same"),
            ),
        ];
        for (table, expected) in rows {
            let found = build(&[table], &SWEPT).map_err(|invalid| invalid.message);
            assert_eq!(found, expected.map(|spec| vec![spec]).map_err(str::to_owned), "{table:?}");
        }
    }
}
