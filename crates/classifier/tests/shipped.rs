//! The model that ships: what it must find, what it must leave alone, and what must not fool it.

use heliograph_classifier::evaluate::evaluate;
use heliograph_classifier::labels::Label;
use heliograph_classifier::lines::gold;
use heliograph_classifier::model::Model;
use heliograph_classifier::verdict::{Channel, Verdict};
use proptest::prelude::*;
use std::sync::LazyLock;

static MODEL: LazyLock<Model> = LazyLock::new(Model::shipped);

fn spam(text: &str) -> f64 {
    let p = MODEL.judge_text(text).probability(Label::Spam);
    p.expect("spam has learned")
}

const OFFERS: [&str; 3] = [
    "Ищу людей в команду, удаленный заработок на криптовалюте, доход от 800$ в неделю, обучение \
     бесплатно, пишите в личные сообщения @workfast_manager",
    "Invest $500 today and withdraw $8000 in one week, 100% legit company, no hidden charges, \
     contact my manager and join https://t.me/+profitnow",
    "Congratulations! You have won a prize of $5000, claim it now: https://bonus-win.top/claim",
];

/// What people say about hard subjects, and in dialect, without any harm.
const BENIGN: [&str; 16] = [
    "If you use, never use alone. Naloxone is free at the pharmacy, no questions asked.",
    "Новый выпуск подкаста: как проходит химиотерапия, рассказывает врач. Ссылка в описании.",
    "Обстрел пригорода: двое раненых, повреждены дома, работают спасатели.",
    "Thousands marched peacefully in the capital against the new law, police made no arrests.",
    "Our trans support group meets on Wednesday at seven in the library, everyone is welcome.",
    "he finna be late again, y'all good? I ain't waiting no more lol",
    "Selling my old bike for 150 $, pick-up only, message me if you are interested.",
    "Wer konsumiert, sollte nie allein sein. Drugchecking gibt es anonym in der Beratungsstelle.",
    "Servus, i moan des passt scho, schau ma moi heut auf d'Nacht.",
    "Vendo bicicleta usada en buen estado, 100 euros, solo recojo en el centro.",
    "Le groupe de parole pour personnes trans se réunit le mercredi à dix-neuf heures.",
    "Повітряна тривога в області, прямуйте в укриття.",
    "Bombardeio atinge um mercado no subúrbio, equipes de resgate estão no local.",
    "Police warn of callers who pretend to be your bank and ask for a code.",
    "Symptoms of a stroke: a doctor explains what to look for and when to call for help.",
    "Bitcoin fell ten percent this week as traders waited for new rules, the exchange said.",
];

/// Letters of an offer replaced by their doubles, every second one.
fn with_doubles(text: &str) -> String {
    const DOUBLES: [(char, char); 7] = [
        ('а', 'a'),
        ('о', 'o'),
        ('е', 'e'),
        ('с', 'c'),
        ('р', 'p'),
        ('х', 'x'),
        ('у', 'y'),
    ];
    let double = |(at, c): (usize, char)| {
        let row = DOUBLES
            .iter()
            .find(|(cyrillic, latin)| c == *cyrillic || c == *latin);
        match row {
            Some((cyrillic, latin)) if at % 2 == 0 => {
                if c == *latin {
                    *cyrillic
                } else {
                    *latin
                }
            }
            _ => c,
        }
    };
    text.chars().enumerate().map(double).collect()
}

#[test]
fn plain_offers_are_found() {
    for offer in OFFERS {
        let judged = MODEL.judge_text(offer);
        assert!(judged.verdict >= Verdict::Demote, "{judged:?}");
        assert!(!judged.because.is_empty());
    }
}

#[test]
fn disguise_does_not_help() {
    for offer in OFFERS {
        let words: Vec<&str> = offer.split(' ').collect();
        let spaced = |word: &&str| word.chars().map(String::from).collect::<Vec<_>>().join(".");
        let split = words.iter().map(|word| match word {
            link if link.contains("://") || link.contains('@') => (*link).to_owned(),
            word if word.chars().count() > 5 => spaced(word),
            word => (*word).to_owned(),
        });
        let disguises = [
            ("doubles", with_doubles(offer)),
            (
                "joiners",
                offer.chars().flat_map(|c| [c, '\u{200d}']).collect(),
            ),
            ("dots", split.collect::<Vec<_>>().join(" ")),
            ("capitals", offer.to_uppercase()),
            ("repetition", [offer; 5].join("\n")),
        ];
        for (name, disguised) in disguises {
            assert!(
                spam(&disguised) > 0.7,
                "{name}: {} of {}",
                spam(&disguised),
                spam(offer)
            );
        }
    }
}

#[test]
fn padding_with_harmless_text_does_not_hide_an_offer() {
    let harmless: String = BENIGN.join("\n").chars().cycle().take(3000).collect();
    for offer in OFFERS {
        let padded = format!("{harmless}\n{offer}");
        assert!(spam(&padded) > 0.5, "{} of {}", spam(&padded), spam(offer));
    }
}

#[test]
fn hard_subjects_and_dialects_are_left_alone() {
    for text in BENIGN {
        let judged = MODEL.judge_text(text);
        assert_eq!(judged.verdict, Verdict::Allow, "{text}: {judged:?}");
    }
}

#[test]
fn a_language_never_seen_is_not_acted_on() {
    for text in [
        "恭喜您获得大奖！立即点击链接领取5000元奖金，名额有限，先到先得，加微信 https://t.me/+abc",
        "日本語で書かれた投資の勧誘です。毎日10000円を稼ぎましょう。今すぐ登録してください https://bonus.top",
        "Gratulacje! Wygrałeś nagrodę 5000 złotych. Kliknij poniższy odnośnik, aby natychmiast odebrać \
         swoje pieniądze, liczba miejsc jest ograniczona, pośpiesz się dzisiaj: https://bonus.top/x",
    ] {
        let judged = MODEL.judge_text(text);
        assert!(
            judged.abstains && judged.verdict == Verdict::Allow,
            "{judged:?}"
        );
    }
}

#[test]
fn the_held_out_texts_meet_the_printed_bars() {
    let report = evaluate(&MODEL, &gold())
        .remove("")
        .expect("there is a gold set");
    let spam = &report.labels["spam"];
    assert!(
        spam.auroc >= Some(0.975) && spam.recall >= Some(0.7),
        "{spam:?}"
    );
    assert!(spam.calibration_error <= 0.05, "{spam:?}");
    assert!(report.benign_delisted <= 0.002, "{report:?}");
}

#[test]
fn a_channel_is_judged_as_a_whole() {
    let about = "Daily signals, 100% profit, join the VIP: https://t.me/+signals";
    let mut channel = Channel {
        title: "Crypto profit 🚀".into(),
        about: about.into(),
        posts: OFFERS.map(Into::into).to_vec(),
    };
    assert!(MODEL.judge_channel(&channel).verdict >= Verdict::Hold);
    channel.posts = BENIGN.map(Into::into).to_vec();
    channel.title = "Town news".into();
    channel.about = "What happens in our town, every evening".into();
    assert_eq!(MODEL.judge_channel(&channel).verdict, Verdict::Allow);
    let nothing = MODEL.judge_channel(&Channel::default());
    assert!(nothing.abstains && nothing.verdict == Verdict::Allow);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_gets_probabilities(text in any::<String>(), more in "\\PC{0,400}") {
        for text in [&text, &more] {
            let judged = MODEL.judge_text(text);
            for p in judged.probabilities {
                prop_assert!((0.0..=1.0).contains(&p), "{p}");
            }
        }
    }

    #[test]
    fn any_bytes_get_probabilities(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        MODEL.judge_text(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn invisible_characters_change_nothing(
        text in "[a-zа-я0-9 .,!@:/$]{0,200}",
        places in proptest::collection::vec((0_usize..200, 0_usize..5), 0..20),
    ) {
        const INVISIBLE: [char; 5] = ['\u{200b}', '\u{200d}', '\u{2060}', '\u{ad}', '\u{feff}'];
        let mut chars: Vec<char> = text.chars().collect();
        for (at, which) in places {
            chars.insert(at.min(chars.len()), INVISIBLE[which]);
        }
        let hidden: String = chars.into_iter().collect();
        let (plain, hidden) = (MODEL.judge_text(&text), MODEL.judge_text(&hidden));
        prop_assert_eq!(plain, hidden);
    }
}

#[test]
fn hostile_texts_take_no_longer_than_others() {
    let hostile = [
        "a".repeat(4096),
        "a ".repeat(2048),
        "a.".repeat(2048),
        "\u{fdfa}".repeat(4096),
        format!("a{}", "\u{301}".repeat(4095)),
        "@".repeat(4096),
        "https://".repeat(512),
        "t.me/+".repeat(680),
        "🅰".repeat(4096),
        "中".repeat(4096),
        "١".repeat(4096),
        "\u{202e}a\u{200b}".repeat(2000),
    ];
    // No clock here: work is bounded by the features a text can have, and memory with them.
    for text in hostile {
        let judged = MODEL.judge_text(&text);
        assert!(judged.probabilities.iter().all(|p| p.is_finite()));
    }
}
