//! `heliograph-officer practice`: a whole ceremony and an opening on throw-away keys.
//!
//! Everything runs in one process, so it shows what happens and not who can be trusted; but
//! every step goes through the files and checks of the real thing, and stops when one fails.

mod desk;
mod plan;

#[cfg(test)]
pub(crate) use desk::{Case, RECIPIENT};
pub(crate) use desk::{Desk, Order, Person};
pub use plan::one_page_plan;

use crate::ceremony::{Holder, Packet, Plan, draft, finish};
use crate::custodian::Custodian;
use crate::custodian::client::{CustodianClient as _, InProcess};
use crate::lock::Lock;
use crate::log_source::log_source;
use crate::officer::Officer;
use crate::officer::acts::SignatureFile;
use crate::system::{Clock, Entropy};
use heliograph_transparency::entry::{
    CountryDecision, Day, Door, Entry, Kinds, Mode, Outcome, Roster,
};
use heliograph_transparency::files::Reply;
use heliograph_vault::label::Kind;
use heliograph_vault::open::Opened;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why practice stopped.
pub type PracticeError = Box<dyn Error + Send + Sync>;

/// The origin of practice logs; `demo.` keeps their keys out of any real one.
pub(crate) const ORIGIN: &str = "demo.practice/log";

/// Runs a ceremony of `officers` people, `threshold` of whom decide, and one opening, in a folder
/// that must be empty, and tells it step by step. Fails at the first step that does not hold.
pub fn practice(
    folder: &Path,
    officers: u8,
    threshold: u8,
    clock: &Clock,
    entropy: &Entropy,
    out: &mut dyn Write,
) -> Result<(), PracticeError> {
    let mut told = Told { out, step: 0 };
    told.step("The log and its witness")?;
    let mut desk = Desk::new(folder, ORIGIN, clock.clone(), entropy.clone())?;
    told.line(&format!(
        "Log `{ORIGIN}`. A witness cosigns each state of it."
    ))?;
    desk.publish_policy()?;

    told.step("A custodian")?;
    let custodian = local_custodian(&mut desk, folder)?;
    told.line("It sits on the same machine here (mode local). Elsewhere it would count for more.")?;

    told.step(&format!("{officers} officers make their identities"))?;
    let staff = Staff::new(folder, officers, &desk)?;
    for officer in &staff.officers {
        let card = officer.card();
        told.line(&format!("{:<10} {}", card.name, card.fingerprint()))?;
    }
    told.line("In earnest each reads these eight words to the others, face to face.")?;

    told.step(&format!("The ceremony: any {threshold} of {officers}"))?;
    let plan = staff.plan(&desk, threshold)?;
    told.line(&format!("All compare the plan: {}", plan.fingerprint()))?;
    staff.hold(&mut desk, &plan)?;
    told.line("Three rounds of files, then all signatures. The key is in the log; nobody has it.")?;
    desk.append(&staff.act(&desk, germany(), threshold)?)?;

    told.step("The custodian's keys")?;
    let today = Day::of_unix(clock());
    desk.append(&InProcess(Arc::clone(&custodian)).offer(None, today)?)?;
    desk.append(&InProcess(Arc::clone(&custodian)).offer(Some(today.0), today)?)?;
    told.line(&format!(
        "One for phone numbers, one for the addresses of {today}."
    ))?;

    told.step("A person signs in")?;
    let person = Person::new(7, entropy);
    let records = desk.seal(&person, "4915112345678", "198.51.100.7", today)?;
    desk.publish_vault_root()?;
    told.line("The number and the address are sealed; a root over the vault is in the log.")?;

    told.step("A court asks")?;
    let case = desk.enter_request(&Order::practice(Kinds::Both, today))?;
    let bundle = desk.bundle(&case, &person, &records)?;
    told.line("The request is in the log as a commitment. Each officer gets one file.")?;

    told.step(&format!("{threshold} officers review and approve"))?;
    let mut responses = Vec::new();
    for officer in staff.officers.iter().take(usize::from(threshold)) {
        let review = officer.review(&bundle)?;
        if responses.is_empty() {
            for line in review.page().lines() {
                told.line(&format!("| {line}"))?;
            }
        }
        responses.push(officer.approve(&review, &staff.lock)?);
        told.line(&format!("{} approves.", officer.card().name))?;
    }

    told.step("Too few, and too early")?;
    let early = desk.ask(&records, &responses, 0);
    refused(
        &mut told,
        "The desk asks before the log says `open`",
        &custodian.answer(&early),
    )?;

    told.step("The opening is logged, witnessed, and answered")?;
    let open = desk.enter_open(&case, &records, &responses)?;
    let short = desk.ask(&records, &responses[1..], open);
    refused(
        &mut told,
        "One approval is missing",
        &custodian.answer(&short),
    )?;
    let more: Vec<_> = records.iter().chain(&records[..1]).cloned().collect();
    let more = desk.ask(&more, &responses, open);
    refused(
        &mut told,
        "One record more than approved",
        &custodian.answer(&more),
    )?;
    let ask = desk.ask(&records, &responses, open);
    let reply = match custodian.answer(&ask) {
        Reply::Answer(answer) => answer,
        Reply::Refusal(refusal) => return Err(refusal.reason.into()),
    };
    let opened = desk.combine(&case, &person, &records, &responses, &[reply], open)?;
    for one in &opened {
        match one {
            Opened::Phone(phone) => told.line(&format!("Opened: +{}", phone.digits()))?,
            Opened::Ip(seen) => told.line(&format!(
                "Opened: {}, port {}",
                seen.ip(),
                seen.first().port
            ))?,
        }
    }
    desk.close(&case, Outcome::Delivered)?;
    refused(
        &mut told,
        "The case is closed; the desk asks again",
        &custodian.answer(&ask),
    )?;

    let mut staff = staff;
    if officers > threshold {
        let lost = staff.officers.pop().ok_or("nobody to lose")?;
        told.step(&format!("{} is lost, and replaced", lost.card().name))?;
        staff.hire(
            folder,
            officers.checked_add(1).ok_or("too many officers")?,
            &desk,
        )?;
    } else {
        told.step("Nobody may be lost here: the shares are refreshed")?;
    }
    let plan = staff.refresh(&desk)?;
    staff.hold(&mut desk, &plan)?;
    let again = desk.enter_request(&Order::practice(Kinds::Phone, today))?;
    let phone: Vec<_> = records
        .iter()
        .filter(|record| record.label().kind == Kind::Phone)
        .cloned()
        .collect();
    let bundle = desk.bundle(&again, &person, &phone)?;
    let newest = staff.officers.last().ok_or("nobody is left")?;
    let review = newest.review(&bundle)?;
    newest.approve(&review, &staff.lock)?;
    told.line(&format!(
        "The key is the same; {} approves with a new share.",
        newest.card().name
    ))?;
    told.line("The old shares are destroyed, and stolen copies of them would not count.")?;

    told.step("Done: every step held. What to bring to the real one:")?;
    told.text(&one_page_plan(officers, threshold))?;
    Ok(())
}

/// Narrates.
struct Told<'a> {
    out: &'a mut dyn Write,
    step: u32,
}

impl Told<'_> {
    fn step(&mut self, title: &str) -> Result<(), PracticeError> {
        self.step += 1;
        Ok(writeln!(self.out, "\n{:>2}. {title}", self.step)?)
    }

    fn line(&mut self, line: &str) -> Result<(), PracticeError> {
        Ok(writeln!(self.out, "    {line}")?)
    }

    fn text(&mut self, text: &str) -> Result<(), PracticeError> {
        Ok(writeln!(self.out, "\n{text}")?)
    }
}

fn refused(told: &mut Told<'_>, what: &str, reply: &Reply) -> Result<(), PracticeError> {
    match reply {
        Reply::Refusal(refusal) => told.line(&format!("{what}. Refused: {}.", refusal.reason)),
        Reply::Answer(_) => Err(format!("{what}, and the custodian answered").into()),
    }
}

/// A custodian on this machine, entered in the log's roster.
pub(crate) fn local_custodian(
    desk: &mut Desk,
    folder: &Path,
) -> Result<Arc<Custodian>, PracticeError> {
    let path = folder.join("custodian");
    let demo = desk.ledger.is_demo();
    let card = Custodian::init(&path, "custodian", &desk.policy, demo, &desk.entropy)?;
    desk.append_body(Roster {
        set: 1,
        mode: Mode::Local,
        threshold: 1,
        custodians: vec![heliograph_transparency::entry::Custodian {
            index: 1,
            name: card.name,
            key: card.key,
            address: "-".into(),
        }],
    })?;
    let source = log_source(&desk.log_path().to_string_lossy());
    let custodian = Custodian::open(&path, source, desk.clock.clone(), desk.entropy.clone())?;
    Ok(Arc::new(custodian))
}

/// A decision to serve the country of the practice court.
pub(crate) fn germany() -> CountryDecision {
    CountryDecision {
        code: "DE".parse().expect("a country"),
        state: Door::Open,
        reason: "its courts are bound by law".into(),
    }
}

/// Officers and the folder through which their files go.
pub(crate) struct Staff {
    pub(crate) officers: Vec<Officer>,
    pub(crate) lock: Lock,
    mail: PathBuf,
}

impl Staff {
    /// Makes officers who have pinned the desk's trust policy.
    pub(crate) fn new(folder: &Path, count: u8, desk: &Desk) -> Result<Self, PracticeError> {
        let mail = folder.join("mail");
        fs::create_dir_all(&mail)?;
        let mut staff = Self {
            officers: Vec::new(),
            lock: Lock::passphrase("practice".into()).weakly(),
            mail,
        };
        for number in 1..=count {
            staff.hire(folder, number, desk)?;
        }
        Ok(staff)
    }

    /// Makes one more officer.
    pub(crate) fn hire(
        &mut self,
        folder: &Path,
        number: u8,
        desk: &Desk,
    ) -> Result<(), PracticeError> {
        let path = folder.join(format!("officer-{number}"));
        let name = format!("Officer-{number}");
        Officer::init(
            &path,
            &name,
            &self.lock,
            None,
            desk.ledger.is_demo(),
            &desk.entropy,
        )?;
        let officer = Officer::open(&path, desk.clock.clone(), desk.entropy.clone())?;
        officer.pin(&desk.policy)?;
        officer.follow(&desk.update(0)?)?;
        self.officers.push(officer);
        Ok(())
    }

    /// The plan of a new key for all of them.
    pub(crate) fn plan(&self, desk: &Desk, threshold: u8) -> Result<Plan, PracticeError> {
        let cards = self
            .officers
            .iter()
            .map(|officer| officer.card().clone())
            .collect();
        let hash = desk.policy_hash();
        Ok(Plan::for_officers(
            desk.ledger.origin(),
            hash,
            threshold,
            cards,
            &desk.entropy,
        )?)
    }

    /// The plan that refreshes everybody's share. Those who are gone leave, and those who are
    /// new get the next numbers.
    pub(crate) fn refresh(&self, desk: &Desk) -> Result<Plan, PracticeError> {
        let set = desk.ledger.officers().ok_or("no officers yet")?;
        let previous = desk.entry(set.mark.index)?;
        let sets = desk.ledger.officer_sets().iter();
        let used = sets.flat_map(|set| &set.holders).map(|holder| holder.index);
        let mut next = used.max().unwrap_or(0);
        let mut holders = Vec::new();
        for officer in &self.officers {
            let card = officer.card().clone();
            let own = set.holders.iter().find(|holder| holder.key == card.key);
            let index = own.map_or_else(
                || {
                    next += 1;
                    next
                },
                |holder| holder.index,
            );
            holders.push(Holder { index, card });
        }
        let (origin, hash) = (desk.ledger.origin(), desk.policy_hash());
        Ok(Plan::refresh(
            origin,
            hash,
            &previous,
            holders,
            &desk.entropy,
        )?)
    }

    /// Holds a ceremony through files, and logs the key that comes out.
    pub(crate) fn hold(&self, desk: &mut Desk, plan: &Plan) -> Result<u64, PracticeError> {
        let entry = self.make(desk, plan)?;
        let index = desk.append(&entry)?;
        for officer in &self.officers {
            officer.follow(&desk.update(0)?)?;
        }
        Ok(index)
    }

    /// Holds a ceremony through files. Returns the entry for the log.
    pub(crate) fn make(&self, desk: &Desk, plan: &Plan) -> Result<Vec<u8>, PracticeError> {
        let plan = Plan::parse(
            self.mailed("plan.json", plan.to_json().as_bytes())?
                .as_slice(),
        )?;
        let invited = |officer: &&Officer| plan.index_of(&officer.card().key).is_some();
        let all: Vec<&Officer> = self.officers.iter().filter(invited).collect();
        let mut rounds: [Vec<Packet>; 3] = Default::default();
        for round in 0..3 {
            let (done, now) = rounds.split_at_mut(round);
            for officer in &all {
                let packet = match done.last() {
                    None => officer.begin(&plan, &self.lock)?,
                    Some(packets) if round == 1 => officer.deal(&plan, packets, &self.lock)?,
                    Some(packets) => officer.confirm(&plan, packets, &self.lock)?,
                };
                let name = format!("round-{}-from-{}.json", round + 1, packet.from());
                let file = self.mailed(&name, packet.to_json().as_bytes())?;
                now[0].push(Packet::parse(&file).ok_or("a packet was not read back")?);
            }
        }
        let entry = draft(&plan, &rounds[2], Day::of_unix((desk.clock)()))?;
        let text = self.mailed("keys-entry.txt", &entry.to_bytes()?)?;
        let mut by = Vec::new();
        for officer in &all {
            let signature = officer.sign_key(&plan, &text, &self.lock)?;
            let name = format!("signature-{}.json", signature.index);
            let file = self.mailed(&name, signature.to_json().as_bytes())?;
            let signature = SignatureFile::parse(&file).ok_or("a signature was not read back")?;
            by.push(signature.signed());
        }
        let mut prior = Vec::new();
        if let Some(officers) = desk.ledger.officers() {
            // The set before signs the set that follows it.
            let needed = usize::from(officers.keys.threshold);
            for officer in &self.officers {
                if prior.len() < needed
                    && let Ok(act) = officer.read_act(&text)
                {
                    prior.push(officer.sign_act(&act, &self.lock)?.signed());
                }
            }
        }
        Ok(finish(&plan, entry, &by, &prior)?.to_bytes()?)
    }

    /// An entry signed by `count` officers as an act.
    pub(crate) fn act(
        &self,
        desk: &Desk,
        body: impl Into<heliograph_transparency::entry::Body>,
        count: u8,
    ) -> Result<Vec<u8>, PracticeError> {
        let mut entry = Entry::new(Day::of_unix((desk.clock)()), body);
        let text = entry.to_bytes()?;
        for officer in self.officers.iter().take(usize::from(count)) {
            officer.follow(&desk.update(0)?)?;
            let act = officer.read_act(&text)?;
            entry.by.push(officer.sign_act(&act, &self.lock)?.signed());
        }
        Ok(entry.to_bytes()?)
    }

    /// Sends bytes through a file.
    fn mailed(&self, name: &str, bytes: &[u8]) -> Result<Vec<u8>, PracticeError> {
        let path = self.mail.join(name);
        fs::write(&path, bytes)?;
        Ok(fs::read(&path)?)
    }
}

/// The keys of an entry, for tests and the narration.
#[cfg(test)]
pub(crate) fn keys_of(entry: &[u8]) -> heliograph_transparency::entry::Keys {
    match Entry::parse(entry).unwrap().body {
        heliograph_transparency::entry::Body::Keys(keys) => keys,
        _ => panic!("not keys"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::system_clock;

    #[test]
    fn a_practice_holds_every_step_and_ends_with_the_plan() {
        let folder = tempfile::tempdir().unwrap();
        let mut told = Vec::new();
        let (clock, entropy) = (system_clock(), Entropy::system());
        practice(folder.path(), 3, 2, &clock, &entropy, &mut told).unwrap();
        let told = String::from_utf8(told).unwrap();
        for line in [
            "Opened: +4915112345678",
            "Opened: 198.51.100.7",
            "Who brings what",
        ] {
            assert!(told.contains(line), "{told}");
        }
    }
}
