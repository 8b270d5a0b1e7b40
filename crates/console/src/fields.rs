//! Fields of forms, with what was typed and what is wrong with it beside each. A mistake is tied
//! to its field for those who hear the page.

use crate::portal::Typed;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// What is wrong, in a sentence, by the name of the field.
pub(crate) type Wrong = BTreeMap<&'static str, String>;

/// What a field is called, and what helps to fill it in.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// Its name in the form; also its id in the page.
    pub name: &'static str,
    /// Its label.
    pub label: &'static str,
    /// What helps; may be empty.
    pub hint: &'static str,
}

/// A field.
pub(crate) const fn field(name: &'static str, label: &'static str, hint: &'static str) -> Field {
    Field { name, label, hint }
}

/// The fields of one form.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    /// What was typed.
    pub typed: &'a Typed,
    /// What is wrong with it.
    pub wrong: &'a Wrong,
}

impl Fields<'_> {
    /// All mistakes on top, each a link to its field.
    pub fn summary(&self) -> Markup {
        html! {
            @if !self.wrong.is_empty() {
                section .alarm #mistakes role="alert" aria-labelledby="mistakes-title" {
                    h2 #mistakes-title { "This is missing or wrong" }
                    ul {
                        @for (field, text) in self.wrong {
                            li { a href={ "#" (field) } { (text) } }
                        }
                    }
                }
            }
        }
    }

    /// What describes a field: hint and mistake.
    fn notes(&self, field: Field) -> Markup {
        html! {
            @if !field.hint.is_empty() {
                span .hint id={ (field.name) "-hint" } { (field.hint) }
            }
            @if let Some(text) = self.wrong.get(field.name) {
                span .wrong id={ (field.name) "-wrong" } { (text) }
            }
        }
    }

    fn described_by(&self, field: Field) -> Option<String> {
        let hint = (!field.hint.is_empty()).then(|| format!("{}-hint", field.name));
        let wrong = self.wrong.get(field.name);
        let wrong = wrong.map(|_| format!("{}-wrong", field.name));
        let ids: Vec<String> = hint.into_iter().chain(wrong).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn invalid(&self, field: Field) -> Option<&'static str> {
        self.wrong.contains_key(field.name).then_some("true")
    }

    fn labelled(&self, field: Field, control: &Markup) -> Markup {
        html! {
            div .field {
                label for=(field.name) { (field.label) }
                (self.notes(field))
                (control)
            }
        }
    }

    /// One line of a kind: `text`, `email`, `date`.
    pub fn line(&self, field: Field, kind: &str) -> Markup {
        let control = html! {
            input type=(kind) id=(field.name) name=(field.name) value=(self.typed.one(field.name))
                dir="auto" aria-describedby=[self.described_by(field)] aria-invalid=[self.invalid(field)];
        };
        self.labelled(field, &control)
    }

    /// Several lines.
    pub fn area(&self, field: Field) -> Markup {
        let control = html! {
            textarea id=(field.name) name=(field.name) dir="auto"
                aria-describedby=[self.described_by(field)] aria-invalid=[self.invalid(field)] {
                // A first line end belongs to the markup, not to the text.
                "\n" (self.typed.one(field.name))
            }
        };
        self.labelled(field, &control)
    }

    /// One of several, in a list: value and words.
    pub fn select(&self, field: Field, options: &[(&str, String)]) -> Markup {
        let chosen = self.typed.one(field.name);
        let control = html! {
            select id=(field.name) name=(field.name) aria-describedby=[self.described_by(field)]
                aria-invalid=[self.invalid(field)] {
                option value="" { "– choose –" }
                @for (value, words) in options {
                    option value=(value) selected[*value == chosen] { (words) }
                }
            }
        };
        self.labelled(field, &control)
    }

    /// One of several, all of them on the page: value and words.
    pub fn radio(&self, field: Field, options: &[(&str, &str)]) -> Markup {
        let chosen = self.typed.one(field.name);
        html! {
            div .field role="radiogroup" id=(field.name) tabindex="-1"
                aria-labelledby={ (field.name) "-label" } aria-describedby=[self.described_by(field)] {
                span .label id={ (field.name) "-label" } { (field.label) }
                (self.notes(field))
                @for (value, words) in options {
                    label .choice {
                        input type="radio" name=(field.name) value=(value) checked[*value == chosen];
                        " " (words)
                    }
                }
            }
        }
    }

    /// Something to agree to.
    pub fn tick(&self, field: Field) -> Markup {
        html! {
            div .field {
                (self.notes(field))
                label .choice {
                    input type="checkbox" id=(field.name) name=(field.name) value="yes"
                        aria-describedby=[self.described_by(field)] aria-invalid=[self.invalid(field)]
                        checked[self.typed.one(field.name) == "yes"];
                    " " (field.label)
                }
            }
        }
    }

    /// What was typed, to be sent once more.
    pub fn hidden(&self, names: &[&str]) -> Markup {
        html! {
            @for name in names { input type="hidden" name=(name) value=(self.typed.one(name)); }
        }
    }
}
