//! Decoding within limits.

use crate::{PictureError, RATIO_MAX, SIDES_MAX};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The memory that one decoder may take, in bytes: four bytes for each pixel of the largest picture
/// that is taken, and as much again for the decoder's own tables.
const MEMORY_MAX: u64 = 200 << 20;

/// The kinds of picture that are read; the program holds no decoder for others.
const FORMATS: [ImageFormat; 4] = [
    ImageFormat::Jpeg,
    ImageFormat::Png,
    ImageFormat::WebP,
    ImageFormat::Gif,
];

/// The picture (of an animation the first), turned as its EXIF says.
///
/// The sides are read from the head of the file, so that a bomb is refused before it is unpacked.
pub(crate) fn upright(bytes: &[u8]) -> Result<DynamicImage, PictureError> {
    let unreadable = |_| PictureError::Unreadable;
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| PictureError::Unreadable)?;
    if !reader
        .format()
        .is_some_and(|format| FORMATS.contains(&format))
    {
        return Err(PictureError::Unreadable);
    }
    reader.no_limits();
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    let (short, long) = (width.min(height), width.max(height));
    if short == 0 {
        return Err(PictureError::Unreadable);
    }
    if u64::from(width) + u64::from(height) > u64::from(SIDES_MAX) || long / short > RATIO_MAX {
        return Err(PictureError::Dimensions);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY_MAX);
    decoder.set_limits(limits).map_err(unreadable)?;
    let turned = decoder.orientation().map_err(unreadable)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    picture.apply_orientation(turned);
    Ok(picture)
}
