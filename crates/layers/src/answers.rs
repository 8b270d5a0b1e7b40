//! Answers that say "nothing", made from the schema of the client's own layer.

use crate::catalogue::{Catalogue, Entry};
use crate::wire::{TRUE, put_string, put_u32, put_vector};
use heliograph_tl_schema::{Definition, Kind, Ty};

/// Where the shortest constructor would say something else than "nothing".
const CHOICES: &[(&str, &str)] = &[
    // By type: which constructor stands for nothing.
    ("JSONValue", "jsonObject"),
    ("help.AppUpdate", "help.noAppUpdate"),
    ("help.PromoData", "help.promoDataEmpty"),
    ("help.ProxyData", "help.proxyDataEmpty"),
    ("contacts.TopPeers", "contacts.topPeersDisabled"),
    ("messages.DialogFilters", "messages.dialogFilters"),
    ("updates.Difference", "updates.differenceEmpty"),
];

/// How deep answers nest before the search for one gives up; the schemas need five.
const MAX_DEPTH: u8 = 6;

/// The shortest answer of `function`'s result type in the collected layer `layer`.
///
/// A function that the layer does not have is taken from the newest layer that has it.
pub fn default_answer(catalogue: &Catalogue, layer: u16, function: &str) -> Option<Vec<u8>> {
    let in_layer = catalogue.find(layer, Kind::Function, function);
    let entry = in_layer.or_else(|| catalogue.find_newest(Kind::Function, function))?;
    let layer = if in_layer.is_some() {
        layer
    } else {
        entry.layers.last()?.last
    };
    Answer { catalogue, layer }.value(&entry.definition.result, 0)
}

struct Answer<'a> {
    catalogue: &'a Catalogue,
    layer: u16,
}

impl Answer<'_> {
    fn value(&self, ty: &Ty, depth: u8) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        match ty {
            Ty::Int | Ty::Flags => put_u32(&mut out, 0),
            Ty::Long | Ty::Double => out.extend([0; 8]),
            Ty::Int128 => out.extend([0; 16]),
            Ty::Int256 => out.extend([0; 32]),
            Ty::String | Ty::Bytes => put_string(&mut out, b""),
            Ty::Bool => put_u32(&mut out, TRUE),
            Ty::Vector(_) => put_vector(&mut out, 0),
            Ty::True => {}
            Ty::Nested => return None,
            Ty::Boxed(name) => return self.boxed(name, depth),
        }
        Some(out)
    }

    fn boxed(&self, ty: &str, depth: u8) -> Option<Vec<u8>> {
        if depth >= MAX_DEPTH {
            return None;
        }
        let choice = CHOICES.iter().find(|(chosen, _)| *chosen == ty);
        if let Some((_, name)) = choice
            && let Some(entry) = self.catalogue.find(self.layer, Kind::Constructor, name)
        {
            return self.constructor(entry, depth);
        }
        let all = self.catalogue.constructors(self.layer, ty);
        // "Not modified" answers a hash that the client did not send.
        let usable = all.filter(|entry| !entry.definition.name.ends_with("NotModified"));
        let mut candidates: Vec<&Entry> = usable.collect();
        candidates.sort_by_key(|entry| simplicity(&entry.definition));
        let mut answers = candidates.into_iter();
        answers.find_map(|entry| self.constructor(entry, depth))
    }

    /// A constructor without its optional fields.
    fn constructor(&self, entry: &Entry, depth: u8) -> Option<Vec<u8>> {
        let definition = &entry.definition;
        let mut out = definition.id.to_le_bytes().to_vec();
        for field in definition
            .fields
            .iter()
            .filter(|field| field.flag.is_none())
        {
            match (definition.name.as_str(), field.name.as_str()) {
                // TDLib insists on the folder "all chats".
                ("messages.dialogFilters", "filters") => {
                    let all_chats =
                        self.catalogue
                            .find(self.layer, Kind::Constructor, "dialogFilterDefault");
                    put_vector(&mut out, u32::from(all_chats.is_some()));
                    out.extend(
                        all_chats
                            .into_iter()
                            .flat_map(|entry| entry.definition.id.to_le_bytes()),
                    );
                }
                _ => out.extend(self.value(&field.ty, depth + 1)?),
            }
        }
        Some(out)
    }
}

/// Orders constructors: first those that say "nothing", then by how much they require.
fn simplicity(definition: &Definition) -> (bool, usize, usize) {
    let says_nothing = definition.name.ends_with("Empty") || definition.name.ends_with("None");
    let required = || {
        definition
            .fields
            .iter()
            .filter(|field| field.flag.is_none())
    };
    let boxed = required().filter(|field| matches!(field.ty, Ty::Boxed(_)));
    (!says_nothing, boxed.count(), required().count())
}
