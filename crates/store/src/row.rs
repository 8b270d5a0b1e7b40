//! Typed rows over untyped reading.

use crate::engine::BoxFuture;
use crate::{Key, KeyRange, Order, StoreError, Table};
use heliograph_model::Owner;
use minicbor::{Decode, Encode};

/// A type whose values are the rows of one table.
///
/// Its stored form is CBOR with numbered fields: a field may be added with a new number and a
/// default, and none may change its number or type.
pub trait Row: Sized {
    /// The table.
    const TABLE: Table;
    /// What finds a row among its owner's.
    type Key: Key;

    /// The stored form.
    fn to_bytes(&self) -> Vec<u8>;
    /// Reads the stored form.
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError>;
}

/// Writes a value as CBOR; writing to memory cannot fail.
pub(crate) fn to_cbor<T: Encode<()>>(value: &T) -> Vec<u8> {
    // Room for most rows, so that the buffer need not grow from nothing.
    let mut bytes = Vec::with_capacity(192);
    minicbor::encode(value, &mut bytes).expect("encoding to memory does not fail");
    bytes
}

/// Reads a value of `table` from CBOR.
pub(crate) fn from_cbor<'b, T: Decode<'b, ()>>(
    table: Table,
    bytes: &'b [u8],
) -> Result<T, StoreError> {
    minicbor::decode(bytes).map_err(|error| StoreError::Corrupt {
        table: table.name(),
        reason: error.to_string(),
    })
}

/// Makes a CBOR type the row of a table: `row!(Dialog, Table::Dialog, key: Peer)`.
#[macro_export]
macro_rules! row {
    ($ty:ty, $table:expr, key: $key:ty) => {
        impl $crate::Row for $ty {
            const TABLE: $crate::Table = $table;
            type Key = $key;

            fn to_bytes(&self) -> Vec<u8> {
                $crate::encode_row(self)
            }
            fn from_bytes(bytes: &[u8]) -> Result<Self, $crate::StoreError> {
                $crate::decode_row($table, bytes)
            }
        }
    };
}

/// One row as read: its key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// A request for a stretch of rows.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The table.
    pub table: Table,
    /// Whose rows.
    pub owner: Owner,
    /// Which keys.
    pub range: KeyRange,
    /// Which end first.
    pub order: Order,
    /// How many rows at most.
    pub limit: usize,
}

/// Reading rows, inside a command ([`crate::Tx`]) or outside ([`View`]).
pub trait Rows: Send {
    /// The value of one row.
    fn get<'a>(
        &'a mut self,
        table: Table,
        owner: Owner,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>>;

    /// A stretch of rows in key order.
    fn scan(&mut self, scan: Scan) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>>;

    /// How many rows a stretch of keys has. An engine that can count without reading does so.
    fn count(
        &mut self,
        table: Table,
        owner: Owner,
        range: KeyRange,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        let scan = Scan {
            table,
            owner,
            range,
            order: Order::Ascending,
            limit: usize::MAX,
        };
        let rows = self.scan(scan);
        Box::pin(async move { Ok(rows.await?.len()) })
    }
}

impl dyn Rows + '_ {
    /// The row with this key.
    pub async fn find<T: Row>(
        &mut self,
        owner: Owner,
        key: &T::Key,
    ) -> Result<Option<T>, StoreError> {
        match self.get(T::TABLE, owner, &key.bytes()).await? {
            Some(bytes) => T::from_bytes(&bytes).map(Some),
            None => Ok(None),
        }
    }

    /// The row with this key, or the default of its type.
    pub async fn find_or_default<T: Row + Default>(
        &mut self,
        owner: Owner,
        key: &T::Key,
    ) -> Result<T, StoreError> {
        Ok(self.find(owner, key).await?.unwrap_or_default())
    }

    /// The rows of a stretch of keys, at most `limit`.
    pub async fn list<T: Row>(
        &mut self,
        owner: Owner,
        range: KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<(T::Key, T)>, StoreError> {
        let entries = self
            .scan(Scan {
                table: T::TABLE,
                owner,
                range,
                order,
                limit,
            })
            .await?;
        let mut rows = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = T::Key::read(&mut key.as_slice()).ok_or_else(|| StoreError::Corrupt {
                table: T::TABLE.name(),
                reason: "the key does not read".into(),
            })?;
            rows.push((key, T::from_bytes(&value)?));
        }
        Ok(rows)
    }
}

/// A reader of committed rows. Keep it for one question, not across other waiting.
pub struct View<'a>(Box<dyn Rows + 'a>);

impl<'a> View<'a> {
    /// Wraps an engine's reader.
    pub fn new(rows: Box<dyn Rows + 'a>) -> Self {
        View(rows)
    }
}

impl<'a> std::ops::Deref for View<'a> {
    type Target = dyn Rows + 'a;
    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl std::ops::DerefMut for View<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.0
    }
}

/// Used by [`row!`].
#[doc(hidden)]
pub fn encode_row<T: Encode<()>>(value: &T) -> Vec<u8> {
    to_cbor(value)
}

/// Used by [`row!`].
#[doc(hidden)]
pub fn decode_row<'b, T: Decode<'b, ()>>(table: Table, bytes: &'b [u8]) -> Result<T, StoreError> {
    from_cbor(table, bytes)
}
