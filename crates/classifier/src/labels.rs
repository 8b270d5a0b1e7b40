//! What a text can be found to be.

use serde::{Deserialize, Serialize};

/// A kind of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// Sent to people who did not ask for it, to sell or advertise. Fraud counts as spam too.
    Spam,
    /// Promises or pretends in order to take money, accounts or identities.
    Fraud,
    /// Trade in drugs.
    Drugs,
    /// Trade in weapons.
    Weapons,
    /// Trade in stolen accounts, cards and personal data.
    StolenData,
    /// Trade in forged documents and money.
    ForgedDocuments,
    /// Unlicensed copies.
    PiratedGoods,
    /// Sexual services on offer.
    SexualServices,
    /// Words of those who abuse children.
    ChildSafety,
    /// Praise of or recruitment for violence.
    Extremism,
    /// Attacks on people for what they are.
    Hate,
    /// Encouragement of self-harm.
    SelfHarm,
}

impl Label {
    /// Every label, learned or not.
    pub const ALL: [Self; 12] = [
        Self::Spam,
        Self::Fraud,
        Self::Drugs,
        Self::Weapons,
        Self::StolenData,
        Self::ForgedDocuments,
        Self::PiratedGoods,
        Self::SexualServices,
        Self::ChildSafety,
        Self::Extremism,
        Self::Hate,
        Self::SelfHarm,
    ];

    /// The labels that have learned, in the order of the weights. The others have a name and no
    /// opinion: a score from nothing would be taken for one.
    pub const TRAINED: [Self; 2] = [Self::Spam, Self::Fraud];

    /// The word for it in files and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Fraud => "fraud",
            Self::Drugs => "drugs",
            Self::Weapons => "weapons",
            Self::StolenData => "stolen-data",
            Self::ForgedDocuments => "forged-documents",
            Self::PiratedGoods => "pirated-goods",
            Self::SexualServices => "sexual-services",
            Self::ChildSafety => "child-safety",
            Self::Extremism => "extremism",
            Self::Hate => "hate",
            Self::SelfHarm => "self-harm",
        }
    }

    /// The label with a name.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.word() == word)
    }

    /// Whether it has learned.
    pub fn is_trained(self) -> bool {
        Self::TRAINED.contains(&self)
    }
}

/// How many labels have learned.
pub const TRAINED: usize = Label::TRAINED.len();

/// A text with what people found it to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The text.
    pub text: String,
    /// What it is; nothing for a benign text.
    #[serde(deserialize_with = "known_labels")]
    pub labels: Vec<Label>,
    /// Labels that nobody decided about.
    #[serde(
        default,
        deserialize_with = "known_labels",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub unknown: Vec<Label>,
    /// Its language, if somebody knows better than the detection.
    #[serde(default, alias = "lang", skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Examples that belong together, such as posts of one channel, share a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Example {
    /// Whether the text has a trained label: `None` if nobody decided.
    ///
    /// Fraud is spam as well, since nobody asks to be defrauded.
    pub fn truth(&self, label: Label) -> Option<bool> {
        let fraud = label == Label::Spam && self.labels.contains(&Label::Fraud);
        if self.labels.contains(&label) || fraud {
            Some(true)
        } else if self.unknown.contains(&label) {
            None
        } else {
            Some(false)
        }
    }
}

/// By which the error about an unknown label is known among those about JSON.
pub(crate) const NO_SUCH_LABEL: &str = "no such label";

fn known_labels<'a, D: serde::Deserializer<'a>>(from: D) -> Result<Vec<Label>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    let unknown = || serde::de::Error::custom(NO_SUCH_LABEL);
    words
        .iter()
        .map(|word| Label::find(word).ok_or_else(unknown))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Example, Label};

    #[test]
    fn every_label_is_found_by_its_word() {
        for label in Label::ALL {
            assert_eq!(Label::find(label.word()), Some(label));
            let json = serde_json::to_string(&label).expect("a word");
            assert_eq!(json.trim_matches('"'), label.word());
        }
    }

    #[test]
    fn fraud_is_spam_and_an_undecided_label_is_neither() {
        let read = |line| serde_json::from_str::<Example>(line).expect("a line");
        let fraud = read(r#"{"text":"x","labels":["fraud"]}"#);
        assert_eq!(fraud.truth(Label::Spam), Some(true));
        let open = read(r#"{"text":"x","labels":["spam"],"unknown":["fraud"]}"#);
        assert_eq!(open.truth(Label::Fraud), None);
        let wrong = serde_json::from_str::<Example>(r#"{"text":"x","labels":["nice"]}"#);
        assert!(wrong.is_err());
    }
}
