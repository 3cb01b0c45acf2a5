//! The figures that a chart was drawn from, as CSV.

use serde_json::{Map, Value};

/// A column of a table: its name, and the field of a row.
pub(in crate::chart) type Column<R> = (&'static str, fn(&R) -> String);

/// Rows under one heading. The first columns are the swept keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chart) struct Table {
    keys: Vec<String>,
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows: the swept keys, and further columns.
    pub fn new(keys: Vec<String>, columns: &[&'static str]) -> Table {
        Table { keys, columns: columns.to_vec(), rows: Vec::new() }
    }

    /// A table with a row for each of `rows`, at the point that `point` gives.
    pub fn with_rows<'a, R: 'a>(
        keys: Vec<String>,
        columns: &[Column<R>],
        rows: impl IntoIterator<Item = &'a R>,
        point: fn(&R) -> &Map<String, Value>,
    ) -> Table {
        let names: Vec<&'static str> = columns.iter().map(|(name, _)| *name).collect();
        let mut table = Table::new(keys, &names);
        for row in rows {
            table.push(point(row), columns.iter().map(|(_, field)| field(row)).collect());
        }
        table
    }

    /// Adds a row of the point's swept values, and of one field for each further column.
    pub fn push(&mut self, point: &Map<String, Value>, fields: Vec<String>) {
        assert_eq!(fields.len(), self.columns.len(), "as many fields as columns {:?}", self.columns);
        let swept = self.keys.iter().map(|key| point.get(key).map_or_else(String::new, cell));
        self.rows.push(swept.chain(fields).collect());
    }

    /// A heading, and all rows.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let heading = self.keys.iter().map(String::as_str).chain(self.columns.iter().copied());
        writer.write_record(heading).expect("a vector takes every byte");
        for row in &self.rows {
            writer.write_record(row).expect("all rows have the columns of the heading");
        }
        let bytes = writer.into_inner().expect("a vector takes every byte");
        String::from_utf8(bytes).expect("fields are text")
    }
}

/// A number in full; empty if it is absent or not finite.
pub(in crate::chart) fn number(value: impl Into<Option<f64>>) -> String {
    value.into().filter(|value| value.is_finite()).map_or_else(String::new, |value| value.to_string())
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_begin_with_the_swept_values_and_what_is_missing_is_empty() {
        let mut table = Table::new(vec!["a.ms".to_owned(), "b".to_owned()], &["n", "rate"]);
        let point = |value: Value| value.as_object().unwrap().clone();
        table.push(&point(json!({"a.ms": 20, "b": "x, y"})), vec!["7".to_owned(), number(0.25)]);
        table.push(&point(json!({"b": [1, 2]})), vec!["8".to_owned(), number(f64::NAN)]);
        assert_eq!(table.csv(), "a.ms,b,n,rate\n20,\"x, y\",7,0.25\n,\"[1,2]\",8,\n");
    }
}
