//! The bytes of a picture: an SVG and a PNG, drawn into memory by the same code.

use plotters::prelude::{BitMapBackend, DrawingBackend, IntoDrawingArea, SVGBackend};

use super::canvas::{Canvas, Medium};
use super::pixels::{FINENESS, WIDTH};

/// A picture that can draw itself on either medium.
pub(in crate::chart) trait Scene {
    /// In pixels.
    fn height(&self) -> u32;

    fn paint<DB: DrawingBackend>(&self, canvas: &Canvas<DB>);
}

/// The same scene gives the same text.
pub(in crate::chart) fn svg<S: Scene>(scene: &S) -> String {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, fine_size(scene)).into_drawing_area();
        scene.paint(&Canvas::new(&area, Medium::Svg));
        area.present().expect("a text in memory can be ended");
    }
    // The drawing is finer than pixels, and its size on a page is not.
    let ((fine_width, fine_height), height) = (fine_size(scene), scene.height());
    let fine = format!("width=\"{fine_width}\" height=\"{fine_height}\"");
    text.replacen(&fine, &format!("width=\"{WIDTH}\" height=\"{height}\""), 1)
}

/// The same scene gives the same bytes.
pub(in crate::chart) fn png<S: Scene>(scene: &S) -> Vec<u8> {
    let (width, height) = fine_size(scene);
    let mut fine = vec![255; (width * height * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut fine, (width, height)).into_drawing_area();
        scene.paint(&Canvas::new(&area, Medium::Png));
        area.present().expect("a bitmap in memory can be ended");
    }
    encoded(&averaged(&fine, width as usize), height / FINENESS)
}

fn fine_size<S: Scene>(scene: &S) -> (u32, u32) {
    (WIDTH * FINENESS, scene.height() * FINENESS)
}

/// Each pixel is the mean of the finer ones in it, so that edges are smooth.
fn averaged(fine: &[u8], fine_width: usize) -> Vec<u8> {
    let n = FINENESS as usize;
    let rows = fine.len() / (fine_width * 3);
    let at = |row: usize, column: usize, channel: usize| {
        u32::from(fine[(row * fine_width + column) * 3 + channel])
    };
    let mut pixels = Vec::with_capacity(fine.len() / (n * n));
    for row in (0..rows).step_by(n) {
        for column in (0..fine_width).step_by(n) {
            for channel in 0..3 {
                let parts = (0..n * n).map(|part| at(row + part / n, column + part % n, channel));
                pixels.push((parts.sum::<u32>() / (n * n) as u32) as u8);
            }
        }
    }
    pixels
}

fn encoded(pixels: &[u8], height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Best);
    encoder.set_filter(png::FilterType::NoFilter);
    let mut writer = encoder.write_header().expect("size and colours are valid");
    writer.write_image_data(pixels).expect("there are as many pixels as the size says");
    writer.finish().expect("a vector takes every byte");
    bytes
}
