//! Moves TL bytes between the canonical layer and the layers of older and newer clients.
//!
//! The server thinks in one layer, the canonical one ([`CANONICAL`]). What a client asks is raised to
//! it ([`Layers::up`]), and what it is told is rewritten into its own ([`Layers::down`],
//! [`Layers::down_result`]). One table of all layers, `schema/history.tl`, drives both: definitions
//! are matched by name, fields by name, and what cannot be matched so stands in a table of rules, one
//! row each. The plans of a layer are made when it is first needed.
//!
//! Nothing the server says may come out empty: a value that a layer cannot express is left out of its
//! vector, its optional field is cleared, and where neither is possible the call fails.

mod answers;
pub mod bench_data;
mod catalogue;
mod plan;
mod rules;
mod target;
mod transcode;
mod wire;

use catalogue::Catalogue;
use heliograph_tl_schema::{Kind, ParseError, Schema, Ty};
use plan::Plans;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;
use target::Target;
use transcode::{Limits, Run};

/// The layer in which the server thinks.
pub const CANONICAL: u16 = heliograph_tl::LAYER;

const HISTORY: &str = include_str!("../../../schema/history.tl");

/// Requests nest as deep as the typed decoder allows.
const REQUEST_DEPTH: u8 = heliograph_tl::MAX_DEPTH as u8;
/// Answers wrap parts that were requests once in a few levels more.
const ANSWER_DEPTH: u8 = 2 * REQUEST_DEPTH;

/// What a request may grow by, beyond twice its size, when fields are added that its layer lacks.
const REQUEST_SLACK_BYTES: usize = 4096;

/// Why bytes could not be rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerError {
    /// The bytes follow no schema: cut off, an unknown id, a value of another type.
    Malformed,
    /// More values inside each other than any client needs.
    TooDeep,
    /// The result would be out of proportion to the input.
    TooLarge,
    /// No layer has a method with this id.
    UnknownMethod,
    /// The method exists, and the server has no form for it.
    Unserved,
    /// The target has no form for the value as a whole.
    Inexpressible,
}

impl fmt::Display for LayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LayerError::Malformed => "the bytes follow no schema",
            LayerError::TooDeep => "too many values inside each other",
            LayerError::TooLarge => "the result would be too large",
            LayerError::UnknownMethod => "no layer has this method",
            LayerError::Unserved => "the server has no such method",
            LayerError::Inexpressible => "the layer has no form for this value",
        })
    }
}

impl std::error::Error for LayerError {}

/// Every layer, ready to rewrite bytes.
pub struct Layers {
    catalogue: Catalogue,
    /// What the server can read: the schema of `heliograph-tl`.
    served: Schema,
    up: OnceLock<Plans>,
    down: BTreeMap<u16, OnceLock<Plans>>,
}

impl Layers {
    /// Reads the history (about 10 ms); plans are made later, for each layer when it is first used
    /// (1 to 4 ms). One instance serves the whole process: see [`Layers::shared`].
    pub fn new() -> Self {
        let parse = || -> Result<(Catalogue, Schema), ParseError> {
            Ok((
                Catalogue::parse(HISTORY)?,
                Schema::parse(heliograph_tl::SCHEMA)?,
            ))
        };
        let (catalogue, served) = parse().expect("the schemas built in are tested to parse");
        let down = catalogue
            .collected()
            .iter()
            .map(|&layer| (layer, OnceLock::new()))
            .collect();
        Layers {
            catalogue,
            served,
            up: OnceLock::new(),
            down,
        }
    }

    /// The instance of this process.
    pub fn shared() -> &'static Self {
        static LAYERS: OnceLock<Layers> = OnceLock::new();
        LAYERS.get_or_init(Layers::new)
    }

    /// The layer in which a client of `layer` is served: the newest collected one that is not above
    /// it, or the oldest.
    pub fn effective(&self, layer: u16) -> u16 {
        self.catalogue.nearest(layer)
    }

    /// The layers that are served as they are, ascending.
    pub fn collected(&self) -> &[u16] {
        self.catalogue.collected()
    }

    /// Appends the canonical object in `canonical`, rewritten for a client of `layer`, to `out`.
    ///
    /// A bare vector does not say what it holds; for answers use [`Layers::down_result`]. On failure
    /// `out` is as it was: [`LayerError::Inexpressible`] when the layer has no form for the object,
    /// other errors when the bytes are not of the canonical layer.
    pub fn down(&self, layer: u16, canonical: &[u8], out: &mut Vec<u8>) -> Result<(), LayerError> {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method itself is not general enough over the lifetime of the run"
        )]
        self.run_down(layer, canonical, out, |run| run.whole())
    }

    /// Appends the answer of a canonical function, rewritten for a client of `layer`, to `out`.
    ///
    /// `function` is the function's canonical id. Fails as [`Layers::down`] does, and with
    /// [`LayerError::UnknownMethod`] when no canonical function has that id.
    pub fn down_result(
        &self,
        layer: u16,
        function: u32,
        canonical: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), LayerError> {
        let entry = self
            .catalogue
            .find_id(function)
            .ok_or(LayerError::UnknownMethod)?;
        if entry.definition.kind != Kind::Function {
            return Err(LayerError::UnknownMethod);
        }
        let result = &entry.definition.result;
        let effective = self.effective(layer);
        let in_layer = self
            .catalogue
            .find(effective, Kind::Function, &entry.definition.name);
        if let Some(wanted) = in_layer.map(|entry| &entry.definition.result)
            && wanted != result
        {
            if rules::means_done(result, wanted) {
                wire::put_u32(out, wire::TRUE);
                return Ok(());
            }
            let field = rules::result_field(result, wanted).ok_or(LayerError::Inexpressible)?;
            return self.run_down(layer, canonical, out, |run| run.whole_field(result, field));
        }
        match (result, self.catalogue.wire(result)) {
            (Ty::Vector(_), Some(wire)) => {
                self.run_down(layer, canonical, out, |run| run.whole_value(wire))
            }
            _ => self.down(layer, canonical, out),
        }
    }

    fn run_down(
        &self,
        layer: u16,
        canonical: &[u8],
        out: &mut Vec<u8>,
        rewrite: impl FnOnce(&mut Run<'_>) -> Result<(), LayerError>,
    ) -> Result<(), LayerError> {
        let effective = self.effective(layer);
        if effective == CANONICAL {
            out.extend_from_slice(canonical);
            return Ok(());
        }
        let plans = self.plans_down(effective);
        let limits = Limits {
            depth: ANSWER_DEPTH,
            out_bytes: usize::MAX,
        };
        let start = out.len();
        let result = rewrite(&mut Run::new(
            &self.catalogue,
            plans,
            canonical,
            out,
            limits,
        ));
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    fn plans_down(&self, collected: u16) -> &Plans {
        let plan = || {
            let target = Target::of_layer(&self.catalogue, collected);
            Plans::new(&self.catalogue, &target, |id| {
                self.catalogue.has(CANONICAL, id)
            })
        };
        let slot = self
            .down
            .get(&collected)
            .expect("effective() gives collected layers");
        slot.get_or_init(plan)
    }

    /// Appends a client's request, raised to the canonical form that `heliograph-tl` decodes, to `out`.
    ///
    /// An id means the same in every layer, so the client's layer need not be known. What the server
    /// does not know is left out: optional fields, elements of vectors, bits of flags. Wrappers such
    /// as `invokeWithLayer` are peeled before. On failure `out` is as it was:
    /// [`LayerError::UnknownMethod`] when no layer has such a method, [`LayerError::Unserved`] when
    /// one has but the server does not, other errors when the bytes are not what they claim to be.
    pub fn up(&self, request: &[u8], out: &mut Vec<u8>) -> Result<(), LayerError> {
        let id = wire::Cursor::new(request, 0).u32()?;
        let index = self
            .catalogue
            .index_of(id)
            .ok_or(LayerError::UnknownMethod)?;
        if self.catalogue.entries()[index].definition.kind != Kind::Function {
            return Err(LayerError::UnknownMethod);
        }
        let plans = self.up.get_or_init(|| {
            Plans::new(&self.catalogue, &Target::of_served(&self.served), |_| true)
        });
        if let plan::Plan::Inexpressible = plans.plan(index) {
            return Err(LayerError::Unserved);
        }
        let limits = Limits {
            depth: REQUEST_DEPTH,
            out_bytes: 2 * request.len() + REQUEST_SLACK_BYTES,
        };
        let start = out.len();
        let result = Run::new(&self.catalogue, plans, request, out, limits).whole();
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    /// The name of the method with this id, in whichever layer (`messages.getHistory`).
    pub fn function_name(&self, id: u32) -> Option<&str> {
        let definition = &self.catalogue.find_id(id)?.definition;
        (definition.kind == Kind::Function).then_some(definition.name.as_str())
    }

    /// The shortest valid answer to `function` in a client's layer that says "nothing": an empty
    /// constructor, empty vectors, zeros, `boolTrue`. `None` when no layer has the function.
    pub fn default_answer(&self, layer: u16, function: &str) -> Option<Vec<u8>> {
        answers::default_answer(&self.catalogue, self.effective(layer), function)
    }
}

impl Default for Layers {
    fn default() -> Self {
        Layers::new()
    }
}
