//! The picture hash against the published vectors of its reference implementation.

use heliograph_classifier::pdq::{Bank, Hashed, Pdq, QUALITY, RADIUS, TURNS, brightness};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// What implementations may differ in: decoders and rounding are not the same everywhere.
const TOLERANCE: u32 = 16;

fn expected() -> impl Iterator<Item = (&'static str, Pdq)> {
    let lines = include_str!("data/pdq/expected.csv").lines();
    lines.map(|line| {
        let (name, hash) = line.split_once(',').expect("a name and a hash");
        (name, Pdq::parse(hash).expect("64 digits"))
    })
}

fn picture(name: &str) -> Hashed {
    let path = format!("{}/tests/data/pdq/{name}", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read(path).expect("the picture is there");
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    let rgb = decoder.decode().expect("a picture");
    let (width, height) = decoder.dimensions().expect("a size");
    Hashed::of(&brightness(&rgb), width, height).expect("large enough")
}

#[test]
fn published_hashes_are_met() {
    let mut pictures = 0;
    for (name, expected) in expected().filter(|(name, _)| !TURNS.contains(name)) {
        let hashed = picture(name);
        let distance = hashed.hash().distance(&expected);
        println!("{name}: distance {distance}, quality {}", hashed.quality);
        assert!(distance <= TOLERANCE, "{name}: {distance} bits");
        // Those of the bridge are full of detail; some of the others are made to have little.
        let detailed = !name.starts_with('q');
        assert!(
            !detailed || hashed.quality >= QUALITY,
            "{name}: quality {}",
            hashed.quality
        );
        pictures += 1;
    }
    assert_eq!(pictures, 12);
}

#[test]
fn hashes_of_turned_copies_are_met_without_turning() {
    let original = picture("aaa-orig.jpg");
    let turned: Vec<_> = expected()
        .filter(|(name, _)| TURNS.contains(name))
        .collect();
    assert_eq!(turned.len(), 7);
    for (name, expected) in turned {
        let at = TURNS
            .iter()
            .position(|turn| *turn == name)
            .expect("a known turn");
        let distance = original.dihedral[at].distance(&expected);
        println!("{name}: distance {distance}");
        assert!(distance <= TOLERANCE, "{name}: {distance} bits");
    }
}

#[test]
fn changed_copies_match_and_other_pictures_do_not() {
    let bank = Bank::of(vec![picture("aaa-orig.jpg").hash()]);
    for name in ["blur-a-lot.jpg", "shrink-a-lot.jpg", "square-128x128.jpg"] {
        let found = bank.matches_turned(&picture(name));
        assert!(
            found
                .first()
                .is_some_and(|(id, far)| *id == 0 && *far <= RADIUS),
            "{name}"
        );
    }
    for name in ["q0003.jpg", "q0122.jpg", "q2821.jpg"] {
        assert_eq!(bank.matches_turned(&picture(name)), [], "{name}");
    }
}

#[test]
fn a_plain_picture_is_of_no_quality_and_matches_nothing() {
    let plain = Hashed::of(&vec![128.0; 100 * 100], 100, 100).expect("large enough");
    assert_eq!(plain.quality, 0);
    assert_eq!(Bank::of(vec![plain.hash()]).matches_turned(&plain), []);
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    assert_eq!(Hashed::of(&[0.0; 10], 4, 4), None);
    assert_eq!(Hashed::of(&[], 0, 0), None);
    assert_eq!(Hashed::of(&[], usize::MAX, 2), None);
    for (width, height) in [(5, 5), (5, 700), (64, 64), (127, 129)] {
        let picture: Vec<f32> = (0..width * height)
            .map(|at| f32::from((at * 37 % 251) as u8))
            .collect();
        assert!(Hashed::of(&picture, width, height).is_some());
    }
}
