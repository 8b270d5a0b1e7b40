//! Everything that is checked before an officer may approve.

mod records;
mod report;
mod whose;

use super::{Officer, OfficerError, fail};
use heliograph_transparency::approval::{passphrase_fingerprint, recipient_fingerprint};
use heliograph_transparency::case::{Field, Fields, documents_root, leaf, records_root};
use heliograph_transparency::entry::{Day, Kinds, Minute};
use heliograph_transparency::files::{Bundle, BundleDocument, FindingAnswer};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::cases::Case;
use heliograph_transparency::tree::{Hash, TreeHead, root_of};
use heliograph_vault::keys::OpeningKeys;
use heliograph_vault::record::VerifiedRecord;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

const SEEN: &str = "delivery-keys.json";

/// How many authorities a registry may have; their numbers are tried one by one.
const MAX_AUTHORITIES: u64 = 10_000;

/// A bundle in which every check held. What remains is the officer's own judgement.
pub struct Review {
    /// The log and where it stands.
    pub(super) origin: String,
    pub(super) head: TreeHead,
    pub(super) request: u64,
    pub(super) entry_hash: Hash,
    pub(super) case_hash: Hash,
    pub(super) records_root: Hash,
    pub(super) fingerprint: [u8; 32],
    /// Index of the `keys` entry of the officers in force, and this officer's number in it.
    pub(super) officers: u64,
    pub(super) index: u16,
    pub(super) records: Vec<(VerifiedRecord, OpeningKeys)>,
    /// Whose delivery key it is, to remember it by.
    authority: String,
    warnings: Vec<String>,
    page: String,
}

impl Review {
    /// What an officer should know before deciding, in plain words.
    pub fn page(&self) -> &str {
        &self.page
    }

    /// What is unusual and should make an officer stop. Empty for most cases.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How many records would be opened.
    pub fn count(&self) -> usize {
        self.records.len()
    }
}

impl Officer {
    /// Checks a bundle against the officer's own copy of the log, which it brings forward. Fails
    /// at the first thing that does not hold.
    pub fn review(&self, bundle: &[u8]) -> Result<Review, OfficerError> {
        let bundle = Bundle::parse(bundle)?;
        let before = self.log()?;
        if bundle.origin != before.origin() {
            fail!(
                "the bundle is of the log {}, not {}",
                bundle.origin,
                before.origin()
            );
        }
        let copy = self.follow(&bundle.log)?;
        let ledger = copy.ledger();
        let Some(officers) = ledger.officers() else {
            return Err(OfficerError::NotInForce);
        };
        let index = self.index_in(officers)?;
        let case = open_case(ledger, bundle.request)?;
        let fields = check_fields(&bundle, case)?;
        check_documents(&bundle, &fields)?;
        let asked = Asked::read(&fields)?;
        let whose = self.whose(&bundle, ledger)?;
        let records = records::check(&bundle, ledger, &asked, whose.as_ref())?;
        check_preserved(&bundle, ledger, case, &records)?;
        let mut warnings = records::warnings(&bundle, ledger, case, whose.as_ref());
        let fingerprint = check_delivery(&bundle, ledger, self.now_s())?;
        let authority = format!("{} {}", asked.country, fields.value(Field::Authority));
        warnings.extend(self.delivery_warning(&authority, &bundle.delivery.fingerprint)?);
        if !ledger.registry().is_served(asked.country, case.mark.index) {
            fail!(
                "requests from {} are not served: no officers' decision says so",
                asked.country
            );
        }
        for finding in &bundle.findings {
            if finding.answer == FindingAnswer::No {
                warnings.push(format!(
                    "the desk answers NO to “{}”: {}",
                    finding.question, finding.note
                ));
            }
        }
        if bundle.findings.is_empty() {
            warnings.push("the desk has answered none of the questions of validity".into());
        }
        let hashes: Vec<[u8; 32]> = records.iter().map(|(record, _)| record.hash().0).collect();
        self.remember_whose(&bundle, &hashes)?;
        let whose = whose.map(|whose| whose.user_id);
        let page = report::page(&bundle, &fields, &copy, case, whose, &records, &warnings);
        Ok(Review {
            origin: copy.origin().to_owned(),
            head: copy.head(),
            request: case.mark.index,
            entry_hash: case.hash,
            case_hash: case.fields,
            records_root: records_root(&hashes),
            fingerprint,
            officers: officers.mark.index,
            index,
            records,
            authority,
            warnings,
            page,
        })
    }

    /// A warning when an authority's delivery key is not the one that this officer saw last.
    fn delivery_warning(
        &self,
        authority: &str,
        fingerprint: &str,
    ) -> Result<Option<String>, OfficerError> {
        let seen = self.delivery_keys()?;
        Ok(match seen.get(authority) {
            Some(before) if before != fingerprint => Some(format!(
                "THE DELIVERY KEY OF THIS AUTHORITY HAS CHANGED since your last approval. Then: \
                 {before}. Now: {fingerprint}. Call the authority back on the registry's number"
            )),
            Some(_) => None,
            None => Some(
                "you have not seen this authority's delivery key before: compare it with the \
                 registry"
                    .into(),
            ),
        })
    }

    fn delivery_keys(&self) -> Result<BTreeMap<String, String>, OfficerError> {
        match self.folder.read(SEEN)? {
            Some(bytes) => {
                Ok(serde_json::from_slice(&bytes).map_err(|_| self.folder.damaged(SEEN))?)
            }
            None => Ok(BTreeMap::new()),
        }
    }

    /// Remembers the delivery key of a case that was approved.
    pub(super) fn remember_delivery(&self, review: &Review) -> Result<(), OfficerError> {
        let mut seen = self.delivery_keys()?;
        let fingerprint = crate::encoding::hex(&review.fingerprint);
        seen.insert(review.authority.clone(), fingerprint);
        self.folder
            .write(SEEN, &serde_json::to_vec(&seen).expect("texts"))?;
        Ok(())
    }
}

fn open_case(ledger: &Ledger, request: u64) -> Result<&Case, OfficerError> {
    let Some(case) = ledger.cases().at(request) else {
        fail!("entry {request} of the log is no request");
    };
    if case.closed.is_some() {
        fail!("the request is closed");
    }
    Ok(case)
}

/// Recomputes the commitment of the `request` entry from the opened fields.
fn check_fields(bundle: &Bundle, case: &Case) -> Result<Fields, OfficerError> {
    let (fields, salts) = bundle.opened_fields()?;
    let pairs = Field::ALL.iter().zip(&salts);
    let leaves: Vec<Hash> = pairs
        .map(|(field, salt)| leaf(*field, salt, fields.value(*field)))
        .collect();
    if root_of(&leaves) != case.fields {
        fail!("the order in the bundle is not the one that the log commits to");
    }
    Ok(fields)
}

fn check_documents(bundle: &Bundle, fields: &Fields) -> Result<(), OfficerError> {
    let hashes = hashes_of(&bundle.documents)?;
    let root = crate::encoding::hex(&documents_root(&hashes).0);
    if root != fields.value(Field::Order) {
        fail!("the documents are not those that the log commits to");
    }
    // Nothing in the log stands for these; they must be what they claim to be all the same.
    hashes_of(&bundle.added)?;
    Ok(())
}

fn hashes_of(documents: &[BundleDocument]) -> Result<Vec<[u8; 32]>, OfficerError> {
    let mut hashes = Vec::new();
    for document in documents {
        let hash: [u8; 32] = Sha256::digest(&document.bytes.0).into();
        if hash != document.sha256.0 {
            fail!(
                "the document “{}” is not the one that it claims to be",
                document.name
            );
        }
        hashes.push(hash);
    }
    Ok(hashes)
}

/// The scope of an order: what, and from when until when.
pub(super) struct Asked {
    country: heliograph_transparency::regions::Country,
    kinds: Kinds,
    /// First and last day; nothing where the order names no time.
    window: Option<(Day, Day)>,
    /// The account, where the order names one by its number.
    account: Option<i64>,
}

impl Asked {
    fn read(fields: &Fields) -> Result<Self, OfficerError> {
        let revealed = match fields.revealed() {
            Ok(revealed) => revealed,
            Err(error) => fail!("{error}"),
        };
        let window = match fields.value(Field::Window) {
            "-" => None,
            text => match read_window(text) {
                Some(window) => Some(window),
                None => fail!("the order's window of time cannot be read"),
            },
        };
        let subject = fields.value(Field::Subject);
        let account = subject.strip_prefix("account ").map(str::parse).transpose();
        let Ok(account) = account else {
            fail!("the order's subject cannot be read");
        };
        Ok(Self {
            country: revealed.country,
            kinds: revealed.kinds,
            window,
            account,
        })
    }
}

/// `2026-10-01T00:00Z 2026-10-31T23:59Z`, or the same with days only.
fn read_window(text: &str) -> Option<(Day, Day)> {
    let (from, to) = text.split_once(' ')?;
    let day = |text: &str| match text.parse::<Minute>() {
        Ok(minute) => Some(minute.day()),
        Err(_) => text.parse::<Day>().ok(),
    };
    let window = (day(from)?, day(to)?);
    (window.0 <= window.1).then_some(window)
}

fn check_preserved(
    bundle: &Bundle,
    ledger: &Ledger,
    case: &Case,
    records: &[(VerifiedRecord, OpeningKeys)],
) -> Result<(), OfficerError> {
    let Some(index) = bundle.preserved else {
        return Ok(());
    };
    let Some(kept) = ledger.preservations().at(index) else {
        fail!("entry {index} of the log preserves nothing");
    };
    let own = kept.request == case.mark.index || Some(kept.request) == case.follows;
    let hashes: Vec<[u8; 32]> = records.iter().map(|(record, _)| record.hash().0).collect();
    if !own || kept.released.is_some() || kept.records != records_root(&hashes) {
        fail!("the preservation at entry {index} is not one of these records for this request");
    }
    Ok(())
}

/// Checks that the fingerprint that officers approve is that of the key the package goes to.
fn check_delivery(bundle: &Bundle, ledger: &Ledger, now_s: u64) -> Result<[u8; 32], OfficerError> {
    let delivery = &bundle.delivery;
    let named = |fingerprint: &[u8; 32]| crate::encoding::hex(fingerprint) == delivery.fingerprint;
    if delivery.recipient != "passphrase" {
        let fingerprint = recipient_fingerprint(&delivery.recipient);
        if named(&fingerprint) {
            return Ok(fingerprint);
        }
        fail!("the fingerprint is not that of the delivery key");
    }
    let registered = (1..=MAX_AUTHORITIES)
        .take_while(|id| !ledger.registry().authority_history(*id).is_empty())
        .filter(|id| ledger.registry().authority(*id, now_s).is_some())
        .map(passphrase_fingerprint)
        .find(named);
    match registered {
        Some(fingerprint) => Ok(fingerprint),
        None => fail!("delivery by passphrase names no authority of the registry"),
    }
}
