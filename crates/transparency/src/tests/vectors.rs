//! Vectors of the formats, for those who write another implementation.

use std::fmt::Write as _;

use expect_test::expect_file;
use serde_json::{Value, json};

use super::{MemoryLog, ORIGIN, entry, log_key, witness_key};
use crate::append::sign_checkpoint;
use crate::counts::{self, Context};
use crate::encoding::to_base64;
use crate::note::Note;
use crate::proof::TlogProof;
use crate::tile::{Content, Tile, TileReader, write_entry};
use crate::tree::{leaf_hash, prove_consistency, prove_inclusion};
use crate::witness::AddCheckpoint;

const TIME_S: u64 = 1_800_000_000;

#[test]
fn the_published_vectors_are_what_this_crate_makes() {
    let mut vectors = json!({
        "about": "Vectors of Heliograph's log. Hashes and vectors are standard Base 64, `_hex` is \
                  hexadecimal. `crates/transparency` computes this file in a test.",
        "tree": tree(),
        "tiles": tiles(),
        "signed": signed(),
        "counts": counts(),
    });
    // Another crate of the workspace may have switched on that members keep their order.
    vectors.sort_all_objects();
    let text = format!("{vectors:#}\n");
    expect_file!["../../../../docs/formats/log-v1.json"].assert_eq(&text);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn strings<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(T::to_string).collect()
}

fn tree() -> Value {
    let log = MemoryLog::of(13);
    let mut reader = TileReader::open(&log.files, log.writer.head()).unwrap();
    let roots: Vec<String> = (0..=13)
        .map(|size| MemoryLog::of(size).writer.head().root.to_string())
        .collect();
    let inclusion: Vec<Value> = [(0, 1), (0, 13), (6, 7), (8, 13), (12, 13)]
        .map(|(index, size)| {
            let proof = prove_inclusion(&mut reader, index, size).unwrap();
            json!({ "index": index, "size": size, "proof": strings(&proof) })
        })
        .to_vec();
    let consistency: Vec<Value> = [(1, 2), (4, 8), (6, 13), (7, 13), (12, 13)]
        .map(|(old, new)| {
            let proof = prove_consistency(&mut reader, old, new).unwrap();
            json!({ "old": old, "new": new, "proof": strings(&proof) })
        })
        .to_vec();
    json!({
        "entries": (0..13).map(|number| text(entry(number))).collect::<Vec<_>>(),
        "leaf_hashes": (0..13).map(|n| leaf_hash(&entry(n)).to_string()).collect::<Vec<_>>(),
        "roots_by_size": roots,
        "inclusion": inclusion,
        "consistency": consistency,
    })
}

fn tiles() -> Value {
    let last_paths: Vec<Value> = [1, 255, 256, 257, 70_000, 256_000_000]
        .map(|size| {
            let contents = [Content::Entries]
                .into_iter()
                .chain((0..8).map(|level| Content::Hashes { level }));
            let paths: Vec<String> = contents
                .filter_map(|content| {
                    let last = content.count(size).checked_sub(1)? / 256;
                    Some(Tile::in_tree(content, last, size)?.to_string())
                })
                .collect();
            json!({ "size": size, "paths": paths })
        })
        .to_vec();
    let mut bundle = Vec::new();
    for number in 0..3 {
        write_entry(&mut bundle, &entry(number)).unwrap();
    }
    json!({
        "last_file_of_each_kind": last_paths,
        "bundle_of_the_first_three_entries_hex": hex(&bundle),
    })
}

fn signed() -> Value {
    let log = MemoryLog::of(13);
    let head = log.writer.head();
    let (key, witness) = (log_key(), witness_key(1));
    let note = sign_checkpoint(&log.files, 0, head, ORIGIN, &key).unwrap();
    let line = witness.cosign(note.text(), TIME_S).unwrap();
    let mut cosigned: Note = note.clone();
    cosigned.add(line.clone()).unwrap();
    let mut reader = TileReader::open(&log.files, head).unwrap();
    let consistency = prove_consistency(&mut reader, 6, 13).unwrap();
    let request = AddCheckpoint::new(6, consistency, note.clone()).unwrap();
    let proof = TlogProof::make(&mut reader, &entry(8), 8, cosigned).unwrap();
    let policy = format!(
        "log {}\nwitness w {}\nquorum w\n",
        key.verifier(),
        witness.verifier()
    );
    json!({
        "log_key": { "secret": *key.to_text(), "public": key.verifier().to_string() },
        "witness_key": { "secret": *witness.to_text(), "public": witness.verifier().to_string() },
        "checkpoint": note.to_string(),
        "cosignature": { "time": TIME_S, "line": line.to_string() },
        "add_checkpoint": request.to_body(),
        "proof_of_entry_8": proof.to_string(),
        "policy": policy,
    })
}

fn counts() -> Value {
    let template = "heliograph/dd@v1\nkind request\nnumber 7\nvector region \n";
    let context = Context {
        origin: ORIGIN,
        sequence: 7,
        entry: template.as_bytes(),
        dimension: "region",
        categories: 4,
    };
    let seed = [5; 32];
    let (vector, opening) = counts::prove(&context, 2, &seed);
    counts::verify(&context, &vector).unwrap();
    let sum = counts::open_sum(&[&opening], &[1, 2]);
    json!({
        "origin": ORIGIN,
        "sequence": 7,
        "entry_without_vectors": template,
        "dimension": "region",
        "categories": 4,
        "category": 2,
        "seed_hex": hex(&seed),
        "vector": to_base64(&vector),
        "opening": to_base64(&opening.to_bytes()),
        "sum_of_categories_1_and_2": {
            "count": sum.count,
            "blinding": to_base64(&sum.blinding),
        },
    })
}
