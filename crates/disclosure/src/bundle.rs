//! What an officer is given to decide on: everything of one case, and how the log proves it.

use crate::case::{CaseFile, LoadError, Prepared, open};
use crate::flow::FlowError;
use crate::log::PublicLog;
use crate::package::hex;
use crate::secrets::CaseSecrets;
use crate::validity::Finding;
use heliograph_desk_store::{Place, View};
use heliograph_transparency::case::{Field, records_root};
use heliograph_transparency::files::{
    Base64, Bundle, BundleDelivery, BundleDocument, BundleField, BundleFinding, BundleFormat,
    BundlePerson, BundleVault, FindingAnswer, Fixed, Place as VaultPlace,
};
use heliograph_transparency::tree::Hash;
use heliograph_vault::record::SealedRecord;

/// The root over the records of a prepared case.
pub(crate) fn records_root_of(prepared: &Prepared) -> Result<Hash, LoadError> {
    let hash = |bytes: &Vec<u8>| {
        let record = SealedRecord::parse(bytes).map_err(|_| LoadError::Record)?;
        Ok(record.hash().0)
    };
    let hashes = prepared.records.iter().map(hash);
    Ok(records_root(
        &hashes.collect::<Result<Vec<_>, LoadError>>()?,
    ))
}

/// Builds the bundle of a case for an officer who holds the log's first `from` entries.
pub(crate) fn build(
    view: &View<'_>,
    file: &CaseFile,
    log: &dyn PublicLog,
    secrets: &dyn CaseSecrets,
    from: u64,
) -> Result<Bundle, FlowError> {
    let prepared = file.prepared(view)?.ok_or(LoadError::Corrupt("bundle"))?;
    let request = file
        .logged("request")
        .ok_or(FlowError::NotSetUp("request"))?;
    let texts = file.keys.texts();
    // Of preserved records the person's secret may be gone with the account: officers have seen
    // whom they belong to when they preserved them.
    let person = secrets.person(file.id, prepared.user())?;
    if person.is_none() && prepared.preserved.is_none() {
        return Err(FlowError::NotSetUp("person"));
    }
    let fields = file.fields()?;
    let case_key = file.keys.log();
    let fields = Field::ALL.iter().map(|field| BundleField {
        name: field.word().to_owned(),
        salt: Fixed(case_key.salt(*field)),
        value: fields.value(*field).to_owned(),
    });
    let mut documents = Vec::new();
    let all = file.documents.list().iter().chain(file.added());
    for (position, document) in all.enumerate() {
        let sealed = view.sealed(&Place::Document(file.id, position as u16))?;
        let sealed = sealed.ok_or(LoadError::Corrupt("document"))?;
        let bytes = sealed
            .open(&texts)
            .map_err(|_| LoadError::Corrupt("document"))?;
        documents.push(BundleDocument {
            name: document.name.clone(),
            sha256: Fixed(document.sha256),
            bytes: Base64(bytes.to_vec()),
        });
    }
    let added = documents.split_off(file.documents.list().len());
    let mut findings = Vec::new();
    for sealed in view.findings_of(file.id)? {
        let finding: Finding = open(&sealed, &texts)?;
        findings.push(BundleFinding {
            question: finding.question,
            answer: if finding.yes {
                FindingAnswer::Yes
            } else {
                FindingAnswer::No
            },
            note: finding.note,
            by: finding.by,
        });
    }
    let places = prepared.places.iter().map(|(position, proof)| VaultPlace {
        position: *position,
        proof: proof.iter().copied().map(Fixed).collect(),
    });
    Ok(Bundle {
        format: BundleFormat::V1,
        origin: log.ledger().origin().to_owned(),
        log: log.update(from)?,
        request,
        fields: fields.collect(),
        documents,
        added,
        person: person.map(|us| BundlePerson {
            user_id: prepared.user,
            us: Fixed(*us.as_bytes()),
        }),
        vault: BundleVault {
            entry: prepared.vault.0,
            size: prepared.vault.1,
            places: places.collect(),
        },
        records: prepared.records.into_iter().map(Base64).collect(),
        preserved: prepared.preserved,
        delivery: BundleDelivery {
            recipient: prepared.recipient,
            fingerprint: hex(&prepared.fingerprint),
        },
        findings,
    })
}
