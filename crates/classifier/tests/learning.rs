//! Training and learning: the same every time, and not to be talked into nonsense.

use heliograph_classifier::labels::{Example, Label};
use heliograph_classifier::learn::{Refusal, Set, Training, learn, train};
use heliograph_classifier::lines::{example, gold};
use heliograph_classifier::model::Model;

fn of(text: String, labels: &[Label]) -> Example {
    Example {
        text,
        labels: labels.to_vec(),
        unknown: Vec::new(),
        language: None,
        group: None,
    }
}

/// A slice of what the shipped model learned from.
fn slice() -> Vec<Set> {
    let lines = include_str!("../../../data/training/tg-spam.jsonl").lines();
    let examples = lines
        .step_by(3)
        .map(|line| example(line).expect("a line"))
        .collect();
    vec![Set {
        name: "slice".into(),
        weight: 1.0,
        from_people: true,
        examples,
    }]
}

/// Texts in a language the shipped model does not know, half of them harmful.
fn finnish() -> Vec<Example> {
    const OFFERS: [[&str; 6]; 3] = [
        [
            "ansaitse nopeasti rahaa",
            "ilmaiset kierrokset kasinolla",
            "sijoita nyt ja tuplaa säästösi",
            "laina ilman vakuuksia",
            "työtä kotoa käsin ilman kokemusta",
            "voitit upean palkinnon",
        ],
        [
            "kirjoita minulle",
            "liity kanavalle",
            "rekisteröidy heti",
            "avaa linkki",
            "lähetä viesti yksityisesti",
            "tilaa etusi",
        ],
        [
            "paikkoja on rajoitetusti",
            "vain tänään",
            "ilman riskiä",
            "varma tuotto luvataan",
            "tarjous päättyy pian",
            "täysin luotettava yhtiö",
        ],
    ];
    const TALKS: [[&str; 6]; 3] = [
        [
            "huomenna tavataan kirjastossa",
            "kuka tulee saunomaan",
            "lapset olivat metsässä marjassa",
            "juna oli taas myöhässä",
            "katsoin eilen vanhan elokuvan",
            "naapuri korjasi polkupyörän",
        ],
        [
            "muista ottaa eväät mukaan",
            "sää näyttää olevan kaunis",
            "kerro jos myöhästyt",
            "kahvi on valmista",
            "koira haluaa ulos",
            "illalla sataa lunta",
        ],
        [
            "nähdään siellä kuten aina",
            "se oli oikein mukavaa",
            "en tiedä vielä varmasti",
            "soitan äidille ensin",
            "kysytään opettajalta",
            "hyvää viikonloppua kaikille",
        ],
    ];
    let mut examples = Vec::new();
    for at in 0..216 {
        let text = |parts: &[[&str; 6]; 3]| {
            [parts[0][at % 6], parts[1][at / 6 % 6], parts[2][at / 36]].join(", ")
        };
        examples.push(of(text(&OFFERS), &[Label::Spam]));
        examples.push(of(text(&TALKS), &[]));
    }
    examples
}

#[test]
fn training_twice_gives_the_same_bytes() {
    let training = Training { rounds: 2 };
    let first = train(&slice(), training).encode();
    assert_eq!(first, train(&slice(), training).encode());
    // Recorded once: another machine must come to the same.
    let digest = String::from_utf8_lossy(&first[24..24 + 7 + 16]).into_owned();
    expect_test::expect!["sha256 7e24453237c71345"].assert_eq(&digest);
}

#[test]
fn a_new_language_is_learned_from_labels() {
    let shipped = Model::shipped();
    let batch = finnish();
    let offer =
        "ansaitse rahaa kotoa käsin ilman riskiä, lähetä viesti tai liity kanavalle jo tänään";
    let before = shipped.judge_text(offer);
    assert!(before.abstains, "{before:?}");

    let learned = learn(&shipped, &batch, &gold()).expect("nothing is wrong with the batch");
    assert_eq!(learned.model.header.version, shipped.header.version + 1);
    assert_eq!(learned.new_languages, ["fin"]);
    let after = learned.model.judge_text(offer);
    assert!(!after.abstains && after.probabilities[0] > 0.8, "{after:?}");
    let talk = learned
        .model
        .judge_text("huomenna mennään lasten kanssa metsään, muista ottaa koira ja eväät mukaan");
    assert!(talk.probabilities[0] < 0.2, "{talk:?}");
    // The same again gives the same version.
    let again = learn(&shipped, &batch, &gold()).expect("as before");
    assert_eq!(again.model.encode(), learned.model.encode());
}

#[test]
fn a_poisoned_batch_is_refused_with_words() {
    let mut batch = Vec::new();
    for example in gold() {
        // Everything turned around, in words the gold set does not have letter by letter.
        let labels: &[Label] = if example.labels.is_empty() {
            &[Label::Spam]
        } else {
            &[]
        };
        batch.push(of(format!("{} .", example.text), labels));
    }
    let refusal = learn(&Model::shipped(), &batch, &gold()).expect_err("it is poison");
    assert!(matches!(refusal, Refusal::Regression { .. }), "{refusal}");
    assert!(
        refusal.to_string().starts_with("refused: on the gold set"),
        "{refusal}"
    );
}

#[test]
fn one_text_repeated_a_thousand_times_counts_once() {
    let shipped = Model::shipped();
    let text = "See you at the library tomorrow, bring the books and some tea";
    let once = vec![of(text.into(), &[Label::Spam])];
    let many: Vec<Example> = (0..1000).map(|_| once[0].clone()).collect();
    let once = learn(&shipped, &once, &gold()).expect("one odd label is no poison");
    let many = learn(&shipped, &many, &gold()).expect("nor is the same again");
    assert_eq!(many.repeated, 999);
    assert_eq!(once.model.encode(), many.model.encode());
}

#[test]
fn a_disputed_text_teaches_nothing() {
    let text = "Cheap tickets for tonight, write to me";
    let batch = [
        of(text.into(), &[Label::Spam]),
        of(text.to_uppercase(), &[]),
    ];
    let refusal = learn(&Model::shipped(), &batch, &gold()).expect_err("nothing is left");
    assert_eq!(
        refusal,
        Refusal::Nothing {
            repeated: 0,
            disputed: 2
        }
    );
}
