//! A slot file through power cuts at every write, and in a folder.

use super::*;
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const KIND: u8 = b't';

type Secrets<M> = SlotFile<8, 32, M>;

/// A disk that loses its power at the write or sync of a given number, and then holds what was
/// synced and a part of what was not.
#[derive(Clone)]
struct Disk(Arc<Mutex<State>>);

struct State {
    durable: Vec<u8>,
    written: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
    /// Operations until the power goes.
    left: usize,
}

impl Disk {
    fn new(contents: Vec<u8>, left: usize) -> Self {
        Disk(Arc::new(Mutex::new(State {
            written: contents.clone(),
            durable: contents,
            unsynced: Vec::new(),
            left,
        })))
    }

    /// What the disk holds after the power came back, `kept` bytes of each unsynced write included.
    fn after_the_cut(&self, kept: usize) -> Vec<u8> {
        let state = self.0.lock().expect("no panic");
        let mut bytes = state.durable.clone();
        for (at, write) in &state.unsynced {
            let write = &write[..kept.min(write.len())];
            bytes.resize(bytes.len().max(at + write.len()), 0);
            bytes[*at..at + write.len()].copy_from_slice(write);
        }
        bytes
    }
}

impl State {
    fn operation(&mut self) -> io::Result<()> {
        self.left = self.left.checked_sub(1).ok_or(io::ErrorKind::Other)?;
        Ok(())
    }
}

impl Medium for Disk {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.lock().expect("no panic").written.len() as u64)
    }
    fn read_exact_at(&self, out: &mut [u8], at: u64) -> io::Result<()> {
        let state = self.0.lock().expect("no panic");
        let from = state.written.get(at as usize..).unwrap_or_default();
        let from = from.get(..out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(from);
        Ok(())
    }
    fn write_all_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut state = self.0.lock().expect("no panic");
        let at = at as usize;
        state.unsynced.push((at, bytes.to_vec()));
        let end = state.written.len().max(at + bytes.len());
        state.written.resize(end, 0);
        state.written[at..at + bytes.len()].copy_from_slice(bytes);
        state.operation()
    }
    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.0.lock().expect("no panic");
        state.operation()?;
        state.durable = state.written.clone();
        state.unsynced.clear();
        Ok(())
    }
}

fn fresh() -> Vec<u8> {
    header(64, KIND)
}

fn open(bytes: Vec<u8>) -> Secrets<Disk> {
    Secrets::read(Disk::new(bytes, usize::MAX), KIND).expect("it opens")
}

fn key(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

/// A secret that stands nowhere else in a file.
fn secret(number: u64) -> [u8; 32] {
    [0xa0 + number as u8; 32]
}

fn holds(bytes: &[u8], number: u64) -> bool {
    let part = &secret(number)[..4];
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_power_cut_at_any_write_loses_nothing_answered_and_brings_nothing_erased_back() {
    let mut cuts = 0;
    for left in 0.. {
        let disk = Disk::new(fresh(), left);
        let mut file = Secrets::read(disk.clone(), KIND).expect("it opens");
        let mut added = Vec::new();
        let mut erased = Vec::new();
        let mut erasing = None;
        let mut run = || -> io::Result<()> {
            for number in 1..=3 {
                file.add(key(number), &secret(number))?;
                added.push(number);
                if number == 2 {
                    erasing = Some(1);
                    file.erase(&key(1))?;
                    erased.push(1);
                    erasing = None;
                }
            }
            Ok(())
        };
        let finished = run().is_ok();

        for kept in [0, 1, 20, 64] {
            let bytes = disk.after_the_cut(kept);
            let after = open(bytes.clone());
            for number in &added {
                let found = after.find(&key(*number)).expect("readable");
                let is_there = matches!(&found, Found::Live(value) if **value == secret(*number));
                let may_be_gone = erased.contains(number) || erasing == Some(*number);
                assert!(is_there || may_be_gone, "{number} after {left} operations");
            }
            for number in &erased {
                assert!(matches!(after.find(&key(*number)), Ok(Found::Erased)));
                assert!(!holds(&bytes, *number), "{number} is still on the disk");
            }
            // Whatever was left half done can be done again.
            let mut after = after;
            after.erase(&key(1)).expect("written");
            if matches!(after.find(&key(4)), Ok(Found::Nothing)) {
                after.add(key(4), &secret(4)).expect("written");
            }
            assert!(matches!(after.find(&key(4)), Ok(Found::Live(_))));
        }
        if finished {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 8, "the power went at {cuts} places");
}

#[test]
fn an_erasure_that_a_cut_interrupted_is_finished_on_opening() {
    let mut file = open(fresh());
    file.add(key(1), &secret(1)).expect("written");
    let mut bytes = file.medium.after_the_cut(0);
    bytes[64] = ERASING;
    let file = open(bytes);
    assert!(matches!(file.find(&key(1)), Ok(Found::Erased)));
    assert!(!holds(&file.medium.after_the_cut(0), 1));
}

#[test]
fn damage_in_the_middle_is_refused() {
    let mut file = open(fresh());
    for number in 1..=2 {
        file.add(key(number), &secret(number)).expect("written");
    }
    let bytes = file.medium.after_the_cut(0);
    for at in [64, 65, 80, 107] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        let opened = Secrets::read(Disk::new(damaged, usize::MAX), KIND);
        assert!(matches!(opened, Err(SlotsError::Damaged)), "byte {at}");
    }
}

#[test]
fn other_files_are_refused() {
    let read = |bytes: Vec<u8>| Secrets::read(Disk::new(bytes, usize::MAX), KIND).err();
    assert!(matches!(read(vec![]), Some(SlotsError::Damaged)));
    assert!(matches!(read(vec![0; 640]), Some(SlotsError::Damaged)));
    assert!(matches!(read(header(64, b'x')), Some(SlotsError::Damaged)));
    let mut newer = fresh();
    newer[MAGIC.len()] = 9;
    assert!(matches!(read(newer), Some(SlotsError::Newer(9))));
}

#[test]
fn a_barred_key_never_had_a_secret_and_never_gets_one() {
    let mut file = open(fresh());
    file.bar(key(1)).expect("written");
    file.bar(key(1)).expect("nothing to do");
    let file = open(file.medium.after_the_cut(0));
    assert!(matches!(file.find(&key(1)), Ok(Found::Erased)));
}

fn place() -> (TempDir, PathBuf) {
    let outer = tempfile::tempdir().expect("a temporary folder");
    let folder = outer.path().join("secrets");
    (outer, folder)
}

#[test]
fn a_file_in_a_folder_is_closed_to_others_and_erased_in_place() {
    let (_outer, path) = place();
    let folder = Folder::open(&path).expect("it opens");
    let mut file = SlotFile::<8, 32>::open(&folder, "people", KIND).expect("it opens");
    for number in 1..=9 {
        file.add(key(number), &secret(number)).expect("written");
    }
    file.erase(&key(5)).expect("written");
    drop(file);
    let bytes = std::fs::read(path.join("people")).expect("it is there");
    assert!(holds(&bytes, 4) && !holds(&bytes, 5));
    assert_eq!(bytes.len(), 64 * 10);
    let file = SlotFile::<8, 32>::open(&folder, "people", KIND).expect("it opens");
    assert_eq!(file.live().count(), 8);
    assert_eq!(file.erased().collect::<Vec<_>>(), [&key(5)]);
    assert!(SlotFile::<8, 32>::open(&folder, "people", b'x').is_err());
}

proptest! {
    #[test]
    fn bytes_from_the_disk_never_panic(bytes: Vec<u8>) {
        let mut contents = fresh();
        contents.extend(bytes);
        let _ = Secrets::read(Disk::new(contents, usize::MAX), KIND);
    }
}
