//! Notices from the web, by people without an account: what Article 16 of the Digital Services Act
//! asks for, and a receipt.

use crate::cases::Origin;
use crate::reasons::Reason;
use crate::reports::FileReport;
use crate::statement::hex;
use crate::subject::Subject;
use heliograph_domain::accounts;
use heliograph_model::{MessageId, Owner, Peer, UnixMs, Username};
use heliograph_store::{
    Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, mailbox, row,
};
use minicbor::{Decode, Encode};

/// A notice as it is kept. Its sender's name and address are for the answer alone: no moderator is
/// shown them.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Notice {
    /// The case.
    #[n(0)]
    pub case: u64,
    /// When it came.
    #[n(1)]
    pub received: UnixMs,
    /// The sender's name; not asked for in notices about child abuse.
    #[n(2)]
    pub name: Option<String>,
    /// The sender's address; as above.
    #[n(3)]
    pub email: Option<String>,
}

row!(Notice, Table::Report, key: [u8; 32]);

/// That a case has a notice: the way to forget it with the case.
#[derive(Clone, Copy, Debug, Encode, Decode)]
#[cbor(transparent)]
struct NoticeOf(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

row!(NoticeOf, Table::CaseOrder, key: String);

fn of_case(case: u64) -> String {
    format!("notice/{case:012}/")
}

/// Removes notices of a case, at most `limit`; answers with how many.
pub(crate) async fn forget(tx: &mut Tx<'_>, case: u64, limit: usize) -> Result<usize, StoreError> {
    let range = KeyRange::within(&of_case(case));
    let found = tx
        .rows()
        .list::<NoticeOf>(Owner::INSTALLATION, range, Order::Ascending, limit)
        .await?;
    for (key, NoticeOf(receipt)) in &found {
        tx.delete::<Notice>(owner(receipt), receipt)?;
        tx.delete::<NoticeOf>(Owner::INSTALLATION, key)?;
    }
    Ok(found.len())
}

/// Under whom a notice lies: its receipt's hash spreads them.
fn owner(receipt: &[u8; 32]) -> Owner {
    Owner::of_name(receipt)
}

/// The notice with this receipt, named by SHA-256 of the receipt's secret.
pub async fn find(rows: &mut dyn Rows, receipt: &[u8; 32]) -> Result<Option<Notice>, StoreError> {
    rows.find(owner(receipt), receipt).await
}

/// Takes a notice in.
#[derive(Clone)]
pub struct FileNotice {
    /// What it is about.
    pub subject: Subject,
    /// Why.
    pub reason: &'static Reason,
    /// In the sender's words.
    pub explanation: String,
    /// The sender's name.
    pub name: Option<String>,
    /// The sender's address.
    pub email: Option<String>,
    /// SHA-256 of the receipt's secret.
    pub receipt: [u8; 32],
}

impl Command for FileNotice {
    /// The case, and whether its subject is hidden until a person has looked at it.
    type Output = crate::reports::Filed;
    type Error = StoreError;
    const NAME: &'static str = "file_notice";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, StoreError> {
        let report = FileReport {
            by: None,
            subject: self.subject,
            reason: self.reason,
            comment: self.explanation,
            excerpts: Vec::new(),
            origin: Origin::Notice,
        };
        let filed = report.apply(tx).await?;
        let notice = Notice {
            case: filed.case,
            received: tx.now(),
            name: self.name,
            email: self.email,
        };
        tx.put(owner(&self.receipt), &self.receipt, &notice)?;
        let key = of_case(filed.case) + &hex(&self.receipt);
        tx.put(Owner::INSTALLATION, &key, &NoticeOf(self.receipt))?;
        Ok(filed)
    }
}

/// What a link or a username of this installation names: `@name`, `name`, `https://host/name` or
/// `https://host/name/123`. `None` where there is nothing public of that name.
pub async fn locate(rows: &mut dyn Rows, location: &str) -> Result<Option<Subject>, StoreError> {
    let path = location.trim().trim_end_matches('/');
    let path = match path.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => path.strip_prefix("t.me/").unwrap_or(path),
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (name, post) = match path.split_once('/') {
        Some((name, post)) => (name, Some(post)),
        None => (path, None),
    };
    let Ok(name) = Username::parse(name) else {
        return Ok(None);
    };
    let Some(peer) = accounts::find_username(rows, &name).await? else {
        return Ok(None);
    };
    let (Peer::Channel(channel), Some(post)) = (peer, post) else {
        return Ok(Subject::of_peer(peer).filter(|_| post.is_none()));
    };
    let Ok(id) = post.parse().map(MessageId) else {
        return Ok(None);
    };
    let there = mailbox::load(rows, channel.into(), id).await?;
    Ok(there.map(|_| Subject::Post(channel, id)))
}
