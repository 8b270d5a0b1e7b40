//! Everything that reads bytes from outside, gathered for fuzzers: `fuzz/` hands these functions to
//! cargo-fuzz, and `tests/corpus.rs` runs them on the kept corpus without it.

use heliograph_layers::Layers;
use heliograph_mtproto::fuzzing as mtproto;
use heliograph_server::gateway::fuzz_wrappers;
use heliograph_server::proxy_protocol::{self, Parsed};
use heliograph_server::settings::{Flags, Settings};
use heliograph_tl::{Decode, Encode, enums, functions as f};
use heliograph_transparency::{entry, fuzzing as transparency};
use heliograph_vault::fuzzing as vault;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// A function that takes any bytes and panics only if a promise is broken.
pub type Target = fn(&[u8]);

/// Every target by name, and how often the tests change a seed for it: in proportion to its speed.
pub const TARGETS: [(&str, Target, usize); 13] = [
    ("transport", mtproto::fuzz_transport, 4_000),
    ("websocket", mtproto::fuzz_websocket, 8_000),
    ("envelope", mtproto::fuzz_envelope, 2_000),
    ("handshake", mtproto::fuzz_handshake, 100),
    ("session", mtproto::fuzz_session, 4_000),
    ("wrappers", fuzz_wrappers, 8_000),
    ("tl", fuzz_tl, 8_000),
    ("layers", fuzz_layers, 4_000),
    ("proxy-protocol", fuzz_proxy_protocol, 8_000),
    ("settings", fuzz_settings, 2_000),
    ("log", fuzz_log, 2_000),
    ("entries", fuzz_entries, 400),
    ("vault", fuzz_vault, 400),
];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    let found = TARGETS.iter().find(|(known, _, _)| *known == name);
    found.map(|(_, target, _)| *target)
}

/// The types that [`fuzz_tl`] reads, chosen by the first byte: those in which clients can say most.
const CODECS: [fn(&[u8]); 12] = [
    reencode::<f::messages::SendMessage>,
    reencode::<f::messages::EditMessage>,
    reencode::<f::messages::ForwardMessages>,
    reencode::<f::messages::GetDialogs>,
    reencode::<f::contacts::ImportContacts>,
    reencode::<f::users::GetUsers>,
    reencode::<f::auth::SendCode>,
    reencode::<f::account::SetPrivacy>,
    reencode::<enums::JSONValue>,
    reencode::<enums::InputPeer>,
    reencode::<enums::Message>,
    reencode::<enums::Updates>,
];

/// What the public log reads, chosen by the first byte.
const LOG: [Target; 10] = [
    transparency::fuzz_tile_path,
    transparency::fuzz_tile,
    transparency::fuzz_tree_proof,
    transparency::fuzz_note,
    transparency::fuzz_key,
    transparency::fuzz_witness,
    transparency::fuzz_proof,
    transparency::fuzz_policy,
    transparency::fuzz_counts,
    transparency::fuzz_stored_log,
];

/// What entries and the files around them are read by, chosen by the first byte.
const ENTRIES: [Target; 3] = [
    entry::fuzzing::fuzz_entry,
    entry::fuzzing::fuzz_ledger,
    entry::fuzzing::fuzz_files,
];

/// What the vault reads, chosen by the first byte.
const VAULT: [Target; 4] = [
    vault::fuzz_key_set,
    vault::fuzz_record,
    vault::fuzz_partial,
    vault::fuzz_plaintext,
];

fn choose(among: &[Target], data: &[u8]) {
    if let Some((choice, data)) = data.split_first() {
        among[usize::from(*choice) % among.len()](data);
    }
}

/// Tiles, checkpoints, proofs, policies and vectors of the public log.
pub fn fuzz_log(data: &[u8]) {
    choose(&LOG, data);
}

/// Entries of the public log, and files between desk, officers and custodians.
pub fn fuzz_entries(data: &[u8]) {
    choose(&ENTRIES, data);
}

/// Key sets, sealed records, partial decryptions, and what records hold.
pub fn fuzz_vault(data: &[u8]) {
    choose(&VAULT, data);
}

/// What can be read can be written, and reads the same again.
fn reencode<T: Decode + Encode + PartialEq>(data: &[u8]) {
    if let Ok(value) = T::from_bytes(data) {
        let again = T::from_bytes(&value.to_bytes());
        assert!(again.is_ok_and(|again| again == value));
    }
}

/// A value of one of the generated types.
pub fn fuzz_tl(data: &[u8]) {
    choose(&CODECS, data);
}

/// A request of some client, and an answer of ours, through the transcoder.
pub fn fuzz_layers(data: &[u8]) {
    let layers = Layers::shared();
    let mut raised = Vec::new();
    match layers.up(data, &mut raised) {
        // Twice its size and a little more: what clients send cannot be blown up.
        Ok(()) => assert!(!raised.is_empty() && raised.len() <= 2 * data.len() + 4096),
        Err(_) => assert!(raised.is_empty(), "a failure leaves nothing behind"),
    }
    for layer in [143, 181, 214] {
        let mut lowered = Vec::new();
        let outcome = layers.down(layer, data, &mut lowered);
        assert_eq!(outcome.is_ok(), !lowered.is_empty());
    }
}

/// The first bytes of a connection from a trusted proxy.
pub fn fuzz_proxy_protocol(data: &[u8]) {
    if let Parsed::Header { len, .. } = proxy_protocol::parse(data) {
        assert!(len <= data.len());
        // More bytes behind a header change nothing about it.
        let parsed = proxy_protocol::parse(&[data, b"more"].concat());
        assert_eq!(parsed, proxy_protocol::parse(data));
    }
}

/// Variables of the environment: a name and a value in each line.
pub fn fuzz_settings(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n');
    let variables = lines.filter_map(|line| {
        let at = line.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (&line[..at], &line[at + 1..]);
        // These two name places, where a file could be.
        let is_place = matches!(name, b"HELIOGRAPH_DATA" | b"HELIOGRAPH_CONFIG");
        let text = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        (!is_place).then(|| (text(name), text(value)))
    });
    if let Err(error) = Settings::read(Flags::default(), variables) {
        assert!(!error.to_string().is_empty());
    }
}
