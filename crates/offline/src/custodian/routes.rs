//! The requests that a custodian serves, whoever carries them.

use super::{Custodian, CustodianError, PreserveAsk};
use crate::ceremony::{Packet, Plan};
use crate::encoding::base64_bytes;
use crate::http::{Asked, Service, Told};
use heliograph_transparency::entry::{Day, Signed};
use heliograph_transparency::files::Ask;
use heliograph_transparency::policy::Standing;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest request that is read, in bytes: a thousand records and some room.
pub(super) const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// How a custodian stands, for the desk and its operators. It holds nothing of any case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// What people call it.
    pub name: String,
    /// The log it follows.
    pub origin: String,
    /// How many entries it knows.
    pub size: u64,
    /// Whether the policy it pinned asks for witnesses whose quorum is worth something.
    pub witnessed: bool,
    /// How many openings it has answered, ever.
    pub answered: u64,
    /// Its number on the roster in force, if it is on it.
    pub index: Option<u16>,
}

/// Asks for a lone custodian's key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfferAsk {
    pub(super) epoch: Option<u32>,
    pub(super) date: String,
}

/// Asks for the signature under an erasure.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EraseAsk {
    pub(super) day: u32,
    pub(super) records: u64,
    pub(super) date: String,
}

/// Carries packets of a round to a custodian.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoundAsk {
    #[serde(with = "base64_bytes")]
    pub(super) plan: [u8; 32],
    pub(super) packets: Vec<Packet>,
}

/// Asks for the signature under a key's entry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignAsk {
    #[serde(with = "base64_bytes")]
    pub(super) plan: [u8; 32],
    pub(super) entry: String,
}

/// A signature under an entry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignedAnswer {
    pub(super) index: u16,
    #[serde(with = "base64_bytes")]
    pub(super) signature: [u8; 64],
}

impl From<Signed> for SignedAnswer {
    fn from(Signed { index, signature }: Signed) -> Self {
        Self { index, signature }
    }
}

impl From<SignedAnswer> for Signed {
    fn from(SignedAnswer { index, signature }: SignedAnswer) -> Self {
        Self { index, signature }
    }
}

impl Custodian {
    /// Serves one request. It reads and writes the disk, and may take a second: call it where
    /// that holds up nobody.
    ///
    /// | path | request | answer |
    /// | --- | --- | --- |
    /// | `/card` | - | its identity card |
    /// | `/state` | - | [`State`] |
    /// | `/ask` | `heliograph-ask/1` | `heliograph-answer/1` or `heliograph-refusal/1` |
    /// | `/preserve` | `heliograph-preserve/1` | `{}` |
    /// | `/offer` | `{"epoch": day or null, "date": "2026-11-21"}` | the text of a `keys` entry |
    /// | `/erase` | `{"day", "records", "date"}` | `{"index", "signature"}` |
    /// | `/ceremony/begin` | a plan | a packet |
    /// | `/ceremony/deal`, `/ceremony/confirm` | `{"plan": its hash, "packets"}` | a packet |
    /// | `/ceremony/sign` | `{"plan": its hash, "entry": text}` | `{"index", "signature"}` |
    pub fn serve(&self, path: &str, body: &[u8]) -> Result<Vec<u8>, CustodianError> {
        if body.len() > MAX_REQUEST_BYTES {
            super::refuse!("the request is too long");
        }
        match path {
            "/card" => Ok(self.card().to_json().into_bytes()),
            "/state" => Ok(json(&self.state()?)),
            "/ask" => {
                let ask = Ask::parse(body);
                let ask = ask.map_err(|error| CustodianError::Refused(error.to_string()))?;
                Ok(self.answer(&ask).to_bytes())
            }
            "/preserve" => {
                let Some(ask) = PreserveAsk::parse(body) else {
                    super::refuse!("not a request to preserve");
                };
                self.preserve(&ask)?;
                Ok(b"{}".to_vec())
            }
            "/offer" => {
                let OfferAsk { epoch, date } = read(body)?;
                self.offer(epoch, day(&date)?)
            }
            "/erase" => {
                let EraseAsk {
                    day: of,
                    records,
                    date,
                } = read(body)?;
                let signed = self.sign_erasure(Day(of), records, day(&date)?)?;
                Ok(json(&SignedAnswer::from(signed)))
            }
            "/ceremony/begin" => Ok(self.begin(Plan::parse(body)?)?.to_json().into_bytes()),
            "/ceremony/deal" => {
                let RoundAsk { plan, packets } = read(body)?;
                Ok(self.deal(&plan, &packets)?.to_json().into_bytes())
            }
            "/ceremony/confirm" => {
                let RoundAsk { plan, packets } = read(body)?;
                Ok(self.confirm(&plan, &packets)?.to_json().into_bytes())
            }
            "/ceremony/sign" => {
                let SignAsk { plan, entry } = read(body)?;
                let signed = self.sign(&plan, entry.as_bytes())?;
                Ok(json(&SignedAnswer::from(signed)))
            }
            _ => super::refuse!("nothing is served under this path"),
        }
    }

    /// The custodian as a web service, and the longest request it reads. Every path answers a
    /// `POST`; a refusal has status 409 and says why.
    pub fn into_service(self: Arc<Self>) -> (Service, usize) {
        let service = move |asked: Asked| {
            if asked.method != "POST" {
                return Told::text(405, "POST only");
            }
            match self.serve(&asked.path, &asked.body) {
                Ok(body) => Told {
                    status: 200,
                    content_type: "application/json",
                    body,
                },
                Err(error) => Told::text(409, &error.to_string()),
            }
        };
        (Arc::new(service), MAX_REQUEST_BYTES)
    }

    /// How it stands.
    pub fn state(&self) -> Result<State, CustodianError> {
        let inner = self.lock();
        Ok(State {
            name: self.card().name.clone(),
            origin: inner.copy.origin().to_owned(),
            size: inner.copy.head().size,
            witnessed: inner.copy.standing() == Standing::Witnessed,
            answered: self.answered()?,
            index: self.index(&inner).ok(),
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, CustodianError> {
    let wrong = |_| CustodianError::Refused("not a request of this kind".into());
    serde_json::from_slice(body).map_err(wrong)
}

fn day(text: &str) -> Result<Day, CustodianError> {
    text.parse()
        .map_err(|_| CustodianError::Refused("not a date".into()))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings and numbers")
}
