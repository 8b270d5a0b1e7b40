//! Everything that can be read is written back byte for byte.

use crate::support::{Density, Random, codec_of};
use heliograph_tl::SCHEMA;
use heliograph_tl_schema::Schema;

#[test]
fn every_constructor_and_function_is_written_as_it_was_read() {
    let schema = Schema::parse(SCHEMA).expect("the build script printed it");
    for (index, definition) in schema.definitions().iter().enumerate() {
        let mut random = Random::new(&schema, index as u64);
        let mixed = (0..12).map(|_| Density::Mixed);
        for density in [Density::Empty, Density::Full].into_iter().chain(mixed) {
            let bytes = random.definition(definition, density);
            assert_eq!(
                codec_of(definition)(&bytes),
                Ok(bytes),
                "{density:?} {definition}"
            );
        }
    }
}

#[test]
fn every_definition_is_canonical_but_for_what_was_dropped() {
    let canonical = include_str!("../../../../schema/canonical.tl");
    let canonical = Schema::parse(canonical).expect("it was just compiled in");
    let pruned = Schema::parse(SCHEMA).expect("the build script printed it");
    for kept in pruned.definitions() {
        let full = canonical
            .find(kept.kind, &kept.name)
            .expect("nothing is invented");
        assert_eq!((full.id, &full.result), (kept.id, &kept.result), "{kept}");
        let mut rest = full.fields.iter();
        for field in &kept.fields {
            assert!(rest.any(|known| known == field), "{} of {kept}", field.name);
        }
        let lost = full
            .fields
            .iter()
            .filter(|field| !kept.fields.contains(field));
        assert!(
            lost.clone().all(|field| field.flag.is_some()),
            "{kept} lost a required field"
        );
        for field in lost {
            assert!(
                kept.fields.iter().all(|other| other.flag != field.flag),
                "{kept} kept part of the bit of {}",
                field.name
            );
        }
    }
}
