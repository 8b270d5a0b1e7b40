use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::*;
use crate::append::reread;
use crate::policy::{Freshness, Policy};
use crate::testing::{log_key, log_policy, witness_key};
use crate::verify::{PolicyFrom, Verifier};

const ORIGIN: &str = "demo.example/log";

fn key() -> SignerKey {
    log_key(ORIGIN)
}

fn entries(from: usize, count: usize) -> Vec<Vec<u8>> {
    (from..from + count)
        .map(|number| format!("entry {number}\n").into_bytes())
        .collect()
}

/// What everybody can read is whole: the checkpoint is signed and all entries lead to its root.
fn check(folder: &Path, expected: &[Vec<u8>]) {
    let source = FolderSource::new(folder);
    let bytes = source.read(CHECKPOINT).unwrap().unwrap();
    let (_, head) = own_checkpoint(&bytes, &key()).unwrap();
    assert_eq!(head.size, expected.len() as u64);
    assert_eq!(reread(&source, 0, head.size).unwrap(), head);
    let mut reader = crate::tile::TileReader::open(&source, head).unwrap();
    for (read, entry) in reader.entries(0).zip(expected) {
        assert_eq!(read.unwrap().1, *entry);
    }
}

#[test]
fn a_log_is_created_written_and_opened_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("log");
    let mut log = FolderLog::create(&path, key()).unwrap();
    check(&path, &[]);
    let all = entries(0, 700);
    log.append(&all[..3]).unwrap();
    check(&path, &all[..3]);
    log.append(&all[3..600]).unwrap();
    drop(log);
    let mut log = FolderLog::open(&path, key()).unwrap();
    assert_eq!(log.head().size, 600);
    log.append(&all[600..]).unwrap();
    check(&path, &all);
    assert!(matches!(
        FolderLog::create(&path, key()),
        Err(FolderError::Locked)
    ));
    drop(log);
    assert!(matches!(
        FolderLog::create(&path, key()),
        Err(FolderError::Exists)
    ));
}

#[test]
fn two_processes_do_not_write_one_log() {
    let folder = TempDir::new().unwrap();
    let mut log = FolderLog::create(folder.path(), key()).unwrap();
    assert!(matches!(
        FolderLog::open(folder.path(), key()),
        Err(FolderError::Locked)
    ));
    // Even one that does not care for the lock is noticed.
    let other = TempDir::new().unwrap();
    let mut rogue = FolderLog::create(other.path(), key()).unwrap();
    rogue.append(&entries(7, 1)).unwrap();
    fs::copy(
        other.path().join(CHECKPOINT),
        folder.path().join(CHECKPOINT),
    )
    .unwrap();
    assert!(matches!(
        log.append(&entries(0, 1)),
        Err(FolderError::Replaced)
    ));
    assert!(matches!(
        log.append(&entries(0, 1)),
        Err(FolderError::Failed)
    ));
}

#[test]
fn a_log_that_does_not_match_its_checkpoint_is_not_continued() {
    let folder = TempDir::new().unwrap();
    let mut log = FolderLog::create(folder.path(), key()).unwrap();
    log.append(&entries(0, 300)).unwrap();
    drop(log);
    for tile in ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"] {
        let path = folder.path().join(tile);
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        changed[5] ^= 1;
        fs::write(&path, &changed).unwrap();
        let Err(error) = FolderLog::open(folder.path(), key()) else {
            panic!("{tile}")
        };
        let words = "the stored log does not match its checkpoint, and is not continued";
        assert!(error.to_string().starts_with(words), "{error}");
        fs::write(&path, &whole).unwrap();
    }
    FolderLog::open(folder.path(), key()).unwrap();
    let stranger = log_key("demo.example/other");
    assert!(matches!(
        FolderLog::open(folder.path(), stranger),
        Err(FolderError::Checkpoint(_))
    ));
    let empty = TempDir::new().unwrap();
    assert!(matches!(
        FolderLog::open(empty.path(), key()),
        Err(FolderError::Absent)
    ));
}

#[test]
fn a_bit_that_flips_on_the_disk_stops_the_signer() {
    /// A disk on which one bit of every bundle of entries flips.
    struct Flipping;

    impl Disk for Flipping {
        fn create_dirs(&mut self, path: &Path) -> io::Result<()> {
            RealDisk.create_dirs(path)
        }

        fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            let mut bytes = bytes.to_vec();
            if path.to_string_lossy().contains("entries") {
                bytes[4] ^= 1;
            }
            RealDisk.write(path, &bytes)
        }

        fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
            RealDisk.rename(from, to)
        }

        fn sync_dir(&mut self, path: &Path) -> io::Result<()> {
            RealDisk.sync_dir(path)
        }
    }

    let folder = TempDir::new().unwrap();
    drop(FolderLog::create(folder.path(), key()).unwrap());
    let path = folder.path().to_owned();
    let mut log = FolderLog::open_on(Box::new(Flipping), path, key()).unwrap();
    assert!(matches!(
        log.append(&entries(0, 2)),
        Err(FolderError::Sign(_))
    ));
    check(folder.path(), &[]);
}

/// A disk that fails at one step, having done a part of it, and at every later one.
struct Dying {
    steps: Arc<AtomicUsize>,
    last: usize,
}

impl Dying {
    fn step(&self) -> bool {
        self.steps.fetch_add(1, Ordering::Relaxed) < self.last
    }

    fn dead<T>() -> io::Result<T> {
        Err(io::Error::other("the process was killed"))
    }
}

impl Disk for Dying {
    fn create_dirs(&mut self, path: &Path) -> io::Result<()> {
        if self.step() {
            RealDisk.create_dirs(path)
        } else {
            Self::dead()
        }
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if self.step() {
            return RealDisk.write(path, bytes);
        }
        if self.steps.load(Ordering::Relaxed) == self.last + 1 && path.parent().unwrap().exists() {
            fs::write(path, &bytes[..bytes.len() / 2])?;
        }
        Self::dead()
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        if self.step() {
            RealDisk.rename(from, to)
        } else {
            Self::dead()
        }
    }

    fn sync_dir(&mut self, path: &Path) -> io::Result<()> {
        if self.step() {
            RealDisk.sync_dir(path)
        } else {
            Self::dead()
        }
    }
}

#[test]
fn a_crash_at_any_step_leaves_a_log_that_opens_and_goes_on() {
    let before = entries(0, 250);
    let batch = entries(250, 20);
    let other = entries(1_000, 9);
    let mut steps = 0;
    for last in 0.. {
        let folder = TempDir::new().unwrap();
        let path = folder.path().to_owned();
        let mut log = FolderLog::create(&path, key()).unwrap();
        log.append(&before).unwrap();
        drop(log);

        let counter = Arc::new(AtomicUsize::new(0));
        let disk = Dying {
            steps: counter.clone(),
            last,
        };
        let mut log = FolderLog::open_on(Box::new(disk), path.clone(), key()).unwrap();
        let survived = log.append(&batch).is_ok();
        if !survived {
            assert!(
                matches!(log.append(&batch), Err(FolderError::Failed)),
                "step {last}"
            );
        }
        drop(log);

        // All of the batch or nothing of it, and then something else.
        let mut log = FolderLog::open(&path, key()).unwrap();
        let mut expected = before.clone();
        if log.head().size > 250 {
            expected.extend_from_slice(&batch);
        }
        check(&path, &expected);
        log.append(&other).unwrap();
        expected.extend_from_slice(&other);
        check(&path, &expected);
        if survived {
            steps = last;
            break;
        }
    }
    // Files of two bundles and three tiles, their folders, and the checkpoint.
    assert!(steps > 10, "{steps}");
}

#[test]
fn a_crash_while_a_log_is_created_leaves_none_or_an_empty_one() {
    for last in 0..20 {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("log");
        let disk = Dying {
            steps: Arc::default(),
            last,
        };
        drop(FolderLog::create_on(Box::new(disk), path.clone(), key()));
        let log = match FolderLog::open(&path, key()) {
            Ok(log) => Ok(log),
            Err(FolderError::Absent) => FolderLog::create(&path, key()),
            Err(error) => panic!("step {last}: {error}"),
        };
        log.unwrap().append(&entries(0, 2)).unwrap();
        check(&path, &entries(0, 2));
    }
}

#[test]
fn cosignatures_are_published_and_renewed() {
    let folder = TempDir::new().unwrap();
    let mut log = FolderLog::create(folder.path(), key()).unwrap();
    let old = log.append(&entries(0, 1)).unwrap().clone();
    let cosigned = |note: &Note, witness, time_s| {
        let mut note = note.clone();
        note.add(witness_key(witness).cosign(note.text(), time_s).unwrap())
            .unwrap();
        note
    };
    for time_s in [100, 200, 300] {
        log.add_cosignatures(&cosigned(&old, 0, time_s)).unwrap();
    }
    log.add_cosignatures(&cosigned(&old, 1, 300)).unwrap();
    assert_eq!(log.checkpoint().signatures().len(), 3);
    let policy = log_policy(ORIGIN, Some(2));
    let freshness = Freshness::within(10);
    policy.evaluate(log.checkpoint(), freshness, 305).unwrap();
    log.append(&entries(1, 1)).unwrap();
    let error = log.add_cosignatures(&cosigned(&old, 2, 300)).unwrap_err();
    assert!(matches!(error, FolderError::OtherCheckpoint));
    drop(log);
    FolderLog::open(folder.path(), key()).unwrap();
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("secret"), b"x").unwrap();
    let path = folder.path().join("log");
    drop(FolderLog::create(&path, key()).unwrap());
    let source = FolderSource::new(&path);
    for outside in [
        "../secret",
        "lock",
        "/etc/hostname",
        "tile/../lock",
        "tile/0/../../lock",
        "",
    ] {
        assert!(!is_public(outside), "{outside}");
        assert_eq!(source.read(outside).unwrap(), None, "{outside}");
    }
    assert!(is_public("tile/entries/x001/234.p/5"));
    let policy = source.read(POLICY).unwrap().unwrap();
    let policy = Policy::parse(&policy).unwrap();
    let mut verifier = Verifier::new(policy, PolicyFrom::Log, Freshness::within(60), None);
    assert_eq!(verifier.run(&source, 0).unwrap().failure(), None);
}

#[test]
fn a_checkpoint_that_is_too_long_is_not_read() {
    let folder = TempDir::new().unwrap();
    drop(FolderLog::create(folder.path(), key()).unwrap());
    fs::write(
        folder.path().join(CHECKPOINT),
        vec![b'x'; MAX_NOTE_BYTES + 1],
    )
    .unwrap();
    assert!(FolderSource::new(folder.path()).read(CHECKPOINT).is_err());
}

/// A disk that tells which folders were made durable.
struct Telling(Arc<Mutex<Vec<PathBuf>>>);

impl Disk for Telling {
    fn create_dirs(&mut self, path: &Path) -> io::Result<()> {
        RealDisk.create_dirs(path)
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        RealDisk.write(path, bytes)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn sync_dir(&mut self, path: &Path) -> io::Result<()> {
        self.0.lock().unwrap().push(path.to_owned());
        RealDisk.sync_dir(path)
    }
}

#[test]
fn every_new_name_is_made_durable_and_no_old_one_again() {
    let outer = TempDir::new().unwrap();
    let folder = outer.path().join("log");
    drop(FolderLog::create(&folder, key()).unwrap());
    let told = Arc::new(Mutex::new(Vec::new()));
    let disk = Box::new(Telling(told.clone()));
    let mut log = FolderLog::open_on(disk, folder.clone(), key()).unwrap();
    let mut synced_by = |from| {
        told.lock().unwrap().clear();
        log.append(&entries(from, 1)).unwrap();
        let told = told.lock().unwrap();
        let paths = told.iter().map(|path| path.strip_prefix(&folder).unwrap());
        paths
            .map(|path| path.display().to_string())
            .collect::<Vec<_>>()
    };
    // Children before their parents; the last is the log's own folder, for the checkpoint.
    let first = [
        "tile/entries/000.p",
        "tile/entries",
        "tile/0/000.p",
        "tile/0",
        "tile",
        "",
        "",
    ];
    assert_eq!(synced_by(0), first);
    assert_eq!(synced_by(1), ["tile/entries/000.p", "tile/0/000.p", ""]);
}
