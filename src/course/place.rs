//! Places in a file: line and column, found from the slice that was read.
//!
//! Every value that is read here is a slice of the file's text, so its place follows from its address. No
//! line is counted while reading: the starts of all lines are found once, and a place is a search among them.

use std::fmt;

/// A place in a file. Both count from 1; the column counts bytes, so that a place costs the same on a line of
/// any length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In bytes, from 1.
    pub column: usize,
}

/// A text and where its lines start.
pub(super) struct SourceText<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> SourceText<'a> {
    pub(super) fn new(text: &'a str) -> SourceText<'a> {
        let after_newlines = text.match_indices('\n').map(|(offset, _)| offset + 1);
        SourceText { text, line_starts: std::iter::once(0).chain(after_newlines).collect() }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The place of `part`, which must be a slice of this text.
    pub(super) fn place_of(&self, part: &str) -> Place {
        let offset = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        assert!(offset <= self.text.len(), "a place is asked for text that is not a slice of the source");
        self.place_at(offset)
    }

    pub(super) fn place_at(&self, offset: usize) -> Place {
        let line = self.line_starts.partition_point(|&start| start <= offset);
        Place { line, column: offset - self.line_starts[line - 1] + 1 }
    }

    /// The offset of a line and a column as `serde_json` names them, moved back to the start of its
    /// character. Column 0 is the end of the line before.
    pub(super) fn offset_of(&self, line: usize, column: usize) -> usize {
        let start = self.line_starts[line.clamp(1, self.line_starts.len()) - 1];
        let mut offset = (start + column).saturating_sub(1).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// `line:column`
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_knows_its_line_and_its_column_in_bytes() {
        let text = "ab\n\ncde\n";
        let source = SourceText::new(text);
        let rows =
            [(0, (1, 1)), (1, (1, 2)), (2, (1, 3)), (3, (2, 1)), (4, (3, 1)), (6, (3, 3)), (8, (4, 1))];
        for (offset, (line, column)) in rows {
            assert_eq!(source.place_of(&text[offset..]), Place { line, column }, "offset {offset}");
        }
    }

    #[test]
    fn an_offset_inside_a_character_moves_back_to_its_start() {
        let source = SourceText::new("x\né");
        assert_eq!(source.offset_of(2, 1), 2);
        assert_eq!(source.offset_of(2, 2), 2);
        assert_eq!(source.offset_of(2, 9), 4);
        assert_eq!(source.offset_of(2, 0), 1);
    }
}
