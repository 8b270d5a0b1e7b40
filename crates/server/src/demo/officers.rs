//! The officers of the story, with the very tool that real ones use: `heliograph-officer`.

use super::Failure;
use super::stage::Stage;
use heliograph_offline::ceremony::{Packet, Plan, draft, finish};
use heliograph_offline::lock::Lock;
use heliograph_offline::officer::Officer;
use heliograph_offline::system::Entropy;
use heliograph_transparency::entry::{Body, Day, Signed};
use heliograph_transparency::files::{LogUpdate, Response};
use sha2::{Digest, Sha256};
use std::path::Path;

const NAMES: [&str; 5] = ["Amara", "Bo", "Chen", "Dilnoza", "Emil"];

/// How many of them must agree.
pub const THRESHOLD: u8 = 3;

/// Five officers, each with a folder, which stands for a machine that is on no network.
pub struct Officers {
    officers: Vec<Officer>,
    lock: Lock,
}

impl Officers {
    /// Makes their identities, and has them pin the log.
    pub fn new(folder: &Path, stage: &Stage) -> Result<Self, Failure> {
        // Weak, because the story is over in a minute and its keys are thrown away.
        let lock = Lock::passphrase("demonstration".into()).weakly();
        let update = update(stage)?;
        let mut officers = Vec::new();
        for name in NAMES {
            let path = folder.join(format!("officer-{}", name.to_lowercase()));
            let entropy = Entropy::system();
            Officer::init(&path, name, &lock, None, true, &entropy)?;
            let officer = Officer::open(&path, stage.officers_clock(), entropy)?;
            officer.pin(stage.policy.as_bytes())?;
            officer.follow(&update)?;
            officers.push(officer);
        }
        Ok(Officers { officers, lock })
    }

    /// Name and fingerprint of each.
    pub fn cards(&self) -> impl Iterator<Item = (&str, String)> {
        self.officers.iter().map(|officer| {
            let card = officer.card();
            (card.name.as_str(), card.fingerprint())
        })
    }

    /// Makes the officers' key, of which nobody ever holds the whole. Returns the eight words by
    /// which they compared the plan, and the entry for the log.
    pub fn make_key(&self, stage: &Stage) -> Result<(String, Vec<u8>), Failure> {
        let cards = self.officers.iter().map(|officer| officer.card().clone());
        let policy = Sha256::digest(&stage.policy).into();
        let origin = stage
            .desk()
            .office
            .with_log(|log| log.ledger().origin().to_owned());
        let entropy = Entropy::system();
        let plan = Plan::for_officers(&origin, policy, THRESHOLD, cards.collect(), &entropy)?;
        let mut first = Vec::new();
        for officer in &self.officers {
            first.push(carried(&officer.begin(&plan, &self.lock)?)?);
        }
        let mut second = Vec::new();
        for officer in &self.officers {
            second.push(carried(&officer.deal(&plan, &first, &self.lock)?)?);
        }
        let mut third = Vec::new();
        for officer in &self.officers {
            third.push(carried(&officer.confirm(&plan, &second, &self.lock)?)?);
        }
        let entry = draft(&plan, &third, Day::of_unix(stage.clock.now_s()))?;
        let text = entry.to_bytes()?;
        let mut by = Vec::new();
        for officer in &self.officers {
            by.push(officer.sign_key(&plan, &text, &self.lock)?.signed());
        }
        let entry = finish(&plan, entry, &by, &[])?;
        Ok((plan.fingerprint(), entry.to_bytes()?))
    }

    /// Takes what the log holds now to every officer.
    pub fn follow(&self, stage: &Stage) -> Result<(), Failure> {
        let update = update(stage)?;
        for officer in &self.officers {
            officer.follow(&update)?;
        }
        Ok(())
    }

    /// The first `count` of them sign the text of a decision. Returns what each was told that it
    /// means, and the signatures.
    pub fn sign(
        &self,
        stage: &Stage,
        text: &[u8],
        count: u8,
    ) -> Result<(String, Vec<Signed>), Failure> {
        self.follow(stage)?;
        let (mut meaning, mut by) = (String::new(), Vec::new());
        for officer in self.officers.iter().take(count.into()) {
            let act = officer.read_act(text)?;
            by.push(officer.sign_act(&act, &self.lock)?.signed());
            meaning = act.meaning;
        }
        Ok((meaning, by))
    }

    /// Enters a decision that `count` of them have signed.
    pub async fn decide(&self, stage: &Stage, body: Body, count: u8) -> Result<String, Failure> {
        let now_s = stage.clock.now_s();
        let text = stage.desk().office.write_decision(body, now_s)?;
        let (meaning, by) = self.sign(stage, &text, count)?;
        let mut entry = heliograph_transparency::entry::Entry::parse(&text)?;
        entry.by = by;
        let bytes = entry.to_bytes()?;
        stage
            .desk()
            .blocking(move |desk| desk.enter(&bytes))
            .await?;
        Ok(meaning)
    }

    /// One of them reviews a case and approves it. Returns the page that the officer saw.
    pub fn approve(&self, number: usize, bundle: &[u8]) -> Result<(String, Response), Failure> {
        let officer = self
            .officers
            .get(number)
            .ok_or("there is no such officer")?;
        let review = officer.review(bundle)?;
        let page = review.page().to_owned();
        Ok((page, officer.approve(&review, &self.lock)?))
    }

    /// The name of one of them.
    pub fn name(&self, number: usize) -> &str {
        self.officers
            .get(number)
            .map_or("", |officer| &officer.card().name)
    }
}

/// A packet as it arrives: written to a file by one, read from it by the other.
fn carried(packet: &Packet) -> Result<Packet, Failure> {
    let text = packet.to_json();
    Packet::parse(text.as_bytes()).ok_or_else(|| "a packet was not read back".into())
}

fn update(stage: &Stage) -> Result<LogUpdate, Failure> {
    Ok(stage.desk().office.with_log(|log| log.update(0))?)
}
