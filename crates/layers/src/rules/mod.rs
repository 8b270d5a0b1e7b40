//! What matching by name cannot do: one row for each difference between layers that needs a thought.
//!
//! A row applies where the plain way fails, so it names no layers: a layer that has the field, or the
//! constructor, never asks for it. A test shows that every row is used by some layer.

mod coercions;
mod defaults;
mod fields;
mod keyboards;
mod results;
mod substitutes;
mod synonyms;

pub use coercions::coercion;
pub use defaults::{Value, default_value};
pub use fields::field_rule;
pub use keyboards::constructor_rule;
pub use results::{means_done, result_field};
pub use substitutes::{source_field, substitutes};
pub use synonyms::meant;

use crate::LayerError;
use crate::transcode::{Run, Source};

/// Writes a whole value.
pub type ConstructorRule = fn(&mut Run<'_>, &Source<'_>) -> Result<(), LayerError>;
/// Writes one field of a value and gives true, or writes nothing and gives false.
pub type FieldRule = fn(&mut Run<'_>, &Source<'_>) -> Result<bool, LayerError>;
/// Reads a value of one type and writes it as another.
pub type Coercion = fn(&mut Run<'_>) -> Result<(), LayerError>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CANONICAL;
    use crate::catalogue::Catalogue;
    use heliograph_tl_schema::{Definition, Kind, Ty};

    fn catalogue() -> Catalogue {
        Catalogue::parse(crate::HISTORY).expect("the history parses")
    }

    /// Every way on which a definition may go: down from the canonical layer, up to it.
    fn ways(catalogue: &Catalogue) -> impl Iterator<Item = (&Definition, &Definition)> {
        let entries = || catalogue.entries().iter();
        entries()
            .filter(|entry| entry.is_in(CANONICAL))
            .flat_map(move |canonical| {
                let canonical = &canonical.definition;
                let same_name = |other: &&Definition| {
                    (other.kind, &other.name) == (canonical.kind, &canonical.name)
                };
                let others = entries().map(|entry| &entry.definition).filter(same_name);
                others.flat_map(move |other| [(canonical, other), (other, canonical)])
            })
    }

    #[track_caller]
    fn assert_used(rows: impl Iterator<Item = (String, bool)>) {
        let unused: Vec<String> = rows.filter(|(_, used)| !used).map(|(row, _)| row).collect();
        assert!(unused.is_empty(), "no layer needs {unused:?}");
    }

    #[test]
    fn every_default_is_used_by_some_layer() {
        let catalogue = catalogue();
        assert_used(defaults::DEFAULTS.iter().map(|(constructor, name, _)| {
            let needs = |to: &Definition| {
                to.fields
                    .iter()
                    .any(|field| field.name == *name && field.flag.is_none())
            };
            let lacks = |from: &Definition| from.fields.iter().all(|field| field.name != *name);
            let used = ways(&catalogue)
                .any(|(from, to)| to.name == *constructor && needs(to) && lacks(from));
            (format!("{constructor}.{name}"), used)
        }));
    }

    #[test]
    fn every_field_rule_is_used_by_some_layer() {
        let catalogue = catalogue();
        assert_used(fields::FIELDS.iter().map(|(name, field, _, _)| {
            let used = ways(&catalogue).any(|(from, to)| {
                let wanted = to.fields.iter().find(|one| one.name == *field);
                let lacks = from.fields.iter().all(|one| one.name != *field);
                to.name == *name
                    && lacks
                    && wanted.is_some_and(|one| field_rule(from, to, one).is_some())
            });
            (format!("{name}.{field}"), used)
        }));
    }

    #[test]
    fn every_synonym_has_the_fields_of_what_it_stands_for() {
        let catalogue = catalogue();
        for (asked, found, meant) in synonyms::SYNONYMS {
            let fields = |name: &str| {
                let entry = catalogue.find(CANONICAL, Kind::Constructor, name);
                let definition = &entry.expect("the canonical layer has it").definition;
                let fields = definition.fields.iter();
                let fields: Vec<String> = fields.map(|field| field.ty.to_string()).collect();
                (definition.result.to_string(), fields)
            };
            let ((_, read), (result, written)) = (fields(found), fields(meant));
            assert_eq!((result.as_str(), &read), (*asked, &written), "{found}");
        }
    }

    #[test]
    fn every_coercion_is_used_by_some_layer() {
        let catalogue = catalogue();
        assert_used(coercions::COERCIONS.iter().map(|(source, target, _)| {
            let used = ways(&catalogue).any(|(from, to)| {
                from.fields
                    .iter()
                    .filter(|field| field.ty.to_string() == *source)
                    .any(|field| {
                        let same_name = to.fields.iter().filter(|other| other.name == field.name);
                        same_name
                            .into_iter()
                            .any(|other| other.ty.to_string() == *target)
                    })
            });
            (format!("{source} -> {target}"), used)
        }));
    }

    #[test]
    fn every_substitute_is_used_by_some_layer() {
        let catalogue = catalogue();
        let layers = catalogue.collected();
        let constructors = |layer: u16, ty: &str| -> Vec<String> {
            catalogue
                .constructors(layer, ty)
                .map(|entry| entry.definition.name.clone())
                .collect()
        };
        assert_used(substitutes::BY_TYPE.iter().map(|(ty, substitute)| {
            let canonical = constructors(CANONICAL, ty);
            let used = layers.iter().any(|&layer| {
                let known = constructors(layer, ty);
                known.contains(&(*substitute).to_owned())
                    && canonical.iter().any(|name| !known.contains(name))
            });
            ((*ty).to_owned(), used)
        }));
        assert_used(
            substitutes::BY_CONSTRUCTOR
                .iter()
                .map(|(name, substitute)| {
                    let exists = |layer: u16, name: &str| {
                        catalogue.find(layer, Kind::Constructor, name).is_some()
                    };
                    let used = exists(CANONICAL, name)
                        && layers.iter().any(|&layer| exists(layer, substitute));
                    ((*name).to_owned(), used)
                }),
        );
    }

    #[test]
    fn every_result_rule_is_used_by_some_layer() {
        let catalogue = catalogue();
        let fields = results::RESULTS.iter().map(|row| (row.0, row.1));
        let all = fields.chain(results::DONE.iter().copied());
        assert_used(all.map(|(canonical, older)| {
            let spelled = |ty: &Ty, name: &str| ty.to_string() == name;
            let used = ways(&catalogue)
                .any(|(from, to)| spelled(&from.result, canonical) && spelled(&to.result, older));
            (canonical.to_owned(), used)
        }));
    }
}
