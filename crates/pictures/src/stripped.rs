//! The preview that stands in an answer itself: a JPEG of at most 40 pixels a side without its head,
//! which every client knows (<https://core.telegram.org/api/files#stripped-thumbnails>).
//!
//! That head fixes everything but the pixels: the quantisation tables of ISO/IEC 10918-1, annex K, at
//! quality 20, colour at half the resolution, and annex K's Huffman tables. So the encoder below
//! knows just these. It is a plain one: forty pixels a side are at most nine blocks of colour.

use image::DynamicImage;
use image::imageops::FilterType;
use std::f32::consts::PI;

/// The longest side, in pixels.
const SIDE: u32 = 40;

/// The preview: `01`, height, width, and the coded pixels.
pub(crate) fn preview(picture: &DynamicImage) -> Vec<u8> {
    let small = picture.resize(SIDE, SIDE, FilterType::Triangle);
    let (width, height) = (small.width() as usize, small.height() as usize);
    let pixels = crate::on_white(&small);
    let at = |x: usize, y: usize| -> [f32; 3] {
        let (x, y) = (x.min(width - 1) as u32, y.min(height - 1) as u32);
        let [red, green, blue] = pixels.get_pixel(x, y).0.map(f32::from);
        [
            0.299 * red + 0.587 * green + 0.114 * blue - 128.0,
            -0.168_736 * red - 0.331_264 * green + 0.5 * blue,
            0.5 * red - 0.418_688 * green - 0.081_312 * blue,
        ]
    };
    let tables = Tables::new();
    let mut scan = Scan::default();
    for top in (0..height).step_by(16) {
        for left in (0..width).step_by(16) {
            // Four blocks of brightness, then one of each colour over the same 16 by 16 pixels.
            for (right, down) in [(0, 0), (8, 0), (0, 8), (8, 8)] {
                let block = |x: usize, y: usize| at(left + right + x, top + down + y)[0];
                scan.block(0, &tables, &block);
            }
            for colour in [1, 2] {
                let block = |x: usize, y: usize| {
                    let (x, y) = (left + 2 * x, top + 2 * y);
                    let four = [at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)];
                    four.iter().map(|pixel| pixel[colour]).sum::<f32>() / 4.0
                };
                scan.block(colour, &tables, &block);
            }
        }
    }
    let mut preview = vec![1, height as u8, width as u8];
    preview.extend(scan.finish());
    preview
}

/// A Huffman code: for each symbol its bits and how many they are.
type Code = [(u16, u8); 256];

struct Tables {
    cosines: [[f32; 8]; 8],
    /// For brightness and colour.
    direct: [Code; 2],
    alternating: [Code; 2],
}

impl Tables {
    fn new() -> Self {
        let mut cosines = [[0.0; 8]; 8];
        for (u, row) in cosines.iter_mut().enumerate() {
            let scale = if u == 0 { 0.5 / 2_f32.sqrt() } else { 0.5 };
            for (x, value) in row.iter_mut().enumerate() {
                let sixteenths = ((2 * x + 1) * u) as u16;
                *value = scale * (f32::from(sixteenths) * PI / 16.0).cos();
            }
        }
        let twelve: Vec<u8> = (0..12).collect();
        Tables {
            cosines,
            direct: [code(&DC_LUMA, &twelve), code(&DC_COLOUR, &twelve)],
            alternating: [
                code(&AC_LUMA, &AC_LUMA_VALUES),
                code(&AC_COLOUR, &AC_COLOUR_VALUES),
            ],
        }
    }
}

/// The code that a table of lengths stands for (annex C).
fn code(lengths: &[u8; 16], symbols: &[u8]) -> Code {
    let mut code = [(0, 0); 256];
    let mut symbols = symbols.iter();
    let mut next = 0_u16;
    for (length, count) in (1..=16).zip(lengths) {
        for symbol in symbols.by_ref().take(usize::from(*count)) {
            code[usize::from(*symbol)] = (next, length);
            next = next.wrapping_add(1);
        }
        next <<= 1;
    }
    code
}

/// The coded pixels as they grow.
#[derive(Default)]
struct Scan {
    bytes: Vec<u8>,
    bits: u32,
    count: u8,
    /// The last direct value of each component: the next is written as the difference.
    last: [i32; 3],
}

impl Scan {
    /// Writes one block of a component.
    fn block(&mut self, component: usize, tables: &Tables, pixel: &dyn Fn(usize, usize) -> f32) {
        let kind = component.min(1);
        let mut rows = [[0.0; 8]; 8];
        for (y, row) in rows.iter_mut().enumerate() {
            for (u, value) in row.iter_mut().enumerate() {
                *value = (0..8).map(|x| tables.cosines[u][x] * pixel(x, y)).sum();
            }
        }
        let mut quantised = [0_i32; 64];
        for (place, value) in ZIGZAG.iter().zip(&mut quantised) {
            let (v, u) = (usize::from(*place) / 8, usize::from(*place) % 8);
            let sum: f32 = (0..8).map(|y| tables.cosines[v][y] * rows[y][u]).sum();
            *value = (sum / step(kind, *place)).round() as i32;
        }
        let difference = quantised[0] - self.last[component];
        self.last[component] = quantised[0];
        self.value(&tables.direct[kind], 0, difference);
        let mut zeros = 0_u8;
        for value in &quantised[1..] {
            if *value == 0 {
                zeros += 1;
                continue;
            }
            while zeros >= 16 {
                self.symbol(&tables.alternating[kind], 0xf0);
                zeros -= 16;
            }
            self.value(&tables.alternating[kind], zeros, *value);
            zeros = 0;
        }
        if zeros > 0 {
            self.symbol(&tables.alternating[kind], 0);
        }
    }

    /// Writes how many zeros come before a value and how many bits it has, then the value.
    fn value(&mut self, code: &Code, zeros: u8, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        self.symbol(code, zeros << 4 | size as u8);
        let bits = if value < 0 { value - 1 } else { value };
        self.push(bits as u32 & ((1 << size) - 1), size as u8);
    }

    fn symbol(&mut self, code: &Code, symbol: u8) {
        let (bits, length) = code[usize::from(symbol)];
        self.push(u32::from(bits), length);
    }

    fn push(&mut self, bits: u32, length: u8) {
        self.bits = self.bits << length | bits;
        self.count += length;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.bits >> self.count) as u8;
            self.bytes.push(byte);
            // A byte of ones would read as a marker.
            if byte == 0xff {
                self.bytes.push(0);
            }
        }
        self.bits &= (1 << self.count) - 1;
    }

    /// Fills the last byte with ones.
    fn finish(mut self) -> Vec<u8> {
        let missing = (8 - self.count) % 8;
        self.push((1 << missing) - 1, missing);
        self.bytes
    }
}

/// The step in which the value at a place of the block is written: annex K's at quality 20.
fn step(kind: usize, place: u8) -> f32 {
    let at_50 = u16::from(QUANTISATION[kind][usize::from(place)]);
    f32::from(((at_50 * 250 + 50) / 100).min(255))
}

#[rustfmt::skip]
const QUANTISATION: [[u8; 64]; 2] = [
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ],
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
        24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ],
];

/// The order in which a block's values are written, from coarse to fine.
#[rustfmt::skip]
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

// Annex K, tables K.3 to K.6: how many codes there are of each length, and their symbols.
const DC_LUMA: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const DC_COLOUR: [u8; 16] = [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0];
const AC_LUMA: [u8; 16] = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125];
const AC_COLOUR: [u8; 16] = [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119];
#[rustfmt::skip]
const AC_LUMA_VALUES: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51,
    0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1,
    0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18,
    0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39,
    0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57,
    0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75,
    0x76, 0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92,
    0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
    0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3,
    0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8,
    0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2,
    0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];
#[rustfmt::skip]
const AC_COLOUR_VALUES: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07,
    0x61, 0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09,
    0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25,
    0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x35, 0x36, 0x37, 0x38,
    0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56,
    0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74,
    0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
    0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5,
    0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba,
    0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6,
    0xd7, 0xd8, 0xd9, 0xda, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2,
    0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    /// What a client does: puts the head in front that everyone knows.
    fn whole(preview: &[u8]) -> Vec<u8> {
        let mut jpeg = vec![0xff, 0xd8];
        for kind in [0, 1] {
            jpeg.extend([0xff, 0xdb, 0, 67, kind as u8]);
            jpeg.extend(ZIGZAG.iter().map(|place| step(kind, *place) as u8));
        }
        let (height, width) = (preview[1], preview[2]);
        jpeg.extend([0xff, 0xc0, 0, 17, 8, 0, height, 0, width, 3]);
        jpeg.extend([1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        let twelve: Vec<u8> = (0..12).collect();
        let tables: [(u8, &[u8; 16], &[u8]); 4] = [
            (0x00, &DC_LUMA, &twelve),
            (0x10, &AC_LUMA, &AC_LUMA_VALUES),
            (0x01, &DC_COLOUR, &twelve),
            (0x11, &AC_COLOUR, &AC_COLOUR_VALUES),
        ];
        for (name, lengths, values) in tables {
            jpeg.extend([0xff, 0xc4, 0, 19 + values.len() as u8, name]);
            jpeg.extend(lengths.iter().chain(values));
        }
        jpeg.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
        jpeg.extend(&preview[3..]);
        jpeg.extend([0xff, 0xd9]);
        jpeg
    }

    #[test]
    fn the_head_is_the_one_that_clients_put_in_front() {
        // As stock clients carry it: the first values of both quantisation tables.
        let steps = |kind| {
            ZIGZAG[..8]
                .iter()
                .map(move |place| step(kind, *place) as u8)
        };
        let luma: Vec<u8> = steps(0).collect();
        let colour: Vec<u8> = steps(1).collect();
        assert_eq!(luma, [0x28, 0x1c, 0x1e, 0x23, 0x1e, 0x19, 0x28, 0x23]);
        assert_eq!(colour, [0x2b, 0x2d, 0x2d, 0x3c, 0x35, 0x3c, 0x76, 0x41]);
    }

    #[test]
    fn a_preview_reads_as_the_picture_it_was_made_of() {
        for (width, height) in [(40, 40), (40, 23), (9, 40), (400, 200), (1, 40)] {
            let colour = |x: u32, y: u32| {
                image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 90])
            };
            let picture = DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, colour));
            let preview = preview(&picture);
            assert!(preview.len() < 1000, "{} bytes", preview.len());
            let read = image::load_from_memory(&whole(&preview))
                .expect("a picture")
                .to_rgb8();
            assert_eq!(
                (read.height() as u8, read.width() as u8),
                (preview[1], preview[2])
            );
            let small = picture.resize(SIDE, SIDE, FilterType::Triangle).to_rgb8();
            let off: u32 = read
                .iter()
                .zip(small.iter())
                .map(|(a, b)| u32::from(a.abs_diff(*b)))
                .sum();
            let mean = off / (read.len() as u32);
            assert!(mean < 12, "{width}x{height} is off by {mean} on average");
        }
    }
}
