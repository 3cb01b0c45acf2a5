//! Remedies for text that is not JSON: the parser's message, and the remedy that the text around it suggests.
//!
//! The usual mistakes in files edited by hand are a comma too many or too few, quotes of another language, a
//! comment, and a file that was cut off. Only the first mistake of a file is reported: what follows one is a
//! guess.

use super::place::SourceText;
use super::problem::Problem;

/// The problem that `error` means, which the JSON parser gave for the text of `source`.
pub(super) fn problem(source: &SourceText<'_>, error: &serde_json::Error) -> Problem {
    let parser_message = error.to_string();
    let parser_message =
        parser_message.rsplit_once(" at line ").map_or(parser_message.as_str(), |(message, _)| message);
    let mistake = if error.is_eof() {
        cut_off(source.text(), parser_message)
    } else {
        mistake(source.text(), source.offset_of(error.line(), error.column()), parser_message)
    };
    Problem { place: source.place_at(mistake.offset), message: mistake.message, remedy: mistake.remedy }
}

struct Mistake {
    offset: usize,
    message: String,
    remedy: String,
}

fn cut_off(text: &str, parser_message: &str) -> Mistake {
    let end = text.trim_end().len();
    if end == 0 {
        return Mistake::new(0, "the file is empty", "write one JSON array");
    }
    let remedy = "restore the missing end, or close what is still open";
    Mistake::new(end, format!("the file ends too early ({parser_message})"), remedy)
}

fn mistake(text: &str, offset: usize, parser_message: &str) -> Mistake {
    let before = text[..offset].trim_end();
    let Some(found) = text[offset..].chars().next() else {
        return cut_off(text, parser_message);
    };
    match (before.chars().next_back(), found) {
        (Some(','), ']' | '}') => {
            Mistake::new(before.len() - 1, "trailing comma", format!("remove the comma before `{found}`"))
        }
        (None | Some('[' | '{' | ','), ',') => {
            Mistake::new(offset, "comma without a value before it", "remove the comma")
        }
        (_, '/' | '#') => Mistake::new(offset, "comment", "remove it; JSON has no comments"),
        (_, '\'') => Mistake::new(offset, "single quote", "write strings and keys in double quotes"),
        (_, ']' | '}') if parser_message.starts_with("expected `,` or") => {
            let open = if found == ']' { '}' } else { ']' };
            Mistake::new(offset, format!("unexpected `{found}`"), format!("close with `{open}` before it"))
        }
        _ if parser_message.starts_with("expected `,` or") => {
            Mistake::new(offset, "missing comma", format!("add a comma before this `{found}`"))
        }
        _ => Mistake::new(offset, parser_message, remedy_for(parser_message)),
    }
}

fn remedy_for(parser_message: &str) -> &'static str {
    match parser_message {
        "trailing characters" => "keep one array in the file and remove what follows it",
        "expected `:`" => "write `:` between the key and its value",
        "key must be a string" => "write the key in double quotes",
        "expected value" | "expected ident" => {
            "write a number, a string in double quotes, an array, an object, true, false or null"
        }
        "invalid number" => "write digits, without leading zeros or signs other than `-`",
        _ if parser_message.starts_with("control character") => {
            "close the string with `\"` on the line where it starts"
        }
        _ => "correct the JSON here",
    }
}

impl Mistake {
    fn new(offset: usize, message: impl Into<String>, remedy: impl Into<String>) -> Mistake {
        Mistake { offset, message: message.into(), remedy: remedy.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        let error = serde_json::from_str::<&serde_json::value::RawValue>(text).unwrap_err();
        problem(&SourceText::new(text), &error).to_string()
    }

    #[test]
    fn every_usual_mistake_has_its_place_and_its_remedy() {
        let rows = [
            ("[1,\n]", "1:3: trailing comma; remove the comma before `]`"),
            ("[{\"a\":1,}]", "1:8: trailing comma; remove the comma before `}`"),
            ("[{\"a\":1}\n {\"a\":2}]", "2:2: missing comma; add a comma before this `{`"),
            ("[{\"a\":1\n\"b\":2}]", "2:1: missing comma; add a comma before this `\"`"),
            ("[1,,2]", "1:4: comma without a value before it; remove the comma"),
            ("[1, // one\n2]", "1:5: comment; remove it; JSON has no comments"),
            ("[{'a':1}]", "1:3: single quote; write strings and keys in double quotes"),
            ("[{\"a\":1]", "1:8: unexpected `]`; close with `}` before it"),
            ("[{a:1}]", "1:3: key must be a string; write the key in double quotes"),
            ("[{\"a\" 1}]", "1:7: expected `:`; write `:` between the key and its value"),
            ("[1]\n[2]", "2:1: trailing characters; keep one array in the file and remove what follows it"),
            (" \n", "1:1: the file is empty; write one JSON array"),
        ];
        for (text, expected) in rows {
            assert_eq!(rendered(text), expected, "{text}");
        }
    }

    #[test]
    fn a_file_that_was_cut_off_is_reported_at_its_end() {
        let expected = "2:2: the file ends too early (EOF while parsing a list); \
                        restore the missing end, or close what is still open";
        assert_eq!(rendered("[1,\n2\n\n"), expected);
    }

    #[test]
    fn an_open_string_is_reported_on_its_line() {
        let expected = "1:3: control character (\\u0000-\\u001F) found while parsing a string; \
                        close the string with `\"` on the line where it starts";
        assert_eq!(rendered("[\"a\n]"), expected);
    }

    #[test]
    fn a_python_word_is_reported_with_the_values_that_json_has() {
        assert!(rendered("[None]").starts_with("1:2: expected value; write a number, a string"));
    }
}
