//! Down and up again: what two layers share comes back as it was.

use crate::support::sample::{Random, bytes_of};
use crate::support::{schema, served, text};
use heliograph_layers::{CANONICAL, Layers};
use heliograph_tl_schema::{Definition, Kind, Schema, Ty};
use std::collections::BTreeSet;

/// Requests whose definitions, with everything inside, are the same in `layer` and in what the server
/// reads.
fn shared_functions<'a>(layer: &'a Schema, served: &Schema) -> Vec<&'a Definition> {
    let mut unshared: BTreeSet<&str> = BTreeSet::new();
    let inner = |ty: &Ty| {
        let mut ty = ty.clone();
        while let Ty::Vector(element) = ty {
            ty = *element;
        }
        ty
    };
    let is_shared = |one: &Definition, unshared: &BTreeSet<&str>| {
        let same = served
            .find_id(one.id)
            .is_some_and(|other| other.fields == one.fields);
        let inside = one.fields.iter().map(|field| inner(&field.ty));
        same && inside
            .into_iter()
            .all(|ty| !matches!(ty, Ty::Boxed(name) if unshared.contains(name.as_str())))
    };
    loop {
        let before = unshared.len();
        for ty in layer.types() {
            if !layer
                .constructors_of(ty)
                .all(|one| is_shared(one, &unshared))
            {
                unshared.insert(ty);
            }
        }
        if unshared.len() == before {
            break;
        }
    }
    let functions = layer
        .definitions()
        .iter()
        .filter(|one| one.kind == Kind::Function);
    functions.filter(|one| is_shared(one, &unshared)).collect()
}

#[test]
fn a_request_that_did_not_change_is_raised_to_the_same_bytes() {
    let served = served();
    let layers = Layers::shared();
    let mut checked = 0;
    for &layer in layers.collected() {
        let schema = schema(layer);
        let mut random = Random(u64::from(layer));
        for function in shared_functions(&schema, &served) {
            for _ in 0..4 {
                let Some(request) = bytes_of(&schema, function, &mut random) else {
                    continue;
                };
                let mut raised = Vec::new();
                layers.up(&request, &mut raised).expect("nothing changed");
                assert_eq!(raised, request, "{} of {layer}", function.name);
                checked += 1;
            }
        }
    }
    assert!(checked > 3000, "only {checked} requests were checked");
}

/// A request goes down as any object does; what comes up again must be what the layers share. Reading
/// it as text lets fields that the older layer lacks be missing, and nothing else.
#[test]
fn a_request_that_went_down_comes_up_with_what_the_layers_share() {
    let full = schema(CANONICAL);
    let served = served();
    let layers = Layers::shared();
    let mut checked = 0;
    for &layer in layers
        .collected()
        .iter()
        .filter(|&&layer| layer < CANONICAL)
    {
        let schema = schema(layer);
        let mut random = Random(u64::from(layer));
        for function in served
            .definitions()
            .iter()
            .filter(|one| one.kind == Kind::Function)
        {
            if schema.find_function(&function.name).is_none() {
                continue;
            }
            for _ in 0..3 {
                let Some(request) = bytes_of(&served, function, &mut random) else {
                    continue;
                };
                let mut older = Vec::new();
                if layers.down(layer, &request, &mut older).is_err() {
                    continue;
                }
                let mut again = Vec::new();
                layers
                    .up(&older, &mut again)
                    .expect("what came from the server's schema fits into it");
                let mut twice = Vec::new();
                layers
                    .down(layer, &again, &mut twice)
                    .expect("what went down once goes down again");
                assert_eq!(
                    text::show(&schema, &twice),
                    text::show(&schema, &older),
                    "{} through {layer}, from {:?}",
                    function.name,
                    text::show(&full, &request)
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 3000, "only {checked} requests were checked");
}

#[test]
fn what_is_written_for_a_layer_is_of_that_layer() {
    let full = schema(CANONICAL);
    let constructors = crate::support::sample::answer_constructors(&full, &served());
    let layers = Layers::shared();
    let mut checked = 0;
    for &layer in layers.collected() {
        let schema = schema(layer);
        let mut random = Random(u64::from(layer) << 8);
        for definition in &constructors {
            let Some(value) = bytes_of(&full, definition, &mut random) else {
                continue;
            };
            let mut out = Vec::new();
            if layers.down(layer, &value, &mut out).is_ok() {
                let shown = text::show(&schema, &out);
                assert!(shown.is_ok(), "{} to {layer}: {shown:?}", definition.name);
                checked += 1;
            }
        }
    }
    assert!(checked > 15_000, "only {checked} values were checked");
}
