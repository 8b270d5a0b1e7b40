//! An account's own settings, by name.

use heliograph_model::{Notice, UserId};
use heliograph_store::{Command, Locks, Rows, StoreError, Table, Tx, mailbox, row};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// A setting: bytes that only the API reads (notification settings, privacy rules).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct SettingRow(#[n(0)] ByteVec);

row!(SettingRow, Table::Setting, key: String);

/// The setting with this name; `None` where it was never set.
pub async fn find(
    rows: &mut dyn Rows,
    owner: UserId,
    name: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<SettingRow> = rows.find(owner.into(), &name.to_owned()).await?;
    Ok(found.map(|row| row.0.to_vec()))
}

/// Keeps a setting.
#[derive(Clone, Debug)]
pub struct Set {
    /// Whose.
    pub owner: UserId,
    /// Its name.
    pub name: String,
    /// Its value; `None` forgets it.
    pub value: Option<Vec<u8>>,
    /// What the account's other sessions learn.
    pub notice: Option<Notice>,
}

impl Command for Set {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "set";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        match self.value {
            Some(value) => tx.put(self.owner.into(), &self.name, &SettingRow(value.into()))?,
            None => tx.delete::<SettingRow>(self.owner.into(), &self.name)?,
        }
        match self.notice {
            Some(notice) => mailbox::note(tx, self.owner.into(), notice).await,
            None => Ok(()),
        }
    }
}
