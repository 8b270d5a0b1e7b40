//! The history itself: its ids, its layers, and that it agrees with the canonical schema.

use crate::support::{history, schema};
use heliograph_layers::{CANONICAL, Layers};
use heliograph_tl_schema::{Definition, Field, Kind, Schema, Ty};
use std::collections::{BTreeSet, HashMap};

/// The id that a definition should have: the CRC32 of its line without `true` flags and brackets, and
/// with `bytes` written as `string` except in vectors.
fn checksum(definition: &Definition) -> u32 {
    let mut parts = vec![definition.name.clone()];
    if definition.fields.iter().any(|field| field.ty == Ty::Nested) {
        parts.push("X:Type".to_owned());
    }
    let mut words = Vec::new();
    for field in &definition.fields {
        let ty = spelled(&field.ty);
        match (&field.ty, field.flag) {
            (Ty::True, Some(_)) => {}
            (_, Some(flag)) => {
                let word = words[usize::from(flag.word)];
                parts.push(format!("{}:{word}.{}?{ty}", field.name, flag.bit));
            }
            (_, None) => parts.push(format!("{}:{ty}", field.name)),
        }
        if field.ty == Ty::Flags {
            words.push(&field.name);
        }
    }
    let result = match &definition.result {
        Ty::Nested => "X".to_owned(),
        result => spelled(result),
    };
    crc32(format!("{} = {result}", parts.join(" ")).as_bytes())
}

fn spelled(ty: &Ty) -> String {
    match ty {
        Ty::Bytes => "string".to_owned(),
        ty => ty.to_string().replace('<', " ").replace('>', ""),
    }
}

/// The CRC32 of IEEE 802.3, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn every_id_is_the_crc32_of_its_line() {
    let wrong: Vec<String> = history()
        .entries()
        .iter()
        .filter(|(_, definition)| checksum(definition) != definition.id)
        .map(|(_, definition)| definition.to_string())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_id_names_two_structures() {
    let mut meanings: HashMap<u32, (Kind, &str, &Ty, Vec<&Field>)> = HashMap::new();
    for (_, definition) in history().entries() {
        let values = definition
            .fields
            .iter()
            .filter(|field| field.ty != Ty::True)
            .collect();
        let meaning = (
            definition.kind,
            definition.name.as_str(),
            &definition.result,
            values,
        );
        let first = meanings
            .entry(definition.id)
            .or_insert_with(|| meaning.clone());
        assert_eq!(*first, meaning, "{definition}");
    }
}

/// Reading takes the variant of an id with the most flags, so it must have those of all others.
#[test]
fn one_variant_of_each_id_has_the_flags_of_all() {
    let mut variants: HashMap<u32, Vec<&Definition>> = HashMap::new();
    for (_, definition) in history().entries() {
        variants.entry(definition.id).or_default().push(definition);
    }
    for all in variants.values() {
        let widest = all
            .iter()
            .max_by_key(|one| one.fields.len())
            .expect("an id has a definition");
        for field in all.iter().flat_map(|one| &one.fields) {
            let same_bit = |other: &Field| other.flag == field.flag && other.ty == field.ty;
            // This flag changed its bit in 201 under the same id. It stands in answers only, and the
            // canonical layer has another id for them.
            let moved = (widest.id, field.name.as_str()) == (0x56d03994, "unclaimed");
            assert!(
                moved || widest.fields.iter().any(same_bit),
                "{}.{}",
                widest.name,
                field.name
            );
        }
    }
}

#[test]
fn the_canonical_schema_is_the_canonical_layer_of_the_history() {
    let text = include_str!("../../../../schema/canonical.tl");
    let canonical = Schema::parse(text).expect("canonical.tl parses");
    // Lines of the encoding itself and of no use to a server; the history leaves them out.
    let outside = ["error", "null"];
    let lines = |schema: &Schema| -> BTreeSet<String> {
        let all = schema
            .definitions()
            .iter()
            .filter(|one| !outside.contains(&one.name.as_str()));
        all.map(Definition::to_string).collect()
    };
    assert_eq!(lines(&canonical), lines(&schema(CANONICAL)));
}

#[test]
fn the_layers_of_released_clients_are_there() {
    let released = [
        143, 144, 152, 155, 158, 162, 166, 173, 177, 181, 184, 186, 189, 198, 199, 201, 204, 214,
        216, 222, 223, 224, 227, 229, 230,
    ];
    let layers = Layers::shared();
    for layer in released {
        assert_eq!(layers.effective(layer), layer);
    }
}

#[test]
fn an_unknown_layer_is_served_in_the_nearest_below() {
    let layers = Layers::shared();
    assert_eq!(layers.effective(228), 227);
    assert_eq!(layers.effective(153), 152);
    assert_eq!(
        layers.effective(9999),
        *layers.collected().last().expect("there are layers")
    );
    assert_eq!(layers.effective(1), 143);
}
