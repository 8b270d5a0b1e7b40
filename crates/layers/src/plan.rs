//! How each constructor and function is rewritten for one target: worked out once, used for every call.

use crate::catalogue::{Catalogue, Entry, MAX_WORDS, TypeId, Wire};
use crate::rules::{self, Coercion, ConstructorRule, FieldRule};
use crate::target::Target;
use heliograph_tl_schema::{Definition, Field, Flag, Kind, Ty};
use std::collections::HashMap;
use std::ops::Range;

/// The plans towards one target, one for each entry of the catalogue.
pub struct Plans {
    by_entry: Vec<Plan>,
    unchanged_types: Vec<bool>,
    ids: HashMap<String, u32>,
}

/// How one constructor or function is rewritten.
pub enum Plan {
    /// Its bytes are the same in the target, with everything inside.
    Unchanged,
    /// Field by field.
    Rewrite(Box<Rewrite>),
    /// By a function of its own.
    Rule(ConstructorRule),
    /// The target has no word for it.
    Inexpressible,
}

/// One definition written as another.
pub struct Rewrite {
    /// The id in the target.
    pub to_id: u32,
    /// The type in the target.
    pub to_type: Option<TypeId>,
    /// Whether the source fields are used in the order in which they lie.
    pub in_order: bool,
    /// What is done, in the order of the target's fields.
    pub steps: Box<[Step]>,
    /// `true` flags whose bit stays: (source word, target word, mask).
    pub kept_bits: Box<[(u8, u8, u32)]>,
    /// `true` flags whose bit moves: (source, target).
    pub moved_bits: Box<[(Flag, Flag)]>,
    /// What is written when a required field turns out to be inexpressible.
    pub otherwise: Option<Box<Rewrite>>,
}

/// One step of a [`Rewrite`]. `field` counts the source's fields.
pub enum Step {
    /// Reads a flags word of the source.
    ReadWord(u8),
    /// Leaves room for a flags word of the target, which is known only at the end.
    WriteWord,
    /// Passes over a field that the target does not have.
    Drop { field: u8 },
    /// Writes a field that both have.
    Take(Take),
    /// Writes a fixed value for a field that the source does not have.
    Insert { to: Option<Flag>, value: Box<[u8]> },
    /// Writes a `Bool` from a `true` flag.
    BoolFromBit { from: Flag },
    /// Sets a `true` flag from a `Bool`.
    BitFromBool {
        field: u8,
        from: Option<Flag>,
        to: Flag,
    },
    /// Writes a field by a function; gives whether there was anything to write.
    Compute { rule: FieldRule, to: Option<Flag> },
}

/// A field that both sides have.
pub struct Take {
    /// Its position in the source.
    pub field: u8,
    /// Its form in the source.
    pub wire: Wire,
    /// The source's condition.
    pub from: Option<Flag>,
    /// The target's condition.
    pub to: Option<Flag>,
    /// Whether it decides its bit in the target. All values of a bit appear together.
    pub leads: bool,
    /// How its bytes are made.
    pub how: How,
    /// What stands for it when it must be there and is not; `None` when nothing can.
    pub default: Option<Box<[u8]>>,
}

/// How the bytes of a value are made.
#[derive(Clone, Copy)]
pub enum How {
    /// They are the same.
    Copy,
    /// Values inside have plans of their own; the type of a boxed value in the target.
    Transcode(Option<TypeId>),
    /// By a function from one type to the other.
    Coerce(Coercion),
}

impl Plans {
    /// Plans the way to `target` from every definition whose id `in_scope` admits.
    pub fn new(catalogue: &Catalogue, target: &Target<'_>, in_scope: impl Fn(u32) -> bool) -> Self {
        let planner = Planner { catalogue, target };
        let entries = catalogue.entries();
        // One variant of each id is read: the widest.
        let is_source: Vec<bool> = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| catalogue.is_widest(index) && in_scope(entry.definition.id))
            .collect();
        let identical: Vec<bool> = entries
            .iter()
            .zip(&is_source)
            .map(|(entry, &is_source)| is_source && planner.is_identical(&entry.definition))
            .collect();
        let unchanged_types = find_unchanged_types(catalogue, &is_source, &identical);
        let plan = |(index, entry): (usize, &Entry)| {
            let unchanged = |wire| is_unchanged(catalogue, &unchanged_types, wire);
            if !is_source[index] {
                Plan::Inexpressible
            } else if identical[index] && entry.fields.iter().all(|field| unchanged(field.wire)) {
                Plan::Unchanged
            } else {
                let mut plan = planner.plan(entry);
                if let Plan::Rewrite(rewrite) = &mut plan {
                    settle(catalogue, &unchanged_types, rewrite);
                }
                plan
            }
        };
        let by_entry = entries.iter().enumerate().map(plan).collect();
        Plans {
            by_entry,
            unchanged_types,
            ids: target.constructor_ids(),
        }
    }

    /// The plan of the entry with this number.
    #[inline]
    pub fn plan(&self, index: usize) -> &Plan {
        &self.by_entry[index]
    }

    /// Whether every value of this form has the same bytes in the target.
    #[inline]
    pub fn is_unchanged(&self, catalogue: &Catalogue, wire: Wire) -> bool {
        is_unchanged(catalogue, &self.unchanged_types, wire)
    }

    /// The id of a constructor of the target.
    pub fn id(&self, name: &str) -> Option<u32> {
        self.ids.get(name).copied()
    }
}

fn is_unchanged(catalogue: &Catalogue, unchanged_types: &[bool], wire: Wire) -> bool {
    match wire {
        Wire::Boxed(TypeId(number)) => unchanged_types[usize::from(number)],
        Wire::Vector(element) => {
            is_unchanged(catalogue, unchanged_types, catalogue.element(element))
        }
        _ => true,
    }
}

/// The types of which every constructor, with everything inside, is identical: starts from all types
/// that have any and strikes out until nothing changes.
fn find_unchanged_types(
    catalogue: &Catalogue,
    is_source: &[bool],
    identical: &[bool],
) -> Vec<bool> {
    let constructors: Vec<(usize, usize, &Entry)> = catalogue
        .entries()
        .iter()
        .enumerate()
        .filter(|(index, entry)| is_source[*index] && entry.definition.kind == Kind::Constructor)
        .filter_map(|(index, entry)| Some((index, usize::from(entry.result?.0), entry)))
        .collect();
    let mut unchanged = vec![false; catalogue.type_count()];
    for &(_, ty, _) in &constructors {
        unchanged[ty] = true;
    }
    loop {
        let mut struck = false;
        for &(index, ty, entry) in &constructors {
            let same = |wire| is_unchanged(catalogue, &unchanged, wire);
            if unchanged[ty]
                && !(identical[index] && entry.fields.iter().all(|field| same(field.wire)))
            {
                unchanged[ty] = false;
                struck = true;
            }
        }
        if !struck {
            return unchanged;
        }
    }
}

/// Turns `Transcode` into `Copy` where the type proved to be unchanged.
fn settle(catalogue: &Catalogue, unchanged_types: &[bool], rewrite: &mut Rewrite) {
    for step in &mut rewrite.steps {
        if let Step::Take(take) = step
            && let How::Transcode(_) = take.how
            && is_unchanged(catalogue, unchanged_types, take.wire)
        {
            take.how = How::Copy;
        }
    }
    if let Some(otherwise) = &mut rewrite.otherwise {
        settle(catalogue, unchanged_types, otherwise);
    }
}

struct Planner<'a> {
    catalogue: &'a Catalogue,
    target: &'a Target<'a>,
}

impl Planner<'_> {
    fn is_identical(&self, from: &Definition) -> bool {
        self.target.find(from.kind, &from.name).is_some_and(|to| {
            to.id == from.id && to.fields == from.fields && to.result == from.result
        })
    }

    fn plan(&self, entry: &Entry) -> Plan {
        let from = &entry.definition;
        if let Some(rule) = rules::constructor_rule(from, self.target) {
            return Plan::Rule(rule);
        }
        let same_name = self.target.find(from.kind, &from.name);
        match same_name.and_then(|to| self.rewrite(from, to)) {
            Some(mut rewrite) => {
                rewrite.otherwise = self.substitute(from).map(Box::new);
                Plan::Rewrite(Box::new(rewrite))
            }
            None => match self.substitute(from) {
                Some(rewrite) => Plan::Rewrite(Box::new(rewrite)),
                None => Plan::Inexpressible,
            },
        }
    }

    /// Another constructor of the target that stands for this one. Only what the server says is bent
    /// so; a request keeps its meaning or fails.
    fn substitute(&self, from: &Definition) -> Option<Rewrite> {
        if self.target.is_served() {
            return None;
        }
        let others = rules::substitutes(from).filter(|name| *name != from.name);
        let found = others.filter_map(|name| self.target.find(from.kind, name));
        found.into_iter().find_map(|to| self.rewrite(from, to))
    }

    fn rewrite(&self, from: &Definition, to: &Definition) -> Option<Rewrite> {
        let mut steps = Vec::new();
        let mut kept = [[0u32; MAX_WORDS]; MAX_WORDS];
        let mut moved_bits = Vec::new();
        for field in &to.fields {
            if field.ty == Ty::Flags {
                steps.push(Step::WriteWord);
                continue;
            }
            let bit_is_a_values = || {
                to.fields
                    .iter()
                    .any(|other| is_value(other) && other.flag == field.flag)
            };
            let source = rules::source_field(from, to, field);
            match (source.map(|index| &from.fields[index]), field.flag) {
                // A `true` that shares its bit with a value never sets it: the value decides.
                (_, Some(_)) if field.ty == Ty::True && bit_is_a_values() => {}
                (
                    Some(Field {
                        ty: Ty::True,
                        flag: Some(from),
                        ..
                    }),
                    Some(to),
                ) if field.ty == Ty::True => {
                    if from.bit == to.bit {
                        kept[usize::from(from.word)][usize::from(to.word)] |= 1 << from.bit;
                    } else {
                        moved_bits.push((*from, to));
                    }
                }
                (Some(source_field), Some(to))
                    if field.ty == Ty::True && source_field.ty == Ty::Bool =>
                {
                    steps.push(Step::BitFromBool {
                        field: source? as u8,
                        from: source_field.flag,
                        to,
                    });
                }
                (_, _) if field.ty == Ty::True => {}
                (
                    Some(Field {
                        ty: Ty::True,
                        flag: Some(from),
                        ..
                    }),
                    None,
                ) if field.ty == Ty::Bool => {
                    steps.push(Step::BoolFromBit { from: *from });
                }
                (source_field, _) => {
                    let step = match self.take(to, field, source.zip(source_field)) {
                        Some(take) => Some(Step::Take(take)),
                        None => self.make(from, to, field)?,
                    };
                    steps.extend(step);
                }
            }
        }
        let in_order = put_in_order(from, &mut steps);
        let kept_bits = kept.iter().enumerate().flat_map(|(from, row)| {
            let masks = row.iter().enumerate().filter(|(_, mask)| **mask != 0);
            masks.map(move |(to, &mask)| (from as u8, to as u8, mask))
        });
        let to_type = match &to.result {
            Ty::Boxed(name) => self.catalogue.type_id(name),
            _ => None,
        };
        Some(Rewrite {
            to_id: to.id,
            to_type,
            in_order,
            steps: steps.into_boxed_slice(),
            kept_bits: kept_bits.collect(),
            moved_bits: moved_bits.into_boxed_slice(),
            otherwise: None,
        })
    }

    /// A field that the source has in a form which can become that of the target.
    fn take(
        &self,
        to: &Definition,
        field: &Field,
        source: Option<(usize, &Field)>,
    ) -> Option<Take> {
        let (index, source) = source?;
        let wire = self.catalogue.wire(&source.ty)?;
        let how = if source.ty == field.ty || is_text(&source.ty) && is_text(&field.ty) {
            match wire {
                Wire::Boxed(ty) => How::Transcode(Some(ty)),
                Wire::Vector(_) => How::Transcode(None),
                _ => How::Copy,
            }
        } else {
            How::Coerce(rules::coercion(&source.ty, &field.ty)?)
        };
        let leads = leads(to, field);
        let needs_default = field.flag.is_none() && source.flag.is_some() || !leads;
        let default = if needs_default {
            self.target.default_value(to, field)
        } else {
            None
        };
        Some(Take {
            field: index as u8,
            wire,
            from: source.flag,
            to: field.flag,
            leads,
            how,
            default,
        })
    }

    /// A field that the source lacks: computed by a rule, or a default where it must be there.
    /// The outer `None` says that neither is possible, the inner one that nothing need be written.
    #[expect(
        clippy::option_option,
        reason = "the two layers mean different things, as said above"
    )]
    fn make(&self, from: &Definition, to: &Definition, field: &Field) -> Option<Option<Step>> {
        if let Some(rule) = rules::field_rule(from, to, field) {
            return Some(Some(Step::Compute {
                rule,
                to: field.flag,
            }));
        }
        let is_required = field.flag.is_none();
        if is_required || !leads(to, field) {
            let value = self.target.default_value(to, field)?;
            return Some(Some(Step::Insert {
                to: field.flag,
                value,
            }));
        }
        Some(None)
    }
}

/// Whether a field has bytes of its own.
fn is_value(field: &Field) -> bool {
    !matches!(field.ty, Ty::True | Ty::Flags)
}

fn is_text(ty: &Ty) -> bool {
    matches!(ty, Ty::String | Ty::Bytes)
}

/// Whether `field` is the first value on its bit; a field without a condition leads trivially.
fn leads(definition: &Definition, field: &Field) -> bool {
    let first = definition
        .fields
        .iter()
        .find(|other| is_value(other) && other.flag == field.flag);
    field.flag.is_none() || first.is_some_and(|first| first.name == field.name)
}

/// When the steps use the source's fields in their own order, adds the steps that read its words and
/// pass over what is left out, and gives true: such a rewrite goes over the bytes once.
fn put_in_order(from: &Definition, steps: &mut Vec<Step>) -> bool {
    let used = |step: &Step| match step {
        Step::Take(take) => Some(usize::from(take.field)),
        Step::BitFromBool { field, .. } => Some(usize::from(*field)),
        _ => None,
    };
    let order: Vec<usize> = steps.iter().filter_map(used).collect();
    let is_ascending = order.windows(2).all(|pair| pair[0] < pair[1]);
    // These look at fields and bits wherever they stand.
    let looks_around =
        |step: &Step| matches!(step, Step::Compute { .. } | Step::BoolFromBit { .. });
    if !is_ascending || steps.iter().any(looks_around) {
        return false;
    }
    let mut ordered = Vec::new();
    let (mut next, mut words) = (0, 0);
    for step in std::mem::take(steps) {
        if let Some(field) = used(&step) {
            pass_over(from, next..field, &mut words, &mut ordered);
            next = field + 1;
        }
        ordered.push(step);
    }
    pass_over(from, next..from.fields.len(), &mut words, &mut ordered);
    *steps = ordered;
    true
}

/// Adds the steps for source fields that no step uses.
fn pass_over(from: &Definition, fields: Range<usize>, words: &mut u8, steps: &mut Vec<Step>) {
    for index in fields {
        let field = &from.fields[index];
        if field.ty == Ty::Flags {
            steps.push(Step::ReadWord(*words));
            *words += 1;
        } else if is_value(field) {
            steps.push(Step::Drop { field: index as u8 });
        }
    }
}

#[cfg(test)]
mod tests {
    //! Small schemas of two layers: 1 is the source, 2 the target.

    use super::*;
    use crate::LayerError;
    use crate::transcode::{Limits, Run};

    fn rewrite(history: &str, words: &[u32]) -> Result<Vec<u32>, LayerError> {
        let text = format!("// COLLECTED 1 2\n---types---\n{history}");
        let catalogue = Catalogue::parse(&text).expect("the history above the call parses");
        let target = Target::of_layer(&catalogue, 2);
        let plans = Plans::new(&catalogue, &target, |id| catalogue.has(1, id));
        let input: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut out = Vec::new();
        let limits = Limits {
            depth: 8,
            out_bytes: 100,
        };
        Run::new(&catalogue, &plans, &input, &mut out, limits).whole()?;
        let word = |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Ok(out.chunks_exact(4).map(word).collect())
    }

    #[test]
    fn the_first_value_on_a_bit_decides_for_the_others() {
        let history = "
            1 a#1 flags:# x:flags.0?int y:flags.1?int = A;
            2 a#2 flags:# x:flags.3?int y:flags.3?int = A;";
        assert_eq!(
            rewrite(history, &[1, 0b11, 7, 8]),
            Ok(vec![2, 0b1000, 7, 8])
        );
        assert_eq!(rewrite(history, &[1, 0b01, 7]), Ok(vec![2, 0b1000, 7, 0]));
        assert_eq!(rewrite(history, &[1, 0b10, 8]), Ok(vec![2, 0]));
    }

    #[test]
    fn a_true_flag_never_sets_the_bit_of_a_value() {
        let history = "
            1 a#1 flags:# t:flags.0?true x:flags.1?int = A;
            2 a#2 flags:# t:flags.3?true x:flags.3?int = A;";
        assert_eq!(rewrite(history, &[1, 0b01]), Ok(vec![2, 0]));
        assert_eq!(rewrite(history, &[1, 0b10, 7]), Ok(vec![2, 0b1000, 7]));
    }

    #[test]
    fn unknown_bits_are_cleared_whether_or_not_the_definition_changed() {
        let changed = "
            1 a#1 flags:# t:flags.0?true u:flags.1?true = A;
            2 a#1 flags:# t:flags.0?true = A;";
        assert_eq!(rewrite(changed, &[1, 0b111]), Ok(vec![1, 1]));
        let unchanged = "1-2 a#1 flags:# t:flags.0?true = A;";
        assert_eq!(rewrite(unchanged, &[1, 0b111]), Ok(vec![1, 1]));
    }

    #[test]
    fn fields_may_change_their_order_and_words() {
        let history = "
            1 a#1 flags:# x:int y:flags.0?long z:int = A;
            2 a#2 z:int flags:# flags2:# y:flags2.5?long x:int = A;";
        assert_eq!(
            rewrite(history, &[1, 1, 10, 20, 21, 30]),
            Ok(vec![2, 30, 0, 1 << 5, 20, 21, 10])
        );
        assert_eq!(rewrite(history, &[1, 0, 10, 30]), Ok(vec![2, 30, 0, 0, 10]));
    }

    #[test]
    fn a_true_flag_and_a_bool_become_each_other() {
        let to_bool = "
            1 a#1 flags:# t:flags.2?true = A;
            2 a#2 t:Bool = A;";
        assert_eq!(rewrite(to_bool, &[1, 4]), Ok(vec![2, 0x997275b5]));
        assert_eq!(rewrite(to_bool, &[1, 0]), Ok(vec![2, 0xbc799737]));
        let to_flag = "
            1 a#1 x:int t:Bool = A;
            2 a#2 flags:# t:flags.2?true x:int = A;";
        assert_eq!(rewrite(to_flag, &[1, 9, 0x997275b5]), Ok(vec![2, 4, 9]));
        assert_eq!(rewrite(to_flag, &[1, 9, 0xbc799737]), Ok(vec![2, 0, 9]));
    }

    #[test]
    fn what_cannot_be_expressed_is_left_out_where_it_may_be() {
        let history = "
            1-2 old#1 = T;
            1-1 new#2 x:int = T;
            1-2 many#3 all:Vector<T> = M;
            1-2 maybe#4 flags:# t:flags.0?T x:int = M;
            1-2 must#5 t:T = M;
            1-2 list#6 all:Vector<M> = L;";
        let vector = 0x1cb5c415;
        assert_eq!(
            rewrite(history, &[3, vector, 3, 1, 2, 9, 1]),
            Ok(vec![3, vector, 2, 1, 1])
        );
        assert_eq!(rewrite(history, &[4, 1, 2, 9, 5]), Ok(vec![4, 0, 5]));
        assert_eq!(rewrite(history, &[4, 1, 1, 5]), Ok(vec![4, 1, 1, 5]));
        assert_eq!(rewrite(history, &[5, 2, 9]), Err(LayerError::Inexpressible));
        // The element that needs it goes as a whole.
        assert_eq!(
            rewrite(history, &[6, vector, 2, 5, 2, 9, 5, 1]),
            Ok(vec![6, vector, 1, 5, 1])
        );
    }

    #[test]
    fn a_value_of_another_type_is_malformed() {
        let history = "
            1-2 a#1 x:B = A;
            1-2 b#2 = B;
            1-2 c#3 = C;";
        assert_eq!(rewrite(history, &[1, 2]), Ok(vec![1, 2]));
        assert_eq!(rewrite(history, &[1, 3]), Err(LayerError::Malformed));
        assert_eq!(rewrite(history, &[1, 2, 0]), Err(LayerError::Malformed));
        assert_eq!(rewrite(history, &[1]), Err(LayerError::Malformed));
    }

    #[test]
    fn depth_and_output_are_limited() {
        let history = "
            1 a#1 next:A = A;
            2 a#3 next:A = A;
            1-2 end#2 = A;
            1-2 b#4 all:Vector<C> = B;
            1 c#5 = C;
            2 c#6 x:int256 = C;";
        assert_eq!(rewrite(history, &[1, 1, 2]), Ok(vec![3, 3, 2]));
        assert_eq!(rewrite(history, &[1; 9]), Err(LayerError::TooDeep));
        assert_eq!(
            rewrite(history, &[&[4, 0x1cb5c415, 20][..], &[5; 20]].concat()),
            Err(LayerError::TooLarge)
        );
    }
}
