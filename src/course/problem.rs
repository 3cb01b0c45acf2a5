//! Problems of a file, each with its place and its remedy, the first twenty of them in full.
//!
//! A file is read to its end before it is refused, so that one look mends all of it. Nothing is printed here;
//! the command line knows the file's name and asks for the lines with [`InputError::in_file`].

use std::fmt;

use super::place::Place;

/// How many problems of one file are kept in full; the others are counted.
const MAX_PROBLEMS: usize = 20;

/// One problem of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// The problem, without a full stop.
    pub message: String,
    /// The remedy, in the imperative.
    pub remedy: String,
}

/// All problems of a file: its author must act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.lines(""))]
pub struct InputError {
    /// The first twenty, in the order of the file; never empty.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub more: usize,
}

impl InputError {
    /// One line per problem, `path:LINE:COLUMN: message; remedy`, and a last one if there are more.
    pub fn in_file(&self, path: &str) -> String {
        self.lines(&format!("{path}:"))
    }

    fn lines(&self, prefix: &str) -> String {
        let mut lines: Vec<String> =
            self.problems.iter().map(|problem| format!("{prefix}{problem}")).collect();
        match self.more {
            0 => {}
            1 => lines.push("and 1 more problem".to_string()),
            more => lines.push(format!("and {more} more problems")),
        }
        lines.join("\n")
    }
}

impl From<Problem> for InputError {
    fn from(problem: Problem) -> InputError {
        InputError { problems: vec![problem], more: 0 }
    }
}

/// `LINE:COLUMN: message; remedy`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.message, self.remedy)
    }
}

/// The problems found so far: the first ones by place, whatever the order in which they are found.
#[derive(Default)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    more: usize,
}

impl Problems {
    pub(super) fn add(&mut self, problem: Problem) {
        let index = self.kept.partition_point(|kept| kept.place <= problem.place);
        self.kept.insert(index, problem);
        if self.kept.len() > MAX_PROBLEMS {
            self.kept.pop();
            self.more += 1;
        }
    }

    /// `value` if nothing was found.
    pub(super) fn none_or_error<T>(self, value: T) -> Result<T, InputError> {
        if self.kept.is_empty() {
            return Ok(value);
        }
        Err(InputError { problems: self.kept, more: self.more })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: usize) -> Problem {
        let place = Place { line, column: 2 };
        Problem { place, message: format!("wrong {line}"), remedy: "mend it".to_string() }
    }

    fn error(lines: impl Iterator<Item = usize>) -> InputError {
        let mut problems = Problems::default();
        lines.for_each(|line| problems.add(problem(line)));
        problems.none_or_error(()).unwrap_err()
    }

    #[test]
    fn problems_are_listed_in_the_order_of_the_file() {
        let error = error([7, 3].into_iter());
        assert_eq!(error.to_string(), "3:2: wrong 3; mend it\n7:2: wrong 7; mend it");
        assert_eq!(error.in_file("a.json"), "a.json:3:2: wrong 3; mend it\na.json:7:2: wrong 7; mend it");
    }

    #[test]
    fn problems_past_the_bound_are_counted_and_the_first_in_the_file_are_kept() {
        let error = error((1..=25).rev());
        assert_eq!(error.problems.len(), MAX_PROBLEMS);
        assert_eq!(error.problems[0].place.line, 1);
        assert_eq!(error.to_string().lines().last(), Some("and 5 more problems"));
    }

    #[test]
    fn without_a_problem_the_value_is_given() {
        assert_eq!(Problems::default().none_or_error(5), Ok(5));
    }
}
