//! Random values of a schema, from a seed: the same seed gives the same values.

use heliograph_tl_schema::{Definition, Field, Flag, Kind, Schema, Ty};

/// Beyond this depth the simplest constructor is taken and vectors stay empty.
const SIMPLE_BEYOND: u32 = 4;
/// Beyond this depth a value is given up.
const GIVE_UP_BEYOND: u32 = 14;

/// A stream of pseudo-random numbers (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Random bytes of `definition`; `None` when it needs a nested call or never ends.
pub fn bytes_of(schema: &Schema, definition: &Definition, random: &mut Random) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    put_definition(schema, definition, 0, random, &mut out)?;
    Some(out)
}

fn put_definition(
    schema: &Schema,
    definition: &Definition,
    depth: u32,
    random: &mut Random,
    out: &mut Vec<u8>,
) -> Option<()> {
    out.extend(definition.id.to_le_bytes());
    let mut words: Vec<u32> = Vec::new();
    for field in &definition.fields {
        if field.ty == Ty::Flags {
            let word = random_word(definition, words.len() as u8, depth, random);
            words.push(word);
            out.extend(word.to_le_bytes());
        } else if is_present(field, &words) {
            put_value(schema, &field.ty, depth + 1, random, out)?;
        }
    }
    Some(())
}

/// Sets each bit that has a meaning with a chance that falls with the depth.
fn random_word(definition: &Definition, word: u8, depth: u32, random: &mut Random) -> u32 {
    let mut bits: Vec<u8> = definition
        .fields
        .iter()
        .filter_map(|field| field.flag.filter(|flag| flag.word == word))
        .map(|Flag { bit, .. }| bit)
        .collect();
    bits.sort_unstable();
    bits.dedup();
    bits.into_iter()
        .filter(|_| random.below(u64::from(depth) + 2) == 0)
        .fold(0, |word, bit| word | 1 << bit)
}

fn is_present(field: &Field, words: &[u32]) -> bool {
    field
        .flag
        .is_none_or(|flag| words[usize::from(flag.word)] >> flag.bit & 1 == 1)
}

fn put_value(
    schema: &Schema,
    ty: &Ty,
    depth: u32,
    random: &mut Random,
    out: &mut Vec<u8>,
) -> Option<()> {
    match ty {
        Ty::Int => out.extend((random.below(1 << 31) as u32).to_le_bytes()),
        Ty::Long => out.extend((random.next() >> 20).to_le_bytes()),
        Ty::Double => out.extend(f64::from(random.below(1000) as u32).to_le_bytes()),
        Ty::Int128 => out.extend([1; 16]),
        Ty::Int256 => out.extend([2; 32]),
        Ty::String | Ty::Bytes => {
            let length = if random.below(20) == 0 {
                300
            } else {
                random.below(12)
            } as usize;
            put_string(&vec![b'a'; length], out);
        }
        Ty::Bool => {
            let word: u32 = if random.below(2) == 0 {
                0xbc799737
            } else {
                0x997275b5
            };
            out.extend(word.to_le_bytes());
        }
        Ty::True | Ty::Flags => {}
        Ty::Nested => return None,
        Ty::Vector(element) => {
            let count = if depth > SIMPLE_BEYOND {
                0
            } else {
                random.below(3) as u32
            };
            out.extend(0x1cb5c415u32.to_le_bytes());
            out.extend(count.to_le_bytes());
            for _ in 0..count {
                put_value(schema, element, depth + 1, random, out)?;
            }
        }
        Ty::Boxed(name) => {
            if depth > GIVE_UP_BEYOND {
                return None;
            }
            let constructors: Vec<&Definition> = schema.constructors_of(name).collect();
            let boxed = |one: &&&Definition| {
                one.fields
                    .iter()
                    .filter(|f| f.flag.is_none() && matches!(f.ty, Ty::Boxed(_)))
                    .count()
            };
            let chosen = if depth > SIMPLE_BEYOND {
                *constructors.iter().min_by_key(boxed)?
            } else {
                constructors[random.below(constructors.len().max(1) as u64) as usize]
            };
            put_definition(schema, chosen, depth, random, out)?;
        }
    }
    Some(())
}

pub fn put_string(content: &[u8], out: &mut Vec<u8>) {
    if content.len() < 254 {
        out.push(content.len() as u8);
    } else {
        out.push(254);
        out.extend(&content.len().to_le_bytes()[..3]);
    }
    out.extend(content);
    out.resize(out.len().next_multiple_of(4), 0);
}

/// The constructors that a server of `served` can put into an answer or an update, by walking from
/// every result type and from `Updates`.
pub fn answer_constructors<'a>(full: &'a Schema, served: &Schema) -> Vec<&'a Definition> {
    let mut types: Vec<String> = vec!["Updates".into(), "Update".into(), "auth.LoginToken".into()];
    for function in served
        .definitions()
        .iter()
        .filter(|one| one.kind == Kind::Function)
    {
        types.extend(boxed_name(&function.result));
    }
    let mut seen = 0;
    while seen < types.len() {
        let fields = served
            .constructors_of(&types[seen])
            .flat_map(|one| &one.fields);
        let inner: Vec<String> = fields.filter_map(|field| boxed_name(&field.ty)).collect();
        for name in inner {
            if !types.contains(&name) {
                types.push(name);
            }
        }
        seen += 1;
    }
    types.sort_unstable();
    types.dedup();
    types
        .iter()
        .flat_map(|ty| served.constructors_of(ty))
        .filter_map(|one| full.find_id(one.id))
        .collect()
}

fn boxed_name(ty: &Ty) -> Option<String> {
    match ty {
        Ty::Boxed(name) => Some(name.clone()),
        Ty::Vector(element) => boxed_name(element),
        _ => None,
    }
}
