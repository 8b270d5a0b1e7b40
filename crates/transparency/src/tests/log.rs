use std::collections::BTreeMap;

use super::{MemoryLog, ORIGIN, entry, log_key};
use crate::append::{SignError, Writer, reread, sign_checkpoint};
use crate::checkpoint::Checkpoint;
use crate::tile::{
    Content, EntryTooLong, MAX_ENTRY_BYTES, ReadError, SourceError, Tile, TileReader, TileSource,
    parse_entries, write_entry, write_hashes,
};
use crate::tree::{HashReader as _, Node, TreeHead, leaf_hash, root, root_of};

/// Around the widths of one and of several tiles, and the first tree with three levels of them.
const SIZES: [u64; 14] = [
    0, 1, 2, 255, 256, 257, 511, 512, 600, 1000, 65_535, 65_536, 65_537, 70_000,
];

fn paths(content: Content, size: u64) -> Vec<String> {
    (0..)
        .map_while(|index| Tile::in_tree(content, index, size))
        .map(|tile| tile.to_string())
        .collect()
}

#[test]
fn a_tree_of_70_000_has_the_tiles_that_the_specification_counts() {
    let level = |level| paths(Content::Hashes { level }, 70_000);
    assert_eq!(level(0).len(), 274);
    assert_eq!(level(0)[273], "tile/0/273.p/112");
    assert_eq!(level(1), ["tile/1/000", "tile/1/001.p/17"]);
    assert_eq!(level(2), ["tile/2/000.p/1"]);
    assert!(level(3).is_empty());
    let level = |level| paths(Content::Hashes { level }, 256);
    assert_eq!(level(0), ["tile/0/000"]);
    assert_eq!(level(1), ["tile/1/000.p/1"]);
}

#[test]
fn paths_are_read_and_written_in_one_form() {
    for path in [
        "tile/0/x001/x234/067",
        "tile/63/000.p/255",
        "tile/entries/x001/000.p/1",
    ] {
        assert_eq!(path.parse::<Tile>().unwrap().to_string(), path);
    }
    for wrong in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/64/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/+01",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert!(wrong.parse::<Tile>().is_err(), "{wrong}");
    }
}

#[test]
fn appending_writes_exactly_the_files_of_the_new_tree() {
    for size in SIZES {
        let log = MemoryLog::of(size);
        let mut expected = paths(Content::Entries, size);
        for level in 0..4 {
            expected.extend(paths(Content::Hashes { level }, size));
        }
        expected.sort();
        assert_eq!(log.files.into_keys().collect::<Vec<_>>(), expected);
        let leaves: Vec<_> = (0..size).map(|n| leaf_hash(&entry(n))).collect();
        assert_eq!(log.writer.head().root, root_of(&leaves));
    }
}

#[test]
fn appending_in_steps_leads_to_the_same_tree_and_rewrites_no_full_file() {
    // `grow_to` refuses to write a path twice.
    let mut log = MemoryLog::default();
    for size in SIZES {
        log.grow_to(size);
        assert_eq!(log.writer.head(), MemoryLog::of(size).writer.head());
    }
    let none: [&[u8]; 0] = [];
    assert!(log.writer.append(&none).unwrap().files.is_empty());
}

#[test]
fn a_writer_is_the_same_after_it_was_read_from_the_files() {
    for size in SIZES {
        let log = MemoryLog::of(size);
        let opened = Writer::open(&log.files, log.writer.head()).unwrap();
        assert_eq!(opened, log.writer);
    }
}

#[test]
fn entries_come_before_the_hashes_over_them() {
    let entries: Vec<Vec<u8>> = (0..700).map(entry).collect();
    let files = Writer::default().append(&entries).unwrap().files;
    let contents: Vec<Content> = files.iter().map(|file| file.tile.content()).collect();
    assert!(contents.is_sorted());
    assert_eq!(contents[0], Content::Entries);
}

#[test]
fn entries_up_to_the_limit_are_taken_and_longer_ones_are_not() {
    let longest = vec![0; MAX_ENTRY_BYTES];
    let appended = Writer::default().append(&[&longest[..], b""]).unwrap();
    let bundle = &appended.files[0].bytes;
    assert_eq!(parse_entries(bundle, 2).unwrap(), [&longest[..], b""]);
    let longer = vec![0; MAX_ENTRY_BYTES + 1];
    assert_eq!(
        Writer::default().append(&[&longer]).unwrap_err(),
        EntryTooLong(MAX_ENTRY_BYTES + 1)
    );
    let mut too_long = 8193u16.to_be_bytes().to_vec();
    too_long.extend(&longer);
    assert!(parse_entries(&too_long, 1).is_err());
    for width in [1, 3] {
        assert!(parse_entries(bundle, width).is_err());
    }
}

#[test]
fn a_reader_gives_the_entries_from_any_number_on() {
    let log = MemoryLog::of(1000);
    let mut reader = TileReader::open(&log.files, log.writer.head()).unwrap();
    for start in [0, 1, 255, 256, 700, 999, 1000, 5000] {
        let read: Result<Vec<_>, _> = reader.entries(start).collect();
        let expected: Vec<_> = (start..1000).map(|n| (n, entry(n))).collect();
        assert_eq!(read.unwrap(), expected);
    }
    assert!(matches!(reader.bundle(4), Err(ReadError::OutOfTree(1000))));
}

#[test]
fn a_reader_computes_the_root_of_every_earlier_tree() {
    let log = MemoryLog::of(600);
    let mut reader = TileReader::open(&log.files, log.writer.head()).unwrap();
    for size in 0..=600 {
        let earlier = root(&mut reader, size).unwrap();
        assert_eq!(earlier, MemoryLog::of(size).writer.head().root);
    }
    assert!(matches!(
        root(&mut reader, 601),
        Err(ReadError::OutOfTree(600))
    ));
}

#[test]
fn partial_files_may_go_once_the_full_ones_exist() {
    let mut log = MemoryLog::of(300);
    let early = log.writer.head();
    log.grow_to(1000);
    log.files
        .retain(|path, _| !path.contains(".p/") || path.starts_with("tile/1/"));
    let mut reader = TileReader::open(&log.files, early).unwrap();
    let read: Vec<_> = reader.entries(0).map(Result::unwrap).collect();
    assert_eq!(read.len(), 300);
    assert_eq!(read[299].1, entry(299));
}

#[test]
fn a_missing_file_is_named() {
    let log = MemoryLog::of(600);
    for path in log.files.keys() {
        let mut files = log.files.clone();
        files.remove(path);
        let error = reread(&files, 0, 600).unwrap_err();
        assert_eq!(error.to_string(), format!("{path} is missing"));
    }
}

#[test]
fn a_source_that_fails_is_not_taken_for_one_without_the_file() {
    struct Broken;
    impl TileSource for Broken {
        fn read(&self, _: &str) -> Result<Option<Vec<u8>>, SourceError> {
            Err("the disk is on fire".into())
        }
    }
    let error = reread(&Broken, 0, 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tile/0/000.p/1 could not be read: the disk is on fire"
    );
}

/// Flips each bit of the first, middle and last bytes of each file, one at a time.
fn with_each_flip(
    files: &BTreeMap<String, Vec<u8>>,
    check: impl Fn(&BTreeMap<String, Vec<u8>>, &str),
) {
    let mut flipped = files.clone();
    for (path, bytes) in files {
        let places = [0, 1, 2, bytes.len() / 2, bytes.len() - 1];
        for (place, bit) in places.into_iter().flat_map(|p| (0..8).map(move |b| (p, b))) {
            flipped.get_mut(path).unwrap()[place] ^= 1 << bit;
            check(&flipped, path);
            flipped.get_mut(path).unwrap()[place] ^= 1 << bit;
        }
    }
}

#[test]
fn one_flipped_bit_in_what_was_written_stops_the_signer() {
    let mut log = MemoryLog::of(500);
    let before = log.files.clone();
    log.grow_to(530);
    let head = log.writer.head();
    let note = sign_checkpoint(&log.files, 500, head, ORIGIN, &log_key()).unwrap();
    let checkpoint: Checkpoint = note.text().parse().unwrap();
    assert_eq!(checkpoint, Checkpoint::new(ORIGIN, head).unwrap());
    let keys = [log_key().verifier().clone()];
    assert_eq!(note.verify(&keys).unwrap().len(), 1);

    with_each_flip(&log.files, |files, path| {
        let signed = sign_checkpoint(files, 500, head, ORIGIN, &log_key());
        // Files of older checkpoints are not read again, unless they are the full tile or the
        // partial one of the edge.
        assert_eq!(signed.is_err(), !before.contains_key(path), "{path}");
    });
}

#[test]
fn one_flipped_bit_anywhere_in_the_newest_tree_stops_the_full_recomputation() {
    let log = MemoryLog::of(600);
    let head = log.writer.head();
    assert_eq!(reread(&log.files, 0, 600).unwrap(), head);
    with_each_flip(&log.files, |files, path| {
        let read = reread(files, 0, 600);
        assert!(read.is_err() || read.unwrap() != head, "{path}");
        // Nor does a reader hand out anything that is not in the tree.
        let Ok(mut reader) = TileReader::open(files, head) else {
            return;
        };
        for (number, read) in (0..).zip(reader.entries(0)) {
            match read {
                Ok(read) => assert_eq!(read, (number, entry(number))),
                Err(_) => return,
            }
        }
        panic!("{path} was read without an error");
    });
}

#[test]
fn an_entry_replaced_together_with_its_tile_is_noticed() {
    let log = MemoryLog::of(600);
    let head = log.writer.head();
    let mut files = log.files.clone();
    let mut leaves: Vec<_> = (0..256).map(|n| leaf_hash(&entry(n))).collect();
    let mut bundle = Vec::new();
    for number in 0..256 {
        let entry = if number == 7 {
            b"forged".to_vec()
        } else {
            entry(number)
        };
        leaves[number as usize] = leaf_hash(&entry);
        write_entry(&mut bundle, &entry).unwrap();
    }
    files.insert("tile/entries/000".into(), bundle);
    files.insert("tile/0/000".into(), write_hashes(&leaves));

    let wrong_tile = |error| matches!(error, ReadError::WrongTile(path) if path == "tile/0/000");
    assert!(wrong_tile(reread(&files, 0, 600).unwrap_err()));
    let mut reader = TileReader::open(&files, head).unwrap();
    assert!(wrong_tile(reader.entries(0).next().unwrap().unwrap_err()));
    let forged = Node { level: 0, index: 7 };
    assert!(wrong_tile(reader.hash(forged).unwrap_err()));
    assert_eq!(reader.entries(256).count(), 344, "the others can be read");
    // A signer that only looks at what it wrote still signs the true root.
    assert_eq!(reread(&files, 512, 600).unwrap(), head);
}

#[test]
fn the_signer_refuses_another_tree_than_the_stored_one() {
    let log = MemoryLog::of(20);
    let head = TreeHead {
        root: leaf_hash(b"other"),
        ..log.writer.head()
    };
    let signed = sign_checkpoint(&log.files, 0, head, ORIGIN, &log_key());
    assert!(matches!(signed, Err(SignError::Differs)));
    assert!(matches!(
        Writer::open(&log.files, head),
        Err(ReadError::WrongRoot(20))
    ));
    let signed = sign_checkpoint(&log.files, 0, log.writer.head(), "", &log_key());
    assert!(matches!(signed, Err(SignError::Origin(_))));
}

#[test]
fn an_empty_log_can_be_signed() {
    let log = MemoryLog::default();
    sign_checkpoint(&log.files, 0, TreeHead::EMPTY, ORIGIN, &log_key()).unwrap();
}
