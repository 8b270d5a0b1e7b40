//! Photos and thumbnails from pictures that strangers send.
//!
//! A photo is decoded within limits, turned upright, and written anew as JPEG in the sizes that
//! clients ask for. Nothing of the original file survives but its pixels: no EXIF, no place where it
//! was taken, no bytes behind the end.
//!
//! Everything here is arithmetic on bytes and takes up to a second: callers run it on a thread that
//! may block, a few at a time.

mod decode;
mod stripped;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, RgbImage};
use thiserror::Error;

/// Why a picture was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PictureError {
    /// Not a picture of a kind that is read here, damaged, or too much memory would be needed.
    #[error("the picture cannot be read")]
    Unreadable,
    /// Too large in pixels, or too narrow.
    #[error("the picture has sides that no photo has")]
    Dimensions,
}

/// The longest that both sides together may be, in pixels, and how many times one may be longer than
/// the other. <https://core.telegram.org/bots/api#sendphoto> tells bots the same; with it a photo
/// has 25 million pixels at most, 100 MB while it is decoded.
pub const SIDES_MAX: u32 = 10_000;
/// See [`SIDES_MAX`].
pub const RATIO_MAX: u32 = 20;

/// One size of a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Its letter (<https://core.telegram.org/api/files#image-thumbnail-types>).
    pub letter: u8,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The picture as JPEG.
    pub jpeg: Vec<u8>,
}

/// A picture made ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Its sizes, the smallest first; never empty.
    pub sizes: Vec<Size>,
    /// A preview of about a hundred bytes (`photoStrippedSize`).
    pub stripped: Vec<u8>,
}

/// The sizes of photos in messages: a letter, and the longest side in pixels.
const PHOTO_SIZES: [(u8, u32); 4] = [(b's', 100), (b'm', 320), (b'x', 800), (b'y', 1280)];

/// The sizes of faces of people and channels, which are square.
const FACE_SIZES: [(u8, u32); 3] = [(b'a', 160), (b'b', 320), (b'c', 640)];

/// The longest side of the thumbnail of a file.
const THUMBNAIL_SIDE: u32 = 320;

/// Clients that make their own photos use about this; the file is half as large as at 95.
const QUALITY: u8 = 87;

/// A photo for a message: up to four sizes, none larger than the original, and a preview.
pub fn photo(bytes: &[u8]) -> Result<Photo, PictureError> {
    let picture = decode::upright(bytes)?;
    let longest = picture.width().max(picture.height());
    let mut sizes = Vec::new();
    let mut rest = picture;
    // From the largest down, each made of the one before: the small ones then cost next to nothing.
    for (index, (letter, side)) in PHOTO_SIZES.into_iter().enumerate().rev() {
        let next_smaller = index.checked_sub(1).map_or(0, |index| PHOTO_SIZES[index].1);
        if longest <= next_smaller {
            continue;
        }
        rest = within(rest, side);
        sizes.push(encode(letter, &rest)?);
    }
    sizes.reverse();
    let stripped = stripped::preview(&rest);
    Ok(Photo { sizes, stripped })
}

/// The face of a person or channel: the middle of the picture, square, in three sizes.
pub fn face(bytes: &[u8]) -> Result<Photo, PictureError> {
    let picture = decode::upright(bytes)?;
    let side = picture.width().min(picture.height());
    let (left, top) = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    let mut rest = picture.crop_imm(left, top, side, side);
    let mut sizes = Vec::new();
    for (letter, side) in FACE_SIZES.into_iter().rev() {
        rest = square(&rest, side);
        sizes.push(encode(letter, &rest)?);
    }
    sizes.reverse();
    let stripped = stripped::preview(&rest);
    Ok(Photo { sizes, stripped })
}

/// The thumbnail that a client sends with a file, written anew.
pub fn thumbnail(bytes: &[u8]) -> Result<Size, PictureError> {
    let picture = within(decode::upright(bytes)?, THUMBNAIL_SIDE);
    encode(b'm', &picture)
}

/// A picture as it is compared with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Red, green and blue, one byte each, row by row.
    pub rgb: Vec<u8>,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// The longest side of a picture that is compared: hashes of pictures look at 64 by 64 places.
const COMPARED_SIDE: u32 = 512;

/// The pixels of a picture, made smaller where it is large.
pub fn pixels(bytes: &[u8]) -> Result<Pixels, PictureError> {
    let picture = on_white(&within(decode::upright(bytes)?, COMPARED_SIDE));
    let (width, height) = picture.dimensions();
    Ok(Pixels {
        rgb: picture.into_raw(),
        width,
        height,
    })
}

/// The picture no larger than `side` by `side`.
fn within(picture: DynamicImage, side: u32) -> DynamicImage {
    if picture.width() <= side && picture.height() <= side {
        return picture;
    }
    picture.resize(side, side, FilterType::Triangle)
}

/// A square picture with this side exactly; clients expect faces of just these sizes.
fn square(picture: &DynamicImage, side: u32) -> DynamicImage {
    picture.resize_exact(side, side, FilterType::Triangle)
}

/// Writes a picture as JPEG; what is transparent becomes white, as Telegram shows it.
fn encode(letter: u8, picture: &DynamicImage) -> Result<Size, PictureError> {
    let opaque = on_white(picture);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&opaque)
        .map_err(|_| PictureError::Unreadable)?;
    Ok(Size {
        letter,
        width: picture.width(),
        height: picture.height(),
        jpeg,
    })
}

fn on_white(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let mut opaque = RgbImage::new(picture.width(), picture.height());
    let with_alpha = picture.to_rgba8();
    for (to, from) in opaque.pixels_mut().zip(with_alpha.pixels()) {
        let [red, green, blue, alpha] = from.0.map(u16::from);
        let mix = |colour: u16| ((colour * alpha + 255 * (255 - alpha)) / 255) as u8;
        to.0 = [mix(red), mix(green), mix(blue)];
    }
    opaque
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageFormat;
    use std::io::Cursor;

    fn picture(width: u32, height: u32) -> DynamicImage {
        let colour = |x: u32, y: u32| image::Rgb([x as u8, y as u8, (x ^ y) as u8]);
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, colour))
    }

    fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).expect("it is written");
        bytes.into_inner()
    }

    fn letters(photo: &Photo) -> String {
        let letters = photo.sizes.iter().map(|size| char::from(size.letter));
        letters.collect()
    }

    #[test]
    fn a_photo_has_the_sizes_below_it_and_its_own() {
        for (width, height, expected) in [
            (2000, 1500, "smxy"),
            (1280, 4, ""),
            (801, 600, "smxy"),
            (800, 600, "smx"),
            (320, 200, "sm"),
            (40, 30, "s"),
            (1, 1, "s"),
        ] {
            let made = photo(&written(&picture(width, height), ImageFormat::Png));
            let Ok(made) = made else {
                assert_eq!(expected, "", "{width}x{height}");
                continue;
            };
            assert_eq!(letters(&made), expected, "{width}x{height}");
            let largest = made.sizes.last().expect("one at least");
            assert!(largest.width <= 1280 && largest.height <= 1280);
            let read = image::load_from_memory(&largest.jpeg).expect("a picture");
            assert_eq!(
                (read.width(), read.height()),
                (largest.width, largest.height)
            );
        }
    }

    #[test]
    fn jpeg_png_webp_and_gif_are_read_and_nothing_else() {
        let shown = picture(200, 100);
        for format in [
            ImageFormat::Jpeg,
            ImageFormat::Png,
            ImageFormat::WebP,
            ImageFormat::Gif,
        ] {
            assert!(photo(&written(&shown, format)).is_ok(), "{format:?}");
        }
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>".as_slice();
        for junk in [
            b"".as_slice(),
            b"hello",
            &[0xff; 4096],
            svg,
            b"BM\x46\0\0\0\0\0\0\0",
        ] {
            assert_eq!(photo(junk), Err(PictureError::Unreadable));
        }
    }

    #[test]
    fn a_cut_picture_never_panics() {
        for format in [
            ImageFormat::Jpeg,
            ImageFormat::Png,
            ImageFormat::WebP,
            ImageFormat::Gif,
        ] {
            let whole = written(&picture(64, 48), format);
            for length in 0..whole.len() {
                let _ = photo(&whole[..length]);
            }
        }
    }

    #[test]
    fn a_face_is_square_in_three_sizes() {
        for (width, height) in [(1000, 300), (50, 90), (640, 640)] {
            let made = face(&written(&picture(width, height), ImageFormat::Jpeg)).expect("a face");
            assert_eq!(letters(&made), "abc");
            for (size, side) in made.sizes.iter().zip([160, 320, 640]) {
                assert_eq!((size.width, size.height), (side, side));
            }
        }
    }

    #[test]
    fn what_is_transparent_becomes_white() {
        let clear = DynamicImage::ImageRgba8(image::RgbaImage::new(20, 20));
        let made = photo(&written(&clear, ImageFormat::Png)).expect("a photo");
        let read = image::load_from_memory(&made.sizes[0].jpeg).expect("a picture");
        assert!(
            read.to_rgb8()
                .pixels()
                .all(|pixel| pixel.0.iter().all(|c| *c > 250))
        );
    }

    /// A PNG that says it has these sides, with a valid check sum and no picture behind.
    fn png_that_says(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = written(&picture(1, 1), ImageFormat::Png);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let mut sum = u32::MAX;
        for byte in &bytes[12..29] {
            sum ^= u32::from(*byte);
            for _ in 0..8 {
                sum = if sum & 1 == 1 {
                    sum >> 1 ^ 0xedb8_8320
                } else {
                    sum >> 1
                };
            }
        }
        bytes[29..33].copy_from_slice(&(!sum).to_be_bytes());
        bytes
    }

    #[test]
    fn a_bomb_is_refused_by_what_it_says_before_it_is_unpacked() {
        for (width, height) in [
            (50_000, 50_000),
            (9_000, 1_001),
            (210, 10),
            (u32::MAX >> 1, 1),
        ] {
            let bomb = photo(&png_that_says(width, height));
            assert_eq!(bomb, Err(PictureError::Dimensions), "{width}x{height}");
        }
        // One that says less than it holds is cut off, not unpacked further.
        assert!(photo(&png_that_says(5_000, 5_000)).is_err());
    }

    #[test]
    fn exif_turns_the_picture_and_goes() {
        // APP1 with one entry: orientation 6, "turn right".
        let exif: &[u8] =
            b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let plain = written(&picture(300, 200), ImageFormat::Jpeg);
        let length = (exif.len() as u16 + 2).to_be_bytes();
        let turned = [&plain[..2], &[0xff, 0xe1], &length, exif, &plain[2..]].concat();
        let made = photo(&turned).expect("a photo");
        let largest = made.sizes.last().expect("one at least");
        assert_eq!((largest.width, largest.height), (200, 300));
        assert!(!largest.jpeg.windows(4).any(|bytes| bytes == b"Exif"));
    }
}
