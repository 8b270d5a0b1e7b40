//! A desk in miniature: just enough of a log, a vault and a case for officers and custodians to
//! work on. Practice and tests use it.

use super::PracticeError;
use crate::encoding::hex;
use crate::log_source::log_source;
use crate::sealed_to::opening_keys;
use crate::system::{Clock, Entropy};
use crate::witness::Witness;
use heliograph_transparency::approval::{SignedApproval, approvals_root, recipient_fingerprint};
use heliograph_transparency::case::{CaseKey, Field, Fields, documents_root, records_root};
use heliograph_transparency::counts::{Context, prove};
use heliograph_transparency::entry::{
    Body, Closed, Day, Dimension, Entry, Kinds, Minute, Open, Outcome, Policy, Priority, Request,
    VaultRoot,
};
use heliograph_transparency::files::{
    Answer, Ask, AskApproval, AskFormat, Base64, Bundle, BundleDelivery, BundleDocument,
    BundleField, BundleFinding, BundleFormat, BundlePerson, BundleVault, FindingAnswer, Fixed,
    LogUpdate, Place, Response,
};
use heliograph_transparency::folder::FolderLog;
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::note::SignerKey;
use heliograph_transparency::regions::Country;
use heliograph_transparency::tile::TileReader;
use heliograph_transparency::tree::{
    Hash, Leaves, leaf_hash, prove_consistency, prove_inclusion, root_of,
};
use heliograph_transparency::witness::{AddCheckpoint, parse_cosignatures};
use heliograph_vault::keys::{GateMode, SealingKeys};
use heliograph_vault::keyset::CheckedKeySet;
use heliograph_vault::label::Kind;
use heliograph_vault::open::{Opened, Opening};
use heliograph_vault::partial::{CaseContext, Partial};
use heliograph_vault::plaintext::{IpInterval, Phone, Sighting};
use heliograph_vault::record::{SealedRecord, seal_ip, seal_phone};
use heliograph_vault::secrets::{DaySecret, UserSecret, ip_secret, phone_secret};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

/// A desk, its log and its witness.
pub(crate) struct Desk {
    folder: PathBuf,
    log: FolderLog,
    pub(crate) ledger: Ledger,
    entries: Vec<Vec<u8>>,
    witness: Witness,
    /// From what the log's key is made.
    #[cfg(test)]
    key_seed: [u8; 32],
    /// The trust policy that everyone pins.
    pub(crate) policy: Vec<u8>,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    /// The vault: hashes of all records.
    vault: Vec<[u8; 32]>,
    /// From what the day's secrets are made; a keeper would draw each for itself.
    day_seed: [u8; 32],
}

/// A person whose records are sealed.
pub(crate) struct Person {
    pub(crate) user_id: i64,
    us: [u8; 32],
}

/// What a court asks for.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) kinds: Kinds,
    pub(crate) subject: String,
    pub(crate) window: String,
    pub(crate) country: &'static str,
    pub(crate) document: Vec<u8>,
    pub(crate) follows: Option<u64>,
}

/// A request in the log, with what the desk knows of it.
pub(crate) struct Case {
    pub(crate) index: u64,
    key: [u8; 32],
    pub(crate) fields: Fields,
    document: Vec<u8>,
}

impl Person {
    pub(crate) fn new(user_id: i64, entropy: &Entropy) -> Self {
        Self {
            user_id,
            us: *entropy.draw(),
        }
    }

    fn secret(&self) -> UserSecret {
        UserSecret::new(self.us)
    }
}

impl Order {
    /// An order for account 7 and one day.
    pub(crate) fn practice(kinds: Kinds, day: Day) -> Self {
        Self {
            kinds,
            subject: "account 7".into(),
            window: format!("{day}T00:00Z {day}T23:59Z"),
            country: "DE",
            document: b"%PDF-1.7 an order".to_vec(),
            follows: None,
        }
    }
}

/// Where the practice package would go.
pub(crate) const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

impl Desk {
    /// A desk with an empty log in `folder/log`, and one witness.
    pub(crate) fn new(
        folder: &Path,
        origin: &str,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, PracticeError> {
        let key_seed = *entropy.draw();
        let key = SignerKey::new(origin.parse()?, &key_seed);
        let verifier = key.verifier().clone();
        let path = folder.join("witness");
        let witness = Witness::open(&path, Some("witness.practice"), clock.clone(), &entropy)?;
        witness.watch(verifier.clone())?;
        let own = witness.verifier();
        let policy = format!("log {verifier}\nwitness practice {own}\nquorum practice\n");
        let mut desk = Self {
            log: FolderLog::create(folder.join("log"), key)?,
            folder: folder.to_owned(),
            ledger: Ledger::new(origin),
            entries: Vec::new(),
            witness,
            #[cfg(test)]
            key_seed,
            policy: policy.into_bytes(),
            day_seed: *entropy.draw(),
            clock,
            entropy,
            vault: Vec::new(),
        };
        desk.cosign()?;
        Ok(desk)
    }

    pub(crate) fn policy_hash(&self) -> [u8; 32] {
        Sha256::digest(&self.policy).into()
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.folder.join("log")
    }

    pub(crate) fn today(&self) -> Day {
        Day::of_unix((self.clock)())
    }

    /// The text of an entry.
    pub(crate) fn entry(&self, index: u64) -> Result<Vec<u8>, PracticeError> {
        Ok(self
            .entries
            .get(index as usize)
            .ok_or("no such entry")?
            .clone())
    }

    /// What brings a copy of the log forward.
    pub(crate) fn update(&self, from: u64) -> Result<LogUpdate, PracticeError> {
        log_source(&self.log_path().to_string_lossy()).update(from)
    }

    /// Logs an entry that everyone has signed who must.
    pub(crate) fn append(&mut self, entry: &[u8]) -> Result<u64, PracticeError> {
        let index = self.append_unwitnessed(entry)?;
        self.cosign()?;
        Ok(index)
    }

    /// Logs an entry without asking the witness.
    pub(crate) fn append_unwitnessed(&mut self, entry: &[u8]) -> Result<u64, PracticeError> {
        let index = self.ledger.size();
        self.ledger.apply(index, entry)?;
        self.log.append(&[entry])?;
        self.entries.push(entry.to_vec());
        Ok(index)
    }

    /// Logs an entry of today that nobody signs.
    pub(crate) fn append_body(&mut self, body: impl Into<Body>) -> Result<u64, PracticeError> {
        let entry = Entry::new(self.today(), body).to_bytes()?;
        self.append(&entry)
    }

    /// Has the witness cosign the newest checkpoint.
    pub(crate) fn cosign(&mut self) -> Result<(), PracticeError> {
        let mut note = self.log.checkpoint().clone();
        let known = self.witness.remembered(self.ledger.origin())?;
        let mut reader = TileReader::open(self.log.source(), self.log.head())?;
        let proof = prove_consistency(&mut reader, known.size, self.log.head().size)?;
        let request = AddCheckpoint::new(known.size, proof, note.clone())?;
        let answer = self.witness.add_checkpoint(request.to_body().as_bytes())?;
        if answer.status != 200 {
            return Err(answer.body.into());
        }
        for line in parse_cosignatures(answer.body.as_bytes())? {
            note.replace(line)?;
        }
        Ok(self.log.add_cosignatures(&note)?)
    }

    /// The desk's first policy.
    pub(crate) fn publish_policy(&mut self) -> Result<u64, PracticeError> {
        let demo = self.ledger.is_demo();
        self.append_body(Policy {
            version: 1,
            terms: Hash(Sha256::digest(b"terms").into()),
            offences: vec!["fraud".into()],
            retention_days: 90,
            cap: 100,
            deadline_days: 10,
            emergency_hours: 8,
            order_after_days: 5,
            demo,
        })
    }

    /// Seals a person's number, and an address of a day, to the newest logged keys.
    pub(crate) fn seal(
        &mut self,
        person: &Person,
        number: &str,
        address: &str,
        day: Day,
    ) -> Result<Vec<SealedRecord>, PracticeError> {
        let phone = Phone::from_digits(number)?;
        let keys = self.sealing_keys(None)?;
        let entropy = self.entropy.draw();
        let user = person.secret();
        let number = seal_phone(&keys, &user, person.user_id, &phone, &entropy)?;
        let address = self.seal_address(person, address, day)?;
        self.vault.push(number.hash().0);
        Ok(vec![number, address])
    }

    /// Seals an address of a day.
    pub(crate) fn seal_address(
        &mut self,
        person: &Person,
        address: &str,
        day: Day,
    ) -> Result<SealedRecord, PracticeError> {
        let first = Sighting {
            at_s: day.start_unix() + 3_600,
            port: 40_000,
        };
        let last = Sighting {
            at_s: day.start_unix() + 7_200,
            port: 40_001,
        };
        let seen = IpInterval::new(address.parse()?, first, last)?;
        let keys = self.sealing_keys(Some(day))?;
        let (user, secret, entropy) = (person.secret(), self.day_secret(day), self.entropy.draw());
        let record = seal_ip(&keys, &secret, &user, person.user_id, &seen, &entropy)?;
        self.vault.push(record.hash().0);
        Ok(record)
    }

    fn sealing_keys(&self, day: Option<Day>) -> Result<SealingKeys, PracticeError> {
        let custody = self.ledger.custody();
        let gate = match day {
            Some(day) => custody.day_key(day),
            None => custody.phone_key(),
        };
        let gate = gate.ok_or("the custodians have no key for this")?;
        let mode = match gate.mode {
            Some(heliograph_transparency::entry::Mode::Remote) => GateMode::Remote,
            _ => GateMode::Local,
        };
        let officers: CheckedKeySet = self
            .ledger
            .officers()
            .ok_or("there are no officers yet")?
            .keys
            .clone();
        Ok(SealingKeys::new(officers, gate.keys.clone(), mode)?)
    }

    fn day_secret(&self, day: Day) -> DaySecret {
        let bytes = Sha256::new_with_prefix(self.day_seed).chain_update(day.0.to_be_bytes());
        DaySecret::new(day.0, bytes.finalize().into())
    }

    /// Logs the root over all records.
    pub(crate) fn publish_vault_root(&mut self) -> Result<u64, PracticeError> {
        let leaves: Vec<Hash> = self.vault.iter().map(|hash| leaf_hash(hash)).collect();
        self.append_body(VaultRoot {
            root: root_of(&leaves),
            records: leaves.len() as u64,
            phones: 0,
            accounts: 1,
        })
    }

    /// Logs a request.
    pub(crate) fn enter_request(&mut self, order: &Order) -> Result<Case, PracticeError> {
        let document: [u8; 32] = Sha256::digest(&order.document).into();
        let fields = Fields::new([
            Minute::of_unix((self.clock)()).to_string(),
            order.country.into(),
            "court".into(),
            "Amtsgericht".into(),
            "section 1".into(),
            "fraud".into(),
            hex(&documents_root(&[document]).0),
            order.kinds.word().into(),
            order.subject.clone(),
            order.window.clone(),
            "none".into(),
            "4.2".into(),
        ])?;
        let key = *self.entropy.draw();
        let number = self.ledger.cases().all().len() as u64 + 1;
        let today = self.today();
        let mut entry = Entry::new(
            today,
            Request {
                number,
                priority: Priority::Normal,
                follows: order.follows,
                fields: fields.root(&CaseKey::new(key)),
                region: Vec::new(),
                kind: Vec::new(),
                due: today.plus(30).monday_on_or_after(),
            },
        );
        let country: Country = order.country.parse()?;
        let region = country.region() as usize;
        let region = self.vector(&entry, number, Dimension::Region, region, &key);
        let kind = self.vector(&entry, number, Dimension::Kind, order.kinds as usize, &key);
        if let Body::Request(request) = &mut entry.body {
            (request.region, request.kind) = (region, kind);
        }
        Ok(Case {
            index: self.append(&entry.to_bytes()?)?,
            key,
            fields,
            document: order.document.clone(),
        })
    }

    fn vector(
        &self,
        entry: &Entry,
        number: u64,
        dimension: Dimension,
        category: usize,
        key: &[u8; 32],
    ) -> Vec<u8> {
        let context = Context {
            origin: self.ledger.origin(),
            sequence: number,
            entry: &entry.without_vectors(),
            dimension: dimension.word(),
            categories: dimension.category_count(),
        };
        prove(&context, category, &CaseKey::new(*key).vector_seed()).0
    }

    /// The file for an officer.
    pub(crate) fn bundle(
        &self,
        case: &Case,
        person: &Person,
        records: &[SealedRecord],
    ) -> Result<Vec<u8>, PracticeError> {
        let roots = self.ledger.registry().vault_roots();
        let (mark, root) = roots.last().ok_or("no root of the vault is logged")?;
        let leaves: Vec<Hash> = self.vault.iter().map(|hash| leaf_hash(hash)).collect();
        let leaves = &leaves[..root.records as usize];
        let place = |record: &SealedRecord| {
            let own = leaf_hash(&record.hash().0);
            // A record that is not under the root gets a place where it does not belong.
            let position = leaves.iter().position(|leaf| *leaf == own).unwrap_or(0) as u64;
            let Ok(proof) = prove_inclusion(&mut Leaves(leaves), position, leaves.len() as u64);
            Place {
                position,
                proof: proof.into_iter().map(|hash| Fixed(hash.0)).collect(),
            }
        };
        let key = CaseKey::new(case.key);
        let fields = Field::ALL.iter().map(|field| BundleField {
            name: field.word().into(),
            salt: Fixed(key.salt(*field)),
            value: case.fields.value(*field).into(),
        });
        let bundle = Bundle {
            format: BundleFormat::V1,
            origin: self.ledger.origin().into(),
            log: self.update(0)?,
            request: case.index,
            fields: fields.collect(),
            added: Vec::new(),
            documents: vec![BundleDocument {
                name: "order.pdf".into(),
                sha256: Fixed(Sha256::digest(&case.document).into()),
                bytes: Base64(case.document.clone()),
            }],
            person: Some(BundlePerson {
                user_id: person.user_id,
                us: Fixed(person.us),
            }),
            records: records
                .iter()
                .map(|record| Base64(record.to_bytes()))
                .collect(),
            vault: BundleVault {
                entry: mark.index,
                size: root.records,
                places: records.iter().map(place).collect(),
            },
            preserved: None,
            delivery: BundleDelivery {
                recipient: RECIPIENT.into(),
                fingerprint: hex(&recipient_fingerprint(RECIPIENT)),
            },
            findings: vec![BundleFinding {
                question: "a registered, competent judicial authority".into(),
                answer: FindingAnswer::Yes,
                note: "called back".into(),
                by: "the desk".into(),
            }],
        };
        Ok(bundle.to_bytes())
    }

    /// Logs an opening on the strength of responses.
    pub(crate) fn enter_open(
        &mut self,
        case: &Case,
        records: &[SealedRecord],
        responses: &[Response],
    ) -> Result<u64, PracticeError> {
        let body = self.open(case, records, responses)?;
        self.append_body(body)
    }

    pub(crate) fn open(
        &self,
        case: &Case,
        records: &[SealedRecord],
        responses: &[Response],
    ) -> Result<Open, PracticeError> {
        let hashes: Vec<[u8; 32]> = records.iter().map(|record| record.hash().0).collect();
        let approvals: Vec<SignedApproval> = approvals(responses)
            .into_iter()
            .map(SignedApproval::from)
            .collect();
        Ok(Open {
            request: case.index,
            officers: self
                .ledger
                .officers()
                .ok_or("there are no officers yet")?
                .mark
                .index,
            records: records_root(&hashes),
            n: records.len() as u32,
            approvals: approvals_root(&approvals),
            preserved: None,
        })
    }

    /// The file for custodians who hold the keys of all records.
    pub(crate) fn ask(&self, records: &[SealedRecord], responses: &[Response], open: u64) -> Ask {
        Ask {
            format: AskFormat::V1,
            origin: self.ledger.origin().into(),
            open,
            records: records
                .iter()
                .map(|record| Base64(record.to_bytes()))
                .collect(),
            positions: (0..records.len() as u32).collect(),
            fingerprint: hex(&recipient_fingerprint(RECIPIENT)),
            approvals: approvals(responses),
        }
    }

    /// Opens the records with everyone's parts.
    pub(crate) fn combine(
        &self,
        case: &Case,
        person: &Person,
        records: &[SealedRecord],
        responses: &[Response],
        answers: &[Answer],
        open: u64,
    ) -> Result<Vec<Opened>, PracticeError> {
        let (logged, opening) = self.ledger.cases().opening(open).ok_or("no such opening")?;
        let preserved = opening
            .preserved
            .and_then(|index| self.ledger.preservations().at(index));
        let context = CaseContext {
            request: logged.hash.0,
            open: opening.hash.0,
            preserved: preserved.map(|order| order.hash.0),
        };
        if logged.mark.index != case.index {
            return Err("the opening is of another case".into());
        }
        let part = |partials: &[Base64], at: usize| {
            let bytes = partials.get(at).ok_or("a partial decryption is missing")?;
            Partial::parse(&bytes.0).map_err(|error| error.to_string())
        };
        // A custodian answers for the records of its own keys only.
        let answered = |answer: &Answer, record: usize| {
            let mut positions = answer.positions.iter();
            positions.position(|position| *position as usize == record)
        };
        let mut opened = Vec::new();
        for (at, record) in records.iter().enumerate() {
            let keys = opening_keys(&self.ledger, record.label()).ok_or("unknown keys")?;
            let officers = responses
                .iter()
                .map(|response| part(&response.partials, at));
            let officers: Vec<Partial> = officers.collect::<Result<_, _>>()?;
            let custodians = answers.iter().filter_map(|answer| {
                answered(answer, at).map(|place| part(&answer.partials, place))
            });
            let custodians: Vec<Partial> = custodians.collect::<Result<_, _>>()?;
            let user = person.secret();
            let secret = match record.label().kind {
                Kind::Phone => phone_secret(&user, record)?,
                Kind::Ip => ip_secret(&user, &self.day_secret(Day(record.label().epoch)), record)?,
            };
            let opening = Opening {
                record: &record.verify()?,
                keys: &keys,
                case: &context,
                user: user.commitment(person.user_id),
                secret: &secret,
            };
            opened.push(opening.open(&officers, &custodians)?);
        }
        Ok(opened)
    }

    /// Logs the end of a case.
    pub(crate) fn close(&mut self, case: &Case, outcome: Outcome) -> Result<u64, PracticeError> {
        let logged = self.ledger.cases().at(case.index).ok_or("no such case")?;
        let number = logged.number;
        let open = logged.openings.last().map(|opening| opening.mark.index);
        let mut entry = Entry::new(
            self.today(),
            Closed {
                request: case.index,
                open,
                result: outcome.result(),
                outcome: Vec::new(),
            },
        );
        let vector = self.vector(
            &entry,
            number,
            Dimension::Outcome,
            outcome as usize,
            &case.key,
        );
        if let Body::Closed(closed) = &mut entry.body {
            closed.outcome = vector;
        }
        self.append(&entry.to_bytes()?)
    }
}

#[cfg(test)]
impl Desk {
    /// The same desk a second time, as it is now, from where it can tell another history: the
    /// work of a log and a witness who deceive together.
    pub(crate) fn fork(&self, folder: &Path) -> Self {
        for name in ["log", "witness"] {
            crate::folder::copy_folder(&self.folder.join(name), &folder.join(name));
        }
        let origin = self.ledger.origin();
        let key = SignerKey::new(origin.parse().unwrap(), &self.key_seed);
        let witness = folder.join("witness");
        Self {
            folder: folder.to_owned(),
            log: FolderLog::open(folder.join("log"), key).unwrap(),
            ledger: self.ledger.clone(),
            entries: self.entries.clone(),
            witness: Witness::open(&witness, None, self.clock.clone(), &self.entropy).unwrap(),
            key_seed: self.key_seed,
            policy: self.policy.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            vault: self.vault.clone(),
            day_seed: self.day_seed,
        }
    }

    /// Asks this desk's witness to cosign the newest checkpoint of another history.
    pub(crate) fn show_to_witness(
        &self,
        other: &Self,
    ) -> Result<heliograph_transparency::witness::Answer, PracticeError> {
        let known = self.witness.remembered(self.ledger.origin())?;
        let (old, new) = (known.size.min(other.log.head().size), other.log.head());
        let mut reader = TileReader::open(other.log.source(), new)?;
        let proof = prove_consistency(&mut reader, old, new.size)?;
        let request = AddCheckpoint::new(old, proof, other.log.checkpoint().clone())?;
        Ok(self.witness.add_checkpoint(request.to_body().as_bytes())?)
    }
}

fn approvals(responses: &[Response]) -> Vec<AskApproval> {
    let mut approvals: Vec<AskApproval> = responses
        .iter()
        .map(|response| AskApproval {
            officer: response.officer,
            signature: response.signature,
            not_after: response.not_after,
        })
        .collect();
    approvals.sort_by_key(|approval| approval.officer);
    approvals
}
