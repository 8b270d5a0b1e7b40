//! A verification as people and programs read it.

use std::fmt::Write;

use super::{StepOutcome, Verification};

impl Verification {
    /// In plain words, the trust level first.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write_text(&mut text).expect("a string takes any text");
        text
    }

    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "Trust level: {}", self.level.word())?;
        if self.demo {
            writeln!(
                out,
                "This is the log of a DEMONSTRATION: nothing in it is real."
            )?;
        }
        let Self {
            origin,
            entries,
            root,
            ..
        } = self;
        writeln!(out, "Log: {origin}, {entries} entries, root {root}\n")?;
        for step in &self.steps {
            let mark = match step.outcome {
                StepOutcome::Passed => "ok  ",
                StepOutcome::Failed => "FAIL",
                StepOutcome::NotReached => "-   ",
            };
            writeln!(out, "{mark}  {:<12} {}", step.name, step.what)?;
        }
        let figures = &self.figures;
        writeln!(
            out,
            "\nRequests {}, openings {}, disclosures {}, still hidden {}.\n\
             Proofs that hold: {} of keys, {} of vectors, {} of sums.",
            figures.requests,
            figures.openings,
            figures.disclosures,
            figures.hidden,
            figures.keys,
            figures.vectors,
            figures.sums
        )?;
        if !self.findings.is_empty() {
            writeln!(out, "\nTo be asked about:")?;
            for finding in &self.findings {
                writeln!(out, "  {finding}.")?;
            }
        }
        writeln!(out, "\nNot proved:")?;
        for sentence in &self.not_proved {
            writeln!(out, "  {sentence}")?;
        }
        match self.failure() {
            None => writeln!(out, "\nEverything that can be checked is right."),
            Some(failure) => writeln!(out, "\nNOT RIGHT: {failure}"),
        }
    }

    /// The same as one JSON object, with the member `ok` and, unless that is true, `failure`.
    pub fn to_json(&self) -> String {
        #[derive(serde::Serialize)]
        struct Document<'a> {
            format: &'static str,
            ok: bool,
            failure: Option<&'a str>,
            #[serde(flatten)]
            verification: &'a Verification,
        }
        let document = Document {
            format: "heliograph-verification/1",
            ok: self.failure().is_none(),
            failure: self.failure(),
            verification: self,
        };
        serde_json::to_string(&document).expect("texts and numbers")
    }
}
