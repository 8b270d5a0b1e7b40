//! The words of the log's vocabulary: what is counted, and the few answers that a line may give.

use super::words::words;

words! {
    /// What a request is counted by. Each has one vector of commitments in each case.
    pub enum Dimension {
        /// Where the authority is; in the `request` entry.
        Region = "region",
        /// What was asked for; in the `request` entry.
        Kind = "kind",
        /// How it ended; in the `closed` entry.
        Outcome = "outcome",
    }
}

impl Dimension {
    /// The names of its categories, in order.
    pub fn categories(self) -> Vec<&'static str> {
        match self {
            Self::Region => Region::ALL.iter().map(|region| region.word()).collect(),
            Self::Kind => Kinds::ALL.iter().map(|kinds| kinds.word()).collect(),
            Self::Outcome => Outcome::ALL.iter().map(|outcome| outcome.word()).collect(),
        }
    }

    /// How many categories it has.
    pub const fn category_count(self) -> usize {
        match self {
            Self::Region => Region::ALL.len(),
            Self::Kind => Kinds::ALL.len(),
            Self::Outcome => Outcome::ALL.len(),
        }
    }

    /// The position of a category.
    pub fn position(self, category: &str) -> Option<usize> {
        let mut categories = self.categories().into_iter();
        categories.position(|name| name == category)
    }
}

words! {
    /// The parts of the world that requests are counted by.
    pub enum Region {
        /// Africa.
        Africa = "africa",
        /// The United States and Canada.
        NorthAmerica = "north-america",
        /// Latin America and the Caribbean.
        LatinAmerica = "latin-america",
        /// East Asia and the Pacific.
        EastAsiaPacific = "east-asia-pacific",
        /// South and Central Asia.
        SouthCentralAsia = "south-central-asia",
        /// Europe, with Russia, Türkiye and the Caucasus.
        Europe = "europe",
        /// The Middle East.
        MiddleEast = "middle-east",
        /// International courts.
        International = "international",
    }
}

words! {
    /// What a request asks for. There is nothing else to ask for.
    pub enum Kinds {
        /// The phone number.
        Phone = "phone",
        /// The addresses of connections.
        Ip = "ip",
        /// Both.
        Both = "both",
    }
}

words! {
    /// How a request ended.
    pub enum Outcome {
        /// The package was fetched.
        Delivered = "delivered",
        /// Records were opened, but the authority did not get them.
        Failed = "failed",
        /// The authority took the request back, or a preservation ran out.
        Withdrawn = "withdrawn",
        /// It asked for something the desk cannot give; counsel answered it outside the desk.
        OutOfDesk = "out-of-desk",
        /// The same, and counsel contests it.
        OutOfDeskContested = "out-of-desk-contested",
        /// The same, and counsel finds that another law forbids the answer.
        OutOfDeskConflict = "out-of-desk-conflict",
        /// The order lacks something.
        Incomplete = "incomplete",
        /// The order is wrong on its face.
        ManifestError = "manifest-error",
        /// It does not say whom it means well enough.
        InsufficientInfo = "insufficient-info",
        /// Not an authority that may ask.
        NotCompetentAuthority = "not-competent-authority",
        /// The offence is not on the published list.
        OffenceNotCovered = "offence-not-covered",
        /// The service is not one that it may ask about.
        ServiceNotCovered = "service-not-covered",
        /// An immunity, or the freedom of expression, stands against it.
        ImmunityOrExpression = "immunity-or-expression",
        /// It cannot be done.
        Impossible = "impossible",
        /// Another law forbids it.
        ConflictOfLaw = "conflict-of-law",
        /// Nothing of the kind is held.
        DataNotHeld = "data-not-held",
    }
}

impl Outcome {
    /// What the `closed` entry says openly of a request that ended like this.
    pub const fn result(self) -> Ending {
        match self {
            Self::Delivered => Ending::Delivered,
            Self::Failed => Ending::Failed,
            _ => Ending::Ended,
        }
    }

    /// Whether it asked for something the desk cannot give: counsel's word, not the desk's.
    pub const fn is_out_of_desk(self) -> bool {
        matches!(
            self,
            Self::OutOfDesk | Self::OutOfDeskContested | Self::OutOfDeskConflict
        )
    }

    /// Whether an officer may refuse with it: it names a reason that the desk gives.
    pub const fn is_refusal(self) -> bool {
        !matches!(self, Self::Delivered | Self::Failed | Self::Withdrawn)
    }
}

words! {
    /// What everyone may know at once about how a request ended.
    pub enum Ending {
        /// Records were opened and delivered.
        Delivered = "delivered",
        /// Records were opened and not delivered.
        Failed = "failed",
        /// Nothing was opened.
        Ended = "ended",
    }
}

words! {
    /// How soon a request must be answered.
    pub enum Priority {
        /// In the time of the policy.
        Normal = "normal",
        /// Within hours: life or limb is in danger.
        Emergency = "emergency",
    }
}

words! {
    /// What kind of authority asks.
    pub enum Class {
        /// A court or judge.
        Court = "court",
        /// A prosecutor.
        Prosecutor = "prosecutor",
        /// The police.
        Police = "police",
        /// Any other.
        Other = "other",
    }
}

words! {
    /// Whose key a `keys` entry publishes.
    pub enum KeyRole {
        /// The legal officers.
        Officers = "officers",
        /// Custodians, for the address records of one day.
        IpCustodians = "ip-custodians",
        /// Custodians, for phone records.
        PhoneCustodians = "phone-custodians",
    }
}

words! {
    /// Where the custodians are.
    pub enum Mode {
        /// On the operator's own machine: they vouch for nothing.
        Local = "local",
        /// Outside the operator's control.
        Remote = "remote",
    }
}

words! {
    /// Whether requests from a country are served.
    pub enum Door {
        /// They are.
        Open = "open",
        /// They are not.
        Closed = "closed",
    }
}

words! {
    /// What happens to an authority's place in the registry.
    pub enum Change {
        /// It is entered.
        Add = "add",
        /// Its name, contact or keys change.
        Change = "change",
        /// It is struck out.
        Remove = "remove",
    }
}

words! {
    /// Why a preservation ended.
    pub enum ReleaseReason {
        /// Its term is over.
        Due = "due",
        /// The authority took it back.
        Withdrawn = "withdrawn",
        /// The records were opened.
        Opened = "opened",
    }
}

words! {
    /// What became of the notice to a person.
    pub enum NoticeState {
        /// The person was told.
        Told = "told",
        /// Telling would endanger somebody; decided by officers, once, for a while.
        Delayed = "delayed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_what_it_names() {
        for dimension in Dimension::ALL {
            assert_eq!(Dimension::from_word(dimension.word()), Some(*dimension));
            assert_eq!(dimension.categories().len(), dimension.category_count());
            for (position, category) in dimension.categories().into_iter().enumerate() {
                assert_eq!(dimension.position(category), Some(position));
            }
        }
        assert_eq!(Outcome::from_word("Delivered"), None);
    }

    #[test]
    fn only_opened_requests_end_openly_as_delivered_or_failed() {
        let endings: Vec<_> = Outcome::ALL
            .iter()
            .map(|outcome| outcome.result())
            .collect();
        assert_eq!(endings[..2], [Ending::Delivered, Ending::Failed]);
        assert!(endings[2..].iter().all(|ending| *ending == Ending::Ended));
    }
}

words! {
    /// Whether somebody moderates.
    pub enum Duty {
        /// From now on.
        On = "on",
        /// No longer.
        Off = "off",
    }
}

words! {
    /// What a decision of moderation is about.
    pub enum SubjectKind {
        /// A channel.
        Channel = "channel",
        /// A public group.
        Group = "group",
        /// A person's account.
        Person = "person",
        /// A bot.
        Bot = "bot",
        /// A post in a channel or public group.
        Post = "post",
        /// A search term.
        Term = "term",
    }
}

words! {
    /// What a decision of moderation does. Every one but the first and the last two can be undone.
    pub enum Act {
        /// Nothing: all is well.
        Nothing = "nothing",
        /// Search shows it behind everything else.
        Demote = "demote",
        /// Search does not show it until a person has looked at it.
        Hold = "hold",
        /// Search does not show it.
        Delist = "delist",
        /// Not even its exact name leads to it.
        Block = "block",
        /// Clients mark it as a scam.
        WarnScam = "warn-scam",
        /// Clients mark it as a fake.
        WarnFake = "warn-fake",
        /// Clients show a sentence in its place.
        Restrict = "restrict",
        /// The account does not write to strangers.
        Limit = "limit",
        /// The account only reads.
        Freeze = "freeze",
        /// Nobody can open it; after the time for appeals it is erased.
        Remove = "remove",
        /// Takes back what an earlier decision did.
        Undo = "undo",
        /// An appeal was heard, and the decision stands.
        Uphold = "uphold",
    }
}

impl Act {
    /// Whether two people must decide it.
    pub const fn is_grave(self) -> bool {
        matches!(self, Self::Block | Self::Freeze | Self::Remove)
    }

    /// Whether a machine may do it, for a while.
    pub const fn is_for_machines(self) -> bool {
        matches!(self, Self::Demote | Self::Hold | Self::Delist)
    }

    /// Whether something is different afterwards, so that it can be undone.
    pub const fn is_measure(self) -> bool {
        !matches!(self, Self::Nothing | Self::Undo | Self::Uphold)
    }
}

words! {
    /// What a decision is about: the categories of the European database of statements of reasons.
    pub enum Category {
        /// Animal welfare.
        AnimalWelfare = "animal-welfare",
        /// Information that consumers are owed.
        ConsumerInformation = "consumer-information",
        /// Cyber violence.
        CyberViolence = "cyber-violence",
        /// Cyber violence against women.
        CyberViolenceAgainstWomen = "cyber-violence-against-women",
        /// Data protection and privacy.
        DataProtection = "data-protection-and-privacy-violations",
        /// Illegal or harmful speech.
        HarmfulSpeech = "illegal-or-harmful-speech",
        /// Intellectual property.
        IntellectualProperty = "intellectual-property-infringements",
        /// Elections and civic discourse.
        CivicDiscourse = "negative-effects-on-civic-discourse-or-elections",
        /// A notice that names no category.
        Unspecified = "not-specified-notice",
        /// Something else in the terms.
        OtherTerms = "other-violation-tc",
        /// Protection of minors.
        Minors = "protection-of-minors",
        /// Public security.
        PublicSecurity = "risk-for-public-security",
        /// Scams and fraud, spam among them.
        Fraud = "scams-and-fraud",
        /// Self-harm.
        SelfHarm = "self-harm",
        /// Unsafe and prohibited products.
        Products = "unsafe-and-prohibited-products",
        /// Violence.
        Violence = "violence",
    }
}

words! {
    /// How something came to be looked at.
    pub enum Source {
        /// People reported it in their clients.
        Report = "report",
        /// A notice at `/report`.
        Notice = "notice",
        /// A search term that people sent in.
        Search = "search",
        /// A moderator found it.
        Own = "own",
        /// The classifier, a list or a campaign's fingerprint.
        Machine = "machine",
        /// An authority's order.
        Order = "order",
        /// The owner contested a decision.
        Appeal = "appeal",
    }
}

words! {
    /// Who found or decided something.
    pub enum Decider {
        /// A person.
        Person = "person",
        /// A machine.
        Machine = "machine",
    }
}

words! {
    /// What a version of the classifier does.
    pub enum ModelState {
        /// It judges beside the one at work, and nothing follows.
        Shadow = "shadow",
        /// It is at work.
        Live = "live",
        /// It was found wanting and works no more.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What was done around moderation that is no decision, and is counted.
    pub enum Errand {
        /// A case about a child or a life was reported to a hotline or an authority.
        Hotline = "hotline",
        /// Posts and channels that were removed, and that nobody could contest any more, were erased for
        /// good.
        Erased = "erased",
        /// `@announcements` said something to everybody; the entry holds the hash of it.
        Announcement = "announcement",
        /// Accounts were marked as those of staff, about which moderators decide nothing.
        Staff = "staff",
        /// A sampled decision was looked at a second time, by somebody else who came to the same.
        Reviewed = "reviewed",
        /// Accounts of staff are accounts like any other again.
        NoStaff = "no-staff",
        /// Posts and names were refused before they were published, because people had decided about
        /// their like.
        Refused = "refused",
        /// An author contested such a refusal, and a moderator let it through.
        LetThrough = "let-through",
    }
}
