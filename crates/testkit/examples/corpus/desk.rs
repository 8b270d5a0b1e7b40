//! Seeds of what the public log and the vault read.

use super::{Seeds, seed};
use heliograph_transparency::checkpoint::Checkpoint;
use heliograph_transparency::counts::{Context, prove};
use heliograph_transparency::entry::{Day, Entry, Intake, KeeperDay, Outcome, VaultRoot};
use heliograph_transparency::proof::TlogProof;
use heliograph_transparency::testing::{Published, Scene, TestCase, log_key, witness_key};
use heliograph_transparency::tile::{TileReader, write_entry};
use heliograph_transparency::tree::Hash;
use heliograph_transparency::witness::AddCheckpoint;
use heliograph_vault::keyset::{Ceremony, KeySet, Role};
use heliograph_vault::share::SecretShare;

const ORIGIN: &str = "demo.example/log";
const START: Day = Day(20_780);

/// The first byte says what the rest is, in the order of `fuzz_log`.
pub fn log() -> Seeds {
    let entries: Vec<Vec<u8>> = (0..300_u32).map(|n| n.to_be_bytes().to_vec()).collect();
    let log = Published::of(ORIGIN, &entries, 1_800_000_000);
    let note = log.checkpoint();
    let (key, witness) = (log_key(ORIGIN), witness_key(0));
    let checkpoint: Checkpoint = note.text().parse().expect("a checkpoint");
    let head = checkpoint.head();
    let mut reader = TileReader::open(&log.files, head).expect("a log");
    let proof = TlogProof::make(&mut reader, &entries[7], 7, note.clone()).expect("a proof");
    let asked = AddCheckpoint::new(3, vec![head.root; 3], note.clone()).expect("a request");
    let mut bundle = vec![2];
    for entry in &entries[..3] {
        write_entry(&mut bundle, entry).expect("short entries");
    }
    let context = Context {
        origin: ORIGIN,
        sequence: 1,
        entry: b"",
        dimension: "kind",
        categories: 3,
    };
    let policy = format!(
        "log {}\nwitness w {}\nquorum w\n",
        key.verifier(),
        witness.verifier()
    );
    let kinds: [(&str, u8, Vec<u8>); 20] = [
        ("path", 0, b"tile/0/000".to_vec()),
        ("path-deep", 0, b"tile/0/x001/x234/067.p/3".to_vec()),
        ("path-entries", 0, b"tile/entries/001.p/44".to_vec()),
        ("bundle", 1, bundle),
        ("hashes", 1, [&[1][..], &[7; 64]].concat()),
        ("tree-proof", 2, vec![0; 80]),
        ("tree-proof-short", 2, vec![1; 17]),
        ("note", 3, note.to_string().into_bytes()),
        ("note-text", 3, note.text().as_bytes().to_vec()),
        ("log-key", 4, key.verifier().to_string().into_bytes()),
        ("log-key-secret", 4, key.to_text().as_bytes().to_vec()),
        (
            "witness-key",
            4,
            witness.verifier().to_string().into_bytes(),
        ),
        ("add-checkpoint", 5, asked.to_body().into_bytes()),
        ("proof", 6, proof.to_string().into_bytes()),
        ("policy", 7, policy.into_bytes()),
        ("policy-none", 7, b"quorum none\n".to_vec()),
        ("vector", 8, prove(&context, 1, &[9; 32]).0),
        ("stored", 9, vec![0, 1, 1]),
        ("stored-far", 9, vec![5, 200, 128]),
        ("stored-same", 9, vec![1, 2, 0]),
    ];
    let seeds = kinds.into_iter();
    seeds
        .map(|(name, kind, bytes)| seed(name, [vec![kind], bytes].concat()))
        .collect()
}

/// The first byte says what the rest is, in the order of `fuzz_entries`.
pub fn entries() -> Seeds {
    let mut scene = Scene::new(ORIGIN, START);
    scene.push_day_key(START);
    scene.push(VaultRoot {
        root: Hash([1; 32]),
        records: 3,
        phones: 2,
        accounts: 2,
    });
    scene.push(KeeperDay {
        day: START,
        sign_in: 1,
        contacts: 2,
        desk: 0,
    });
    scene.push(Intake {
        count: 1,
        root: Hash([2; 32]),
    });
    scene.push_whole_case(TestCase::ordinary(START), Outcome::Delivered);
    let mut seeds = Seeds::new();
    for (index, entry) in scene.entries.iter().enumerate() {
        let kind = Entry::parse(entry).expect("an entry").body.kind();
        let name = format!("{index:02}-{kind}");
        seeds.push(seed(name, [&[0][..], entry].concat()));
    }
    let begun = scene.entries[..2].join(&0);
    seeds.push(seed("log-begun", [vec![1], begun].concat()));
    let whole = scene.entries.join(&0);
    seeds.push(seed("log-whole", [vec![1], whole].concat()));
    let update = Published::of(ORIGIN, &scene.entries[..1], 5).update(0);
    seeds.push(seed("update", [vec![2], update.to_bytes()].concat()));
    seeds
}

/// The first byte says what the rest is, in the order of `fuzz_vault`.
pub fn vault() -> Seeds {
    let share = SecretShare::single(&[1; 64]).expect("not zero");
    let ceremony = Ceremony {
        role: Role::Officers,
        session: [1; 32],
        epoch: 0,
        generation: 0,
        transcript: [1; 32],
    };
    let keys = KeySet::single(ceremony, &share, &[1; 32]).verify();
    let keys = keys.expect("an honest key");
    let mut interval = [0; 48];
    // An address, and two moments with their ports.
    interval[..16].copy_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    interval[23..26].copy_from_slice(&[5, 0x9c, 0x40]);
    interval[33..36].copy_from_slice(&[6, 0x9c, 0x40]);
    let mut seeds = vec![
        seed("keys", [vec![0], keys.to_bytes()].concat()),
        seed(
            "keys-base64",
            [vec![0], keys.to_base64().into_bytes()].concat(),
        ),
        seed("phone", *b"\x034915100000\0\0\0\0\0\0"),
        seed("interval", [&[3][..], &interval].concat()),
    ];
    // What alters an honest key set, record or partial: a place in two bytes, and a change.
    for (name, kind) in [("keys", 0), ("record", 1), ("partial", 2)] {
        for (place, change) in [(0, 1), (4, 255), (40, 1), (200, 128)] {
            let name = format!("{name}-altered-{place}");
            seeds.push(seed(name, [kind, 0, place, change]));
        }
    }
    seeds
}
