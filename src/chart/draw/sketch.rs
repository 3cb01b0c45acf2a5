//! A chart from its plain data to its files.

use super::image;
use super::picture::Picture;
use super::table::Table;

/// A drawn chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// For file names, without ending; no two charts of one call have the same.
    pub name: String,
    /// The figures that are drawn.
    pub csv: String,
    /// The picture, for any size.
    pub svg: String,
    /// The same picture, 1200 pixels wide.
    pub png: Vec<u8>,
}

/// A chart before it is drawn, and its figures.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct Sketch {
    pub picture: Picture,
    pub table: Table,
}

impl Sketch {
    /// A chart that says why it has no data.
    pub fn without_data(picture: Picture, table: Table, why: impl Into<String>) -> Sketch {
        Sketch { picture: picture.without_data(why), table }
    }

    pub fn draw(self, name: String) -> Chart {
        let Sketch { picture, table } = self;
        Chart { name, csv: table.csv(), svg: image::svg(&picture), png: image::png(&picture) }
    }
}
