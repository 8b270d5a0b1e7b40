//! How an authority showed that it is the one of the registry.

/// How the sender of a case was recognised: the rungs of a ladder, the highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// Every document is signed with the key that stands in the authority's row.
    Signed,
    /// It gave the access key that was handed over in a call-back.
    AccessKey,
    /// An officer called back before it became a case.
    CallBack,
}

impl Rung {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Signed, Self::AccessKey, Self::CallBack];

    /// Its word, in the file of the case and in the JSON interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::AccessKey => "access-key",
            Self::CallBack => "call-back",
        }
    }

    /// The rung with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            // As cases of before there were signatures have it.
            "login" => Some(Self::AccessKey),
            word => Self::ALL.into_iter().find(|rung| rung.word() == word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rung;

    #[test]
    fn cases_of_before_there_were_signatures_keep_their_rung() {
        assert_eq!(Rung::from_word("login"), Some(Rung::AccessKey));
        for rung in Rung::ALL {
            assert_eq!(Rung::from_word(rung.word()), Some(rung));
        }
        assert!(Rung::Signed < Rung::AccessKey && Rung::AccessKey < Rung::CallBack);
    }
}
