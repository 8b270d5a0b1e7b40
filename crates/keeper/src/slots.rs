//! Files of secrets that can be erased one by one.
//!
//! A secret stands in a slot of its own. It is erased by overwriting the slot where it stands, and
//! the file is never copied or rewritten, so no earlier copy of an erased secret is left in it.
//! (What a file system or a drive keeps of overwritten blocks is beyond this program; the folder
//! belongs on a disk that is itself encrypted.)
//!
//! ```text
//! file   header, then slots; header and slots have the size of a slot, 64 or 128 bytes
//! header "heliograph slots" | version 1 | kind 1 | zeros
//! slot   state 1 | key | value | CRC-32 of key and value, little-endian | zeros
//! state  0 free (never used) | 1 live | 2 being erased | 3 erased: the key stays, the value is zeros
//! ```
//! A slot never crosses a sector, and every change is synced before it is answered. A change that a
//! crash cut short was not answered: a secret that was being added is dropped, one that was being
//! erased is erased on opening.

use crate::files::{Folder, OpenError};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use zeroize::Zeroizing;

const MAGIC: &[u8] = b"heliograph slots";
const VERSION: u8 = 1;

const FREE: u8 = 0;
const LIVE: u8 = 1;
const ERASING: u8 = 2;
const ERASED: u8 = 3;

const CHECK_BYTES: usize = 4;

/// What a slot file stands on; tests take the power away from one.
pub(crate) trait Medium: Send {
    fn size(&self) -> io::Result<u64>;
    fn read_exact_at(&self, out: &mut [u8], at: u64) -> io::Result<()>;
    fn write_all_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()>;
    /// Makes all writes durable.
    fn sync(&mut self) -> io::Result<()>;
}

impl Medium for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
    fn read_exact_at(&self, out: &mut [u8], at: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, out, at)
    }
    fn write_all_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, at)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl Medium for Box<dyn Medium> {
    fn size(&self) -> io::Result<u64> {
        (**self).size()
    }
    fn read_exact_at(&self, out: &mut [u8], at: u64) -> io::Result<()> {
        (**self).read_exact_at(out, at)
    }
    fn write_all_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        (**self).write_all_at(bytes, at)
    }
    fn sync(&mut self) -> io::Result<()> {
        (**self).sync()
    }
}

/// Secrets that last as long as the process: for tests.
impl Medium for Zeroizing<Vec<u8>> {
    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
    fn read_exact_at(&self, out: &mut [u8], at: u64) -> io::Result<()> {
        let from = self.get(at as usize..).unwrap_or_default();
        let from = from.get(..out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(from);
        Ok(())
    }
    fn write_all_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        let at = at as usize;
        let end = self.len().max(at + bytes.len());
        self.resize(end, 0);
        self[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A value as it is read; erased when dropped.
pub(crate) type Value<const V: usize> = Zeroizing<[u8; V]>;

/// What is known of a key.
pub(crate) enum Found<const V: usize> {
    /// Its secret.
    Live(Value<V>),
    /// It had a secret.
    Erased,
    /// It never had one.
    Nothing,
}

/// A file of secrets of `V` bytes under keys of `K` bytes. Values are read when they are asked for;
/// only the keys are held in memory.
pub(crate) struct SlotFile<const K: usize, const V: usize, M = Box<dyn Medium>> {
    medium: M,
    index: HashMap<[u8; K], Slot>,
    /// The first slot that was never used.
    end: u64,
}

#[derive(Clone, Copy)]
struct Slot {
    number: u64,
    live: bool,
}

/// Why the contents of a slot file cannot be used.
#[derive(Debug)]
pub(crate) enum SlotsError {
    Io(io::Error),
    Newer(u8),
    Damaged,
}

impl From<io::Error> for SlotsError {
    fn from(error: io::Error) -> Self {
        SlotsError::Io(error)
    }
}

impl SlotsError {
    fn of_file(self, path: &Path) -> OpenError {
        match self {
            SlotsError::Io(error) => OpenError::io(path)(error),
            SlotsError::Newer(found) => OpenError::Newer {
                path: path.to_owned(),
                found,
                known: VERSION,
            },
            SlotsError::Damaged => OpenError::Damaged(path.to_owned()),
        }
    }
}

impl<const K: usize, const V: usize> SlotFile<K, V> {
    /// Opens the file of this name, or begins it. `kind` tells the files of a folder apart.
    pub(crate) fn open(folder: &Folder, name: &str, kind: u8) -> Result<Self, OpenError> {
        let path = folder.path_of(name);
        if !path.exists() {
            folder
                .replace(name, &header(Self::SLOT_BYTES, kind))
                .map_err(OpenError::io(&path))?;
        }
        let file = folder.open_for_update(name)?;
        Self::read(Box::new(file), kind).map_err(|error| error.of_file(&path))
    }

    /// Begins a file that is nowhere but in memory.
    pub(crate) fn in_memory(kind: u8) -> Self {
        let header = Zeroizing::new(header(Self::SLOT_BYTES, kind));
        Self::read(Box::new(header), kind).expect("a fresh file reads")
    }
}

impl<const K: usize, const V: usize, M: Medium> SlotFile<K, V, M> {
    const SLOT_BYTES: usize = {
        let used = 1 + K + V + CHECK_BYTES;
        assert!(used <= 128, "a slot has at most 128 bytes");
        if used <= 64 { 64 } else { 128 }
    };

    /// Takes up a file, and finishes what a crash left half done.
    fn read(medium: M, kind: u8) -> Result<Self, SlotsError> {
        let size = medium.size()?;
        let slot_bytes = Self::SLOT_BYTES as u64;
        if size < slot_bytes {
            return Err(SlotsError::Damaged);
        }
        let mut head = vec![0; Self::SLOT_BYTES];
        medium.read_exact_at(&mut head, 0)?;
        match head.strip_prefix(MAGIC) {
            Some([version, ..]) if *version > VERSION => return Err(SlotsError::Newer(*version)),
            Some([VERSION, found, ..]) if *found == kind => {}
            _ => return Err(SlotsError::Damaged),
        }

        let slots = size / slot_bytes - 1;
        let mut file = Self {
            medium,
            index: HashMap::new(),
            end: 0,
        };
        for number in 0..slots {
            let slot = file.slot(number)?;
            let last = number + 1 == slots;
            let key = *slot[1..].first_chunk().expect("a slot holds its key");
            let live = match slot[0] {
                // What a power cut leaves of an appended slot.
                FREE if slot.iter().all(|byte| *byte == 0) => continue,
                LIVE if is_whole::<K, V>(&slot) => true,
                ERASING => {
                    file.finish_erasing(number, &key)?;
                    false
                }
                ERASED => false,
                // Only the last slot can have been cut short, and then nobody was given its secret.
                _ if last => continue,
                _ => return Err(SlotsError::Damaged),
            };
            file.index.insert(key, Slot { number, live });
            file.end = number + 1;
        }
        Ok(file)
    }

    /// What is known of a key.
    pub(crate) fn find(&self, key: &[u8; K]) -> io::Result<Found<V>> {
        let Some(Slot { number, live }) = self.index.get(key) else {
            return Ok(Found::Nothing);
        };
        if !live {
            return Ok(Found::Erased);
        }
        let slot = self.slot(*number)?;
        match slot[0] {
            LIVE if is_whole::<K, V>(&slot) => {
                let value = slot[1 + K..].first_chunk().expect("a slot holds its value");
                Ok(Found::Live(Zeroizing::new(*value)))
            }
            // An erasure that failed half-way.
            ERASING => Ok(Found::Erased),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// The keys that have a secret, in no order.
    pub(crate) fn live(&self) -> impl Iterator<Item = &[u8; K]> {
        let live = self.index.iter().filter(|(_, slot)| slot.live);
        live.map(|(key, _)| key)
    }

    /// The keys whose secret was erased, in no order.
    pub(crate) fn erased(&self) -> impl Iterator<Item = &[u8; K]> {
        let erased = self.index.iter().filter(|(_, slot)| !slot.live);
        erased.map(|(key, _)| key)
    }

    /// Keeps a secret for a key that has and had none.
    ///
    /// After an error nothing may be done on the strength of that secret.
    pub(crate) fn add(&mut self, key: [u8; K], value: &[u8; V]) -> io::Result<()> {
        debug_assert!(!self.index.contains_key(&key), "a key has one slot");
        let number = self.end;
        self.write(number, LIVE, &key, value)?;
        self.index.insert(key, Slot { number, live: true });
        self.end += 1;
        Ok(())
    }

    /// Erases the secret of a key; nothing happens when it has none. The key stays known.
    pub(crate) fn erase(&mut self, key: &[u8; K]) -> io::Result<()> {
        let Some(Slot { number, live: true }) = self.index.get(key).copied() else {
            return Ok(());
        };
        // First only the state, durably: a torn overwrite is then known for what it is.
        self.medium.write_all_at(&[ERASING], Self::place(number))?;
        self.medium.sync()?;
        self.finish_erasing(number, key)?;
        let live = false;
        self.index.insert(*key, Slot { number, live });
        Ok(())
    }

    /// Notes that a key never gets a secret, as if it had had one that was erased.
    pub(crate) fn bar(&mut self, key: [u8; K]) -> io::Result<()> {
        if self.index.contains_key(&key) {
            return self.erase(&key);
        }
        let number = self.end;
        self.write(number, ERASED, &key, &[0; V])?;
        let live = false;
        self.index.insert(key, Slot { number, live });
        self.end += 1;
        Ok(())
    }

    fn finish_erasing(&mut self, number: u64, key: &[u8; K]) -> io::Result<()> {
        // The value goes before the state says so: cut short, the slot is still one to finish.
        let zeros = [0; V];
        let value_at = Self::place(number) + 1 + K as u64;
        self.medium.write_all_at(&zeros, value_at)?;
        self.medium.sync()?;
        self.write(number, ERASED, key, &zeros)
    }

    fn write(&mut self, number: u64, state: u8, key: &[u8; K], value: &[u8; V]) -> io::Result<()> {
        let mut slot = Zeroizing::new(vec![0; Self::SLOT_BYTES]);
        slot[0] = state;
        slot[1..=K].copy_from_slice(key);
        slot[1 + K..][..V].copy_from_slice(value);
        let check = check(&slot[1..][..K + V]);
        slot[1 + K + V..][..CHECK_BYTES].copy_from_slice(&check);
        let at = Self::place(number);
        self.medium.write_all_at(&slot, at)?;
        self.medium.sync()
    }

    fn slot(&self, number: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut slot = Zeroizing::new(vec![0; Self::SLOT_BYTES]);
        self.medium.read_exact_at(&mut slot, Self::place(number))?;
        Ok(slot)
    }

    fn place(number: u64) -> u64 {
        (number + 1) * Self::SLOT_BYTES as u64
    }
}

fn header(slot_bytes: usize, kind: u8) -> Vec<u8> {
    let mut header = [MAGIC, &[VERSION, kind]].concat();
    header.resize(slot_bytes, 0);
    header
}

fn is_whole<const K: usize, const V: usize>(slot: &[u8]) -> bool {
    slot[1 + K + V..][..CHECK_BYTES] == check(&slot[1..][..K + V])
}

fn check(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    crc32fast::hash(bytes).to_le_bytes()
}

#[cfg(test)]
mod tests;
