//! The largest value in any part of a row.

use std::ops::Range;

/// A row of values that answers for the largest of a range in logarithmic time: a binary tree in an array, each
/// node the larger of its children.
#[derive(Debug)]
pub(super) struct Largest {
    /// Node i has the children 2 i and 2 i + 1; the second half is the row.
    nodes: Vec<u64>,
}

impl Largest {
    pub fn of(row: impl ExactSizeIterator<Item = u64>) -> Largest {
        let length = row.len();
        let mut nodes = vec![0; length];
        nodes.extend(row);
        for node in (1..length).rev() {
            nodes[node] = nodes[2 * node].max(nodes[2 * node + 1]);
        }
        Largest { nodes }
    }

    /// 0 if the range is empty.
    pub fn within(&self, range: Range<usize>) -> u64 {
        let length = self.nodes.len() / 2;
        let (mut low, mut high, mut largest) = (range.start + length, range.end + length, 0);
        while low < high {
            if low % 2 == 1 {
                largest = largest.max(self.nodes[low]);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                largest = largest.max(self.nodes[high]);
            }
            (low, high) = (low / 2, high / 2);
        }
        largest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_of_rows_of_every_small_length_has_its_largest_value() {
        let values = [5, 1, 9, 2, 9, 0, 7, 3, 8];
        for length in 0..=values.len() {
            let tree = Largest::of(values[..length].iter().copied());
            for low in 0..=length {
                for high in low..=length {
                    let expected = values[low..high].iter().copied().fold(0, u64::max);
                    assert_eq!(tree.within(low..high), expected, "{low}..{high} of {length}");
                }
            }
        }
    }
}
