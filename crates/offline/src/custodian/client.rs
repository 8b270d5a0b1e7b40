//! Asking a custodian: one in this process, one behind a socket, or one elsewhere.
//!
//! Calls block. A server makes them where that holds up nobody.

use super::routes::{EraseAsk, MAX_REQUEST_BYTES, OfferAsk, RoundAsk, SignAsk, SignedAnswer};
use super::{Custodian, PreserveAsk, State};
use crate::ceremony::{Packet, Plan};
use crate::http::{Address, HttpError, exchange};
use crate::identity::{Card, IdentityError};
use heliograph_transparency::entry::{Day, Signed};
use heliograph_transparency::files::{Ask, Reply};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// How long a custodian may take: it may have to read much of a log first.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Why a custodian gave no answer of use.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It refused, and said why.
    #[error("{0}")]
    Refused(String),
    /// It could not be reached.
    #[error(transparent)]
    Unreachable(#[from] HttpError),
    /// What it said is not an answer to what it was asked.
    #[error("its answer cannot be read")]
    Unreadable,
    /// Its card is not sound.
    #[error(transparent)]
    Card(#[from] IdentityError),
}

/// A custodian that can be asked.
pub trait CustodianClient: Send + Sync {
    /// Carries a request to [`Custodian::serve`] and its answer back.
    fn call(&self, path: &str, body: &[u8]) -> Result<Vec<u8>, CallError>;

    /// Its identity card.
    fn card(&self) -> Result<Card, CallError> {
        Ok(Card::parse(&self.call("/card", b"")?)?)
    }

    /// How it stands.
    fn state(&self) -> Result<State, CallError> {
        read(&self.call("/state", b"")?)
    }

    /// Its part of an opening.
    fn ask(&self, ask: &Ask) -> Result<Reply, CallError> {
        let reply = self.call("/ask", &ask.to_bytes())?;
        Reply::parse(&reply).map_err(|_| CallError::Unreadable)
    }

    /// Has it keep what the records of a `preserve` entry need.
    fn preserve(&self, ask: &PreserveAsk) -> Result<(), CallError> {
        self.call("/preserve", &json(ask)).map(|_| ())
    }

    /// A lone custodian's key: the text of the `keys` entry. See [`Custodian::offer`].
    fn offer(&self, epoch: Option<u32>, date: Day) -> Result<Vec<u8>, CallError> {
        let date = date.to_string();
        self.call("/offer", &json(&OfferAsk { epoch, date }))
    }

    /// Its signature under the `erase` entry of a day.
    fn sign_erasure(&self, day: Day, records: u64, date: Day) -> Result<Signed, CallError> {
        let (day, date) = (day.0, date.to_string());
        let answer = self.call("/erase", &json(&EraseAsk { day, records, date }))?;
        read::<SignedAnswer>(&answer).map(Signed::from)
    }

    /// Round 1 of a ceremony.
    fn begin(&self, plan: &Plan) -> Result<Packet, CallError> {
        packet(&self.call("/ceremony/begin", plan.to_json().as_bytes())?)
    }

    /// Round 2 of a ceremony.
    fn deal(&self, plan: &Plan, packets: &[Packet]) -> Result<Packet, CallError> {
        packet(&self.call("/ceremony/deal", &round(plan, packets))?)
    }

    /// Round 3 of a ceremony.
    fn confirm(&self, plan: &Plan, packets: &[Packet]) -> Result<Packet, CallError> {
        packet(&self.call("/ceremony/confirm", &round(plan, packets))?)
    }

    /// Its signature under the entry that a ceremony made.
    fn sign(&self, plan: &Plan, entry: &[u8]) -> Result<Signed, CallError> {
        let entry = String::from_utf8_lossy(entry).into_owned();
        let plan = plan.hash();
        let answer = self.call("/ceremony/sign", &json(&SignAsk { plan, entry }))?;
        read::<SignedAnswer>(&answer).map(Signed::from)
    }
}

/// A custodian in this process: for tests and demonstrations, where nobody is to be kept apart.
pub struct InProcess(pub Arc<Custodian>);

impl CustodianClient for InProcess {
    fn call(&self, path: &str, body: &[u8]) -> Result<Vec<u8>, CallError> {
        self.0
            .serve(path, body)
            .map_err(|error| CallError::Refused(error.to_string()))
    }
}

/// A custodian in a process of its own, on this machine or elsewhere.
pub struct Remote(Address);

impl Remote {
    /// The custodian at an address: `unix:PATH`, `http://HOST:PORT` or `https://HOST`.
    pub fn new(address: &str) -> Result<Self, HttpError> {
        address.parse().map(Self)
    }
}

impl CustodianClient for Remote {
    fn call(&self, path: &str, body: &[u8]) -> Result<Vec<u8>, CallError> {
        let (status, answer) = exchange(&self.0, path, body, MAX_REQUEST_BYTES, TIMEOUT)?;
        match status {
            200 => Ok(answer),
            _ => Err(CallError::Refused(
                String::from_utf8_lossy(&answer).trim_end().to_owned(),
            )),
        }
    }
}

fn round(plan: &Plan, packets: &[Packet]) -> Vec<u8> {
    json(&RoundAsk {
        plan: plan.hash(),
        packets: packets.to_vec(),
    })
}

fn packet(answer: &[u8]) -> Result<Packet, CallError> {
    Packet::parse(answer).ok_or(CallError::Unreadable)
}

fn read<T: serde::de::DeserializeOwned>(answer: &[u8]) -> Result<T, CallError> {
    serde_json::from_slice(answer).map_err(|_| CallError::Unreadable)
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings, numbers and lists")
}
