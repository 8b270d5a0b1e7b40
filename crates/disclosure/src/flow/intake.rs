//! The quarantine: someone looks at what unknown senders handed in, and calls back.

use super::receive::Receipt;
use super::registry::names;
use super::sender::{Claims, Sender};
use super::{FlowError, Office};
use crate::case::{Filed, LoadError};
use crate::documents::{Documents, Upload};
use crate::order::{Asked, OrderForm};
use crate::recognition::Rung;
use crate::registry::look_alikes;
use crate::secrets::{desk_texts, draw, nonce};
use heliograph_desk_store::{
    Act, CaseId, DeskError, IntakeId, IntakeState, Place, Sealed, StaffId, Token, View,
};
use heliograph_transparency::tree::leaf_hash;
use heliograph_vault::seal::{Opened, SealKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most of what waits in quarantine at one time: beyond it, senders who are not registered are
/// told to come back later.
pub const MAX_QUARANTINED: usize = 200;

/// Something that waits, in a list.
pub struct WaitingLine {
    /// Its id.
    pub id: IntakeId,
    /// When it came, in Unix seconds.
    pub received_s: u64,
    /// Who sent it, by its own words.
    pub claims: Claims,
    /// Names in the registry that the sender's could be mistaken for.
    pub look_alikes: Vec<String>,
}

/// What waits in quarantine.
pub struct Waiting {
    /// What the list shows.
    pub line: WaitingLine,
    /// What was filled in.
    pub form: OrderForm,
    /// The index of the request that it continues.
    pub follows: Option<u64>,
    /// The documents, without their content.
    pub documents: Documents,
}

/// What unknown senders handed in, as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Quarantined {
    claims: Claims,
    form: OrderForm,
    follows: Option<u64>,
    documents: Documents,
}

impl Office {
    /// Keeps what an unknown sender handed in, until someone has looked at it.
    pub(super) fn quarantine(
        &self,
        sender: &Sender,
        form: &OrderForm,
        documents: Documents,
        uploads: &[Upload],
        follows: Option<u64>,
        now_s: u64,
    ) -> Result<IntakeId, FlowError> {
        let id = IntakeId(draw(&*self.entropy));
        let body = Quarantined {
            claims: sender.claims.clone(),
            form: form.clone(),
            follows,
            documents,
        };
        let texts = desk_texts(&*self.secrets)?;
        let body = self.sealed(&texts, Place::Intake(id), &body);
        // A leaf that nobody can guess: the id is random.
        let hash = leaf_hash(&[b"hg/intake/v1".as_slice(), &id.0].concat()).0;
        let act = intake_act(None, "quarantine");
        self.desk.act(&act, now_s, |step| {
            if step.intake_waiting()?.len() >= MAX_QUARANTINED {
                return Err(FlowError::QuarantineFull);
            }
            step.put_intake(id, hash, now_s, &body)?;
            for (position, upload) in uploads.iter().enumerate() {
                let place = Place::IntakeDocument(id, position as u16);
                let nonce = nonce(&*self.entropy);
                step.put_sealed(&Sealed::seal(&texts, nonce, place, &upload.bytes))?;
            }
            Ok(id)
        })
    }

    /// Lists what waits, which is put on record.
    pub fn intake(&self, staff: StaffId, now_s: u64) -> Result<Vec<WaitingLine>, FlowError> {
        let texts = desk_texts(&*self.secrets)?;
        let act = intake_act(Some(staff), "list-intake");
        self.desk.act(&act, now_s, |step| {
            let known = names(step, &texts, None)?;
            let mut lines = Vec::new();
            for row in step.intake_waiting()? {
                let kept = kept(step, row.id, &texts)?;
                lines.push(line(row.id, row.received_s, kept.claims, &known));
            }
            Ok(lines)
        })
    }

    /// Shows what waits, which is put on record.
    pub fn waiting(&self, staff: StaffId, id: IntakeId, now_s: u64) -> Result<Waiting, FlowError> {
        let texts = desk_texts(&*self.secrets)?;
        let act = intake_act(Some(staff), "view-intake");
        self.desk.act(&act, now_s, |step| {
            let mut rows = step.intake_waiting()?.into_iter();
            let row = rows.find(|row| row.id == id);
            let row = row.ok_or(DeskError::Missing("intake"))?;
            let kept = kept(step, id, &texts)?;
            let known = names(step, &texts, None)?;
            Ok(Waiting {
                line: line(id, row.received_s, kept.claims, &known),
                form: kept.form,
                follows: kept.follows,
                documents: kept.documents,
            })
        })
    }

    /// Reads a document of what waits for someone, which is put on record.
    pub fn waiting_document(
        &self,
        staff: StaffId,
        id: IntakeId,
        position: u16,
        now_s: u64,
    ) -> Result<Opened, FlowError> {
        let texts = desk_texts(&*self.secrets)?;
        let act = intake_act(Some(staff), "view-intake-document");
        self.desk.act(&act, now_s, |step| {
            let sealed = step.sealed(&Place::IntakeDocument(id, position))?;
            let sealed = sealed.ok_or(DeskError::Missing("document"))?;
            let opened = sealed.open(&texts);
            Ok(opened.map_err(|_| LoadError::Corrupt("document"))?)
        })
    }

    fn waiting_uploads(
        &self,
        id: IntakeId,
        documents: &Documents,
    ) -> Result<Vec<Upload>, FlowError> {
        let texts = desk_texts(&*self.secrets)?;
        self.desk.view(|view| {
            let mut uploads = Vec::new();
            for (position, document) in documents.list().iter().enumerate() {
                let sealed = view.sealed(&Place::IntakeDocument(id, position as u16))?;
                let sealed = sealed.ok_or(LoadError::Corrupt("document"))?;
                let opened = sealed.open(&texts);
                let opened = opened.map_err(|_| LoadError::Corrupt("document"))?;
                uploads.push(Upload {
                    name: document.name.clone(),
                    bytes: opened.to_vec(),
                });
            }
            Ok(uploads)
        })
    }

    /// Makes a case of what waits, for the registered authority that was called back. Its clock
    /// starts now.
    pub fn accept_intake(
        &self,
        staff: StaffId,
        id: IntakeId,
        authority: u64,
        now_s: u64,
    ) -> Result<(CaseId, Receipt), FlowError> {
        let waiting = self.waiting(staff, id, now_s)?;
        let asked = Asked::parse(&waiting.form, now_s).map_err(LoadError::Form)?;
        let uploads = self.waiting_uploads(id, &waiting.documents)?;
        let in_force = self.in_force(authority, now_s)?;
        let (version, details) = in_force.ok_or(FlowError::NotSetUp("such authority"))?;
        let filed = Filed {
            form: waiting.form,
            documents: waiting.documents,
            received_s: now_s,
            authority,
            authority_version: version,
            channel: Rung::CallBack.word().to_owned(),
            follows: waiting.follows,
            added: Vec::new(),
        };
        self.file(Some(staff), &filed, &asked, &details, &uploads, Some(id))
    }

    /// Puts aside what waits: nobody answered for it.
    pub fn drop_intake(&self, staff: StaffId, id: IntakeId, now_s: u64) -> Result<(), FlowError> {
        let act = intake_act(Some(staff), "drop-intake");
        self.desk.act(&act, now_s, |step| {
            Ok(step.decide_intake(id, IntakeState::Dropped)?)
        })
    }
}

fn kept(view: &View<'_>, id: IntakeId, texts: &SealKey) -> Result<Quarantined, FlowError> {
    let kept: Option<Quarantined> = crate::case::read(view, &Place::Intake(id), texts)?;
    Ok(kept.ok_or(LoadError::Corrupt("intake"))?)
}

fn line(id: IntakeId, received_s: u64, claims: Claims, known: &BTreeSet<String>) -> WaitingLine {
    let alike = look_alikes(&claims.name, known.iter().map(String::as_str));
    WaitingLine {
        id,
        received_s,
        look_alikes: alike.into_iter().map(str::to_owned).collect(),
        claims,
    }
}

fn intake_act(staff: Option<StaffId>, name: &str) -> Act {
    Act {
        staff,
        name: Token::parse(name).expect("acts are plain words"),
        case: None,
    }
}
