//! Writes the Rust text.
//!
//! Every generated module imports the codec; all else is written with its full path.
#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "templates are easier to read, and a build may allocate"
)]

mod enums;
mod structs;

use crate::model::{self, Model};
use crate::names;
use heliograph_tl_schema::Ty;
use std::collections::{BTreeMap, HashSet};

const CODEC: &str = "use crate::{Decode, DecodeError, Encode, Reader};\nuse std::fmt;\n\n";
const CODEC_OF_CALLS: &str =
    "use crate::{Decode, DecodeError, Encode, Function, Reader};\nuse std::fmt;\n\n";
const HEADER: &str = "// Generated from schema/canonical.tl and schema/keep.txt.\n\n";

/// `types.rs`: a struct for every constructor that has fields.
pub fn types(model: &Model) -> Result<String, String> {
    let mut modules = Modules::new(CODEC);
    for constructor in model::constructors(&model.schema).filter(|one| structs::has_fields(one)) {
        let (namespace, name) = names::split_type(&constructor.name);
        modules.add(namespace, &name, &structs::constructor(model, constructor))?;
    }
    Ok(modules.finish("The constructors of", ""))
}

/// `enums.rs`: an enum for every boxed type.
pub fn enums(model: &Model) -> Result<String, String> {
    let mut modules = Modules::new(CODEC);
    for ty in model.schema.types() {
        let (namespace, name) = names::split_type(ty);
        modules.add(namespace, &name, &enums::boxed(model, ty)?)?;
    }
    Ok(modules.finish("The boxed types of", ""))
}

/// `functions.rs`: a struct for every function, and `name_of`.
pub fn functions(model: &Model) -> Result<String, String> {
    let mut modules = Modules::new(CODEC_OF_CALLS);
    let mut arms = String::new();
    for function in model::functions(&model.schema) {
        let (namespace, name) = names::split_type(&function.name);
        modules.add(namespace, &name, &structs::function(model, function))?;
        arms += &format!("        {:#010x} => {:?},\n", function.id, function.name);
    }
    let name_of = format!(
        "/// The name of the function with this id; `None` when there is no struct for it.\n\
         pub fn name_of(id: u32) -> Option<&'static str> {{\n    \
         Some(match id {{\n{arms}        _ => return None,\n    }})\n}}\n\n"
    );
    Ok(modules.finish("The functions of", &name_of))
}

/// `codecs.rs`: for the tests, a way to decode and encode any type or function by its name.
pub fn codecs(model: &Model) -> String {
    let row = |module: &str, name: &str| {
        let path = names::path(module, name).replacen("crate", "heliograph_tl", 1);
        format!("    ({name:?}, reencode::<{path}> as Codec),\n")
    };
    let types = model.schema.types().into_iter().map(|ty| row("enums", ty));
    let functions = model::functions(&model.schema).map(|one| row("functions", &one.name));
    let rows: String = types.chain(functions).collect();
    format!("{HEADER}const CODECS: &[(&str, Codec)] = &[\n{rows}];\n")
}

/// The Rust type of a value.
fn rust_type(ty: &Ty) -> String {
    match ty {
        Ty::Int => "i32".into(),
        Ty::Long => "i64".into(),
        Ty::Double => "f64".into(),
        Ty::Int128 => "[u8; 16]".into(),
        Ty::Int256 => "[u8; 32]".into(),
        Ty::String => "String".into(),
        Ty::Bytes => "Vec<u8>".into(),
        Ty::Bool | Ty::True => "bool".into(),
        Ty::Flags => "u32".into(),
        Ty::Vector(element) => format!("Vec<{}>", rust_type(element)),
        Ty::Boxed(name) => names::path("enums", name),
        Ty::Nested => unreachable!("Model::new refuses nested calls"),
    }
}

/// Items by namespace; the empty namespace is the root.
struct Modules {
    imports: &'static str,
    texts: BTreeMap<String, String>,
    taken: HashSet<(String, String)>,
}

impl Modules {
    fn new(imports: &'static str) -> Self {
        Modules {
            imports,
            texts: BTreeMap::new(),
            taken: HashSet::new(),
        }
    }

    fn add(&mut self, namespace: &str, name: &str, item: &str) -> Result<(), String> {
        *self.texts.entry(namespace.to_owned()).or_default() += item;
        if self.taken.insert((namespace.to_owned(), name.to_owned())) {
            return Ok(());
        }
        Err(format!(
            "two items of `{namespace}` would be called `{name}`"
        ))
    }

    fn finish(mut self, what: &str, root: &str) -> String {
        let imports = self.imports;
        let mut text = String::from(HEADER);
        if let Some(items) = self.texts.remove("") {
            text += &format!("{imports}{items}");
        }
        text += root;
        for (namespace, items) in self.texts {
            text += &format!(
                "/// {what} the namespace `{namespace}`.\n\
                 pub mod {namespace} {{\n{imports}{items}}}\n\n"
            );
        }
        text
    }
}
