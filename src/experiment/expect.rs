//! The expectations of a file.

use super::file::ExpectTable;
use super::invalid::{Invalid, KeyPath};
use crate::results::{Bound, Expectation};

/// The expectations of a file that sweeps these keys, in its order.
pub(super) fn expectations(tables: &[ExpectTable], swept: &[String]) -> Result<Vec<Expectation>, Invalid> {
    tables.iter().enumerate().map(|(index, table)| expectation(index, table, swept)).collect()
}

fn expectation(index: usize, table: &ExpectTable, swept: &[String]) -> Result<Expectation, Invalid> {
    let invalid = |key: &str, message: String| Invalid {
        path: KeyPath::of(["expect", &index.to_string(), key]),
        message: format!("`{key}`: {message}"),
    };
    let ExpectTable { measure, strategy, point, below, at_most, above, at_least, within } = table;
    let bounds = [
        below.map(Bound::Below),
        at_most.map(Bound::AtMost),
        above.map(Bound::Above),
        at_least.map(Bound::AtLeast),
        within.map(|[from, to]| Bound::Within(from, to)),
    ];
    let mut given = bounds.into_iter().flatten();
    let (Some(bound), None) = (given.next(), given.next()) else {
        let message = "give one of `below`, `at_most`, `above`, `at_least` and `within`".to_owned();
        return Err(invalid("measure", message));
    };
    if let Some(key) = point.keys().find(|key| !swept.contains(key)) {
        return Err(invalid(
            "point",
            format!("`{key}` is not in `[sweep]`; name a key as it is written there"),
        ));
    }
    let strategy = strategy.map(|strategy| strategy.to_string());
    Expectation::new(measure, strategy, point.clone(), bound).map_err(|message| invalid("measure", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(text: &str) -> Result<String, (String, String)> {
        let table: ExpectTable = toml::from_str(text).expect("the table is well-formed");
        let swept = ["cluster.branches".to_owned()];
        let found = expectations(&[table], &swept);
        found.map(|all| all[0].to_string()).map_err(|invalid| (invalid.path.to_string(), invalid.message))
    }

    #[test]
    fn a_table_is_the_expectation_that_its_text_form_is() {
        let text = "measure = \"wait_ms.p99\"\nstrategy = \"wait\"\npoint = { \"cluster.branches\" = 3 }\nbelow = 50";
        assert_eq!(expected(text).as_deref(), Ok("wait_ms.p99@wait[cluster.branches=3] < 50"));
        let text = "measure = \"stale_rate\"\nwithin = [0.1, 0.2]";
        assert_eq!(expected(text).as_deref(), Ok("stale_rate.value in 0.1..0.2"));
    }

    #[test]
    fn a_slip_has_its_key_and_a_remedy() {
        let rows = [
            ("measure = \"wait_ms.p99\"", "expect.0.measure", "`measure`: give one of `below`, `at_most`"),
            ("measure = \"wait_ms.p99\"\nbelow = 1\nabove = 0", "expect.0.measure", "`measure`: give one of"),
            ("measure = \"wait\"\nbelow = 1", "expect.0.measure", "`measure`: `wait` is no measure"),
            (
                "measure = \"wait_ms.p99\"\nbelow = 1\npoint = { x = 1 }",
                "expect.0.point",
                "`point`: `x` is not in",
            ),
        ];
        for (text, path, message) in rows {
            let (found, said) = expected(text).expect_err(text);
            assert!(found == path && said.starts_with(message), "{text}: {found}, {said}");
        }
    }
}
