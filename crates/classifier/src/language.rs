//! Which language a text is in, as far as that can be told.

use crate::normalise::{Views, script_of};
use std::cmp::Reverse;
use unicode_script::Script;
use whatlang::{Detector, Lang};

/// The word for a language that could not be told.
pub const UNKNOWN: &str = "und";

/// How many letters of the normal view are looked at; more change nothing and cost time.
const LETTERS: usize = 200;

/// Fewer letters than this say nothing certain.
const CERTAIN_FROM: usize = 40;

/// What could be told about a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The language, as ISO 639-1 where that has a code and as 639-3 elsewhere, or [`UNKNOWN`].
    pub language: String,
    /// Whether the text is long and clear enough to rely on it.
    pub certain: bool,
    /// The script of most letters, as ISO 15924; empty for a text without letters.
    pub script: &'static str,
}

/// Finds the language. Among those in `known`, a short text is given the likeliest; any other
/// language is answered only for a text that leaves no doubt.
pub fn detect(views: &Views, known: &[&str]) -> Detected {
    let script = script(views);
    let mut text = String::new();
    let mut letters = 0;
    for word in views.words() {
        letters += word.chars().count();
        text.push_str(word);
        text.push(' ');
        if letters >= LETTERS {
            break;
        }
    }
    let free = Detector::new().detect(&text);
    let sure = free
        .as_ref()
        .filter(|info| info.is_reliable() && letters >= CERTAIN_FROM);
    if let Some(info) = sure {
        let language = code(info.lang()).to_owned();
        return Detected {
            language,
            certain: true,
            script,
        };
    }
    if let Some(info) = free.filter(|info| known.contains(&code(info.lang()))) {
        let language = code(info.lang()).to_owned();
        return Detected {
            language,
            certain: false,
            script,
        };
    }
    let allowed = Lang::all()
        .iter()
        .copied()
        .filter(|lang| known.contains(&code(*lang)));
    let likely = Detector::with_allowlist(allowed.collect()).detect(&text);
    // A script of few languages is answered with one of them even if it was not allowed, and a
    // detector with one candidate answers it for any text.
    let likely = likely.filter(|info| {
        known.contains(&code(info.lang())) && info.script().name() == script_name(script)
    });
    let language = likely.map_or(UNKNOWN, |info| code(info.lang())).to_owned();
    Detected {
        language,
        certain: false,
        script,
    }
}

/// The script of most letters, as ISO 15924; empty for a text without letters.
pub(crate) fn script(views: &Views) -> &'static str {
    // Few scripts meet in one text, so a list is quicker than a map, and most are in these two.
    let (mut latin, mut cyrillic) = (0, 0);
    let mut counts: Vec<(Script, usize)> = Vec::new();
    for c in views.words().flat_map(str::chars) {
        let script = script_of(c);
        match script {
            Script::Common | Script::Inherited | Script::Unknown => continue,
            Script::Latin => {
                latin += 1;
                continue;
            }
            Script::Cyrillic => {
                cyrillic += 1;
                continue;
            }
            _ => {}
        }
        match counts.iter_mut().find(|(known, _)| *known == script) {
            Some((_, count)) => *count += 1,
            None => counts.push((script, 1)),
        }
    }
    let counted = [(Script::Latin, latin), (Script::Cyrillic, cyrillic)];
    counts.extend(counted.into_iter().filter(|(_, count)| *count > 0));
    // Of two with the same count, the first by name.
    let most = counts
        .into_iter()
        .max_by_key(|(script, count)| (*count, Reverse(script.short_name())));
    most.map_or("", |(script, _)| script.short_name())
}

/// What `whatlang` calls a script.
fn script_name(script: &str) -> &str {
    match script {
        "Latn" => "Latin",
        "Cyrl" => "Cyrillic",
        "Arab" => "Arabic",
        "Deva" => "Devanagari",
        "Hani" => "Mandarin",
        "Hebr" => "Hebrew",
        "Grek" => "Greek",
        "Hang" => "Hangul",
        other => other,
    }
}

/// The code by which the rest of the crate knows a language.
fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Ara => "ar",
        Lang::Deu => "de",
        Lang::Eng => "en",
        Lang::Spa => "es",
        Lang::Pes => "fa",
        Lang::Fra => "fr",
        Lang::Hin => "hi",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Por => "pt",
        Lang::Rus => "ru",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Cmn => "zh",
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::{UNKNOWN, detect};
    use crate::normalise::Views;

    const KNOWN: [&str; 4] = ["de", "en", "ru", "uk"];

    fn check(text: &str, language: &str, script: &str, certain: bool) {
        let found = detect(&Views::of(text), &KNOWN);
        let found = (found.language.as_str(), found.script, found.certain);
        assert_eq!(found, (language, script, certain), "{text}");
    }

    #[test]
    fn long_texts_are_certain_and_short_ones_likely() {
        let english = "The weather was fine, so we walked along the river until the evening came.";
        check(english, "en", "Latn", true);
        check("съешь ещё этих булок", "ru", "Cyrl", false);
        check("", UNKNOWN, "", false);
        check("🔥🔥🔥", UNKNOWN, "", false);
    }

    #[test]
    fn a_language_outside_of_the_known_ones_is_named() {
        check(
            "今天天气很好，我们沿着河边走到了晚上，然后在一家小餐馆里吃了晚饭，聊了很久的天，非常开心，直到深夜才回家休息",
            "zh",
            "Hani",
            true,
        );
        check("你好", UNKNOWN, "Hani", false);
    }
}
