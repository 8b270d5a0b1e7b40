//! Which versions of the terms are published, and which of them is in force.
//!
//! A version is entered in the public log two weeks before it holds, and offered to everybody
//! meanwhile. Decisions cite the one that is in force when they are made; the log refuses any other.

use crate::decisions::PUBLISHED;
use crate::terms::{self, Terms};
use heliograph_model::{Owner, UnixMs};
use heliograph_store::{Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};

/// That the public log has a version of the terms.
#[derive(Clone, Copy, Debug, Encode, Decode)]
struct Publication {
    /// From when it holds.
    #[n(0)]
    effective: UnixMs,
}

row!(Publication, Table::Decision, key: (u8, u64));

/// A version of the terms, and from when it holds.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// The version.
    pub terms: &'static Terms,
    /// From when it holds; `None` for the first one before the log has it.
    pub effective: Option<UnixMs>,
}

/// The published versions that this program knows, oldest first. The first one is published with the
/// first decision, and holds before.
async fn published(rows: &mut dyn Rows) -> Result<Vec<Published>, StoreError> {
    let listed = rows
        .list::<Publication>(
            Owner::INSTALLATION,
            KeyRange::within(&PUBLISHED),
            Order::Ascending,
            usize::MAX,
        )
        .await?;
    let known = listed.into_iter().filter_map(|((_, version), row)| {
        let terms = terms::version(version)?;
        let effective = Some(row.effective);
        Some(Published { terms, effective })
    });
    let mut published: Vec<Published> = known.collect();
    if published.is_empty() {
        published.push(Published {
            terms: terms::first(),
            effective: None,
        });
    }
    Ok(published)
}

/// The version in force at `now`.
pub async fn in_force(rows: &mut dyn Rows, now: UnixMs) -> Result<&'static Terms, StoreError> {
    let published = published(rows).await?;
    let holds = |one: &&Published| one.effective.is_none_or(|effective| effective <= now);
    let newest = published.iter().rev().find(holds);
    Ok(newest.map_or(terms::first(), |newest| newest.terms))
}

/// The newest published version, in force or not: the one to accept.
pub async fn newest(rows: &mut dyn Rows) -> Result<Published, StoreError> {
    let published = published(rows).await?;
    Ok(*published.last().expect("at least the first version"))
}

/// Notes that the public log has a version of the terms. Safe to run twice: an entry stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct NotePublished {
    /// Which.
    pub version: u64,
    /// From when it holds.
    pub effective: UnixMs,
}

impl Command for NotePublished {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "note_terms_published";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let effective = self.effective;
        let key = (PUBLISHED, self.version);
        tx.put(Owner::INSTALLATION, &key, &Publication { effective })
    }
}
