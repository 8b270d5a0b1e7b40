//! The entries of the log that the desk writes about its cases.

use crate::secrets::CaseKeys;
use crate::timers;
use crate::vault_tree::VaultTree;
use heliograph_desk_store::Snapshot;
use heliograph_transparency::case::{Fields, MalformedField};
use heliograph_transparency::counts::{Context, Opening, prove};
use heliograph_transparency::entry::{
    Body, Closed, Confirm, Day, Dimension, Entry, Extend, Intake, Notice, NoticeState, Open,
    OpenedVector, Outcome, Preserve, Priority, Region, Release, ReleaseReason, Request, Reveal,
    VaultRoot,
};
use heliograph_transparency::regions::Country;
use heliograph_transparency::tree::{Hash, leaf_hash};

/// Where a case stands in the log; needed for everything that follows its request.
#[derive(Clone, Copy)]
pub struct InLog<'a> {
    /// The log's origin.
    pub origin: &'a str,
    /// The case's number.
    pub number: u64,
    /// The index of its request.
    pub request: u64,
}

/// `request`, numbered `number` in the log of this origin.
pub fn request(
    origin: &str,
    number: u64,
    keys: &CaseKeys,
    fields: &Fields,
    priority: Priority,
    follows: Option<u64>,
    day: Day,
) -> Result<Entry, MalformedField> {
    let revealed = fields.revealed()?;
    let blank = Entry::new(
        day,
        Request {
            number,
            priority,
            follows,
            fields: fields.root(&keys.log()),
            region: Vec::new(),
            kind: Vec::new(),
            due: timers::reveal_due(day, revealed.gag),
        },
    );
    let text = blank.without_vectors();
    let vector = |dimension: Dimension, category| {
        let context = context(origin, number, &text, dimension);
        prove(&context, category, &keys.log().vector_seed()).0
    };
    let region = vector(Dimension::Region, region_of(revealed.country));
    let kind = vector(Dimension::Kind, revealed.kinds as usize);
    Ok(match blank.body {
        Body::Request(request) => Entry::new(
            day,
            Request {
                region,
                kind,
                ..request
            },
        ),
        _ => unreachable!("built as a request above"),
    })
}

fn region_of(country: Country) -> usize {
    let own = country.region();
    let mut all = Region::ALL.iter();
    all.position(|region| *region == own)
        .expect("all regions are listed")
}

fn context<'a>(origin: &'a str, number: u64, entry: &'a [u8], dimension: Dimension) -> Context<'a> {
    Context {
        origin,
        sequence: number,
        entry,
        dimension: dimension.word(),
        categories: dimension.category_count(),
    }
}

/// `closed`, after the opening with this index, if there was one.
pub fn closed(
    case: InLog<'_>,
    keys: &CaseKeys,
    open: Option<u64>,
    outcome: Outcome,
    day: Day,
) -> Entry {
    let closed = Closed {
        request: case.request,
        open,
        result: outcome.result(),
        outcome: Vec::new(),
    };
    let text = Entry::new(day, closed.clone()).without_vectors();
    let context = context(case.origin, case.number, &text, Dimension::Outcome);
    let (outcome, _) = prove(&context, outcome as usize, &keys.log().vector_seed());
    Entry::new(day, Closed { outcome, ..closed })
}

/// `open`, as officers granted it.
pub fn open(grant: &crate::Grant, day: Day) -> Entry {
    Entry::new(
        day,
        Open {
            request: grant.request(),
            officers: grant.officers(),
            records: grant.records_root(),
            n: grant.n(),
            approvals: grant.approvals_root(),
            preserved: grant.preserved(),
        },
    )
}

/// `reveal`, at the end of the gag of a case that took `hours` from its receipt to its end.
pub fn reveal(
    case: InLog<'_>,
    keys: &CaseKeys,
    fields: &Fields,
    outcome: Outcome,
    hours: u32,
    day: Day,
) -> Result<Entry, MalformedField> {
    let revealed = fields.revealed()?;
    let opened = |dimension: Dimension, category| {
        // The blindings do not depend on the text of the entry.
        let context = context(case.origin, case.number, &[], dimension);
        let opening = Opening::derive(&context, category, &keys.log().vector_seed());
        OpenedVector {
            category,
            blindings: opening.to_bytes().to_vec(),
        }
    };
    Ok(Entry::new(
        day,
        Reveal {
            request: case.request,
            hours,
            fields: fields.shown(&keys.log()),
            region: opened(Dimension::Region, region_of(revealed.country)),
            kind: opened(Dimension::Kind, revealed.kinds as usize),
            outcome: opened(Dimension::Outcome, outcome as usize),
        },
    ))
}

/// `notice`, after the person was told. The person holds what opens the commitment.
pub fn told(request: u64, commitment: Hash, day: Day) -> Entry {
    Entry::new(
        day,
        Notice {
            request,
            commitment,
            state: NoticeState::Told,
            until: None,
        },
    )
}

/// `notice`, delayed: for K officers to sign.
pub fn delayed(request: u64, commitment: Hash, until: Day, day: Day) -> Entry {
    Entry::new(
        day,
        Notice {
            request,
            commitment,
            state: NoticeState::Delayed,
            until: Some(until),
        },
    )
}

/// `preserve`: for K officers to sign.
pub fn preserve(request: u64, records: Hash, n: u32, until: Day, day: Day) -> Entry {
    Entry::new(
        day,
        Preserve {
            request,
            records,
            n,
            until,
        },
    )
}

/// `release` of a preservation.
pub fn release(preserve: u64, why: ReleaseReason, day: Day) -> Entry {
    Entry::new(day, Release { preserve, why })
}

/// `extend` of a gag or a preservation, on the strength of an order with this commitment: for K
/// officers to sign.
pub fn extend(of: u64, until: Day, commitment: Hash, day: Day) -> Entry {
    Entry::new(
        day,
        Extend {
            of,
            until,
            commitment,
        },
    )
}

/// `confirm`: the judicial order of an emergency has come; for K officers to sign.
pub fn confirm(request: u64, order: Hash, day: Day) -> Entry {
    Entry::new(
        day,
        Confirm {
            request,
            fields: order,
        },
    )
}

/// The commitment to an order that arrived after its case was entered (an extension, the judicial
/// order of an emergency), from the root over its documents.
pub fn later_order(keys: &CaseKeys, documents: Hash) -> Hash {
    let salt = keys.notice_salt();
    leaf_hash(&[b"hg/later-order/v1".as_slice(), &[0], &salt, &documents.0].concat())
}

/// `vault`, once a day: the root over all sealed records of `accounts` accounts. `None` as long as
/// there are no records.
pub fn vault(snapshot: &Snapshot, accounts: u64, day: Day) -> Option<Entry> {
    if snapshot.leaves.is_empty() {
        return None;
    }
    Some(Entry::new(
        day,
        VaultRoot {
            root: VaultTree::of(&snapshot.leaves).root(),
            records: snapshot.leaves.len() as u64,
            phones: snapshot.phones,
            accounts,
        },
    ))
}

/// `intake`, once a day: how many unknown senders handed something in, and the root over their
/// leaves. `None` for none.
pub fn intake(leaves: &[[u8; 32]], day: Day) -> Option<Entry> {
    if leaves.is_empty() {
        return None;
    }
    Some(Entry::new(
        day,
        Intake {
            count: leaves.len() as u64,
            root: VaultTree::of(leaves).root(),
        },
    ))
}
