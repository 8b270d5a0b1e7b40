//! An entry of each kind and what is signed and hashed, for those who write another
//! implementation.

use expect_test::expect_file;
use serde_json::{Value, json};

use super::*;
use crate::approval::{Approval, SignedApproval, Verdict, approvals_root, hex};
use crate::case::{documents_root, records_root};
use crate::counts::{Context, Opening};
use crate::encoding::to_base64;
use crate::tree::leaf_hash;

const ORIGIN: &str = "demo.example/log";

#[test]
fn the_published_vectors_are_what_this_crate_makes() {
    let entries: Vec<Value> = one_of_each().iter().map(entry).collect();
    let mut vectors = json!({
        "about": "Vectors of the entries of Heliograph's log. Hashes are standard Base 64, `_hex` \
                  is hexadecimal. `crates/transparency` computes this file in a test. The \
                  entries are one of each kind, not a log.",
        "origin": ORIGIN,
        "entries": entries,
        "case": case(),
        "approval": approval(),
    });
    // Another crate of the workspace may have switched on that members keep their order.
    vectors.sort_all_objects();
    let text = format!("{vectors:#}\n");
    expect_file!["../../../../../docs/formats/entries-v1.json"].assert_eq(&text);
}

fn entry(entry: &Entry) -> Value {
    let bytes = entry.to_bytes().unwrap();
    let mut value = json!({
        "kind": entry.body.kind().word(),
        "leaf_hash": leaf_hash(&bytes).to_string(),
        "text": String::from_utf8(bytes).unwrap(),
    });
    if entry.body.is_signed() {
        let message = String::from_utf8(entry.message(ORIGIN)).unwrap();
        value["signed_message"] = message.into();
    }
    if !entry.body.vectors().is_empty() {
        let bound = String::from_utf8(entry.without_vectors()).unwrap();
        value["vectors_are_bound_to"] = bound.into();
    }
    value
}

fn case() -> Value {
    let key_bytes = seed("case 1");
    let key = CaseKey::new(key_bytes);
    let fields = TestCase::ordinary(START).fields();
    let leaves = Field::ALL.iter().map(|field| {
        let salt = key.salt(*field);
        let value = fields.value(*field);
        json!({
            "name": field.word(),
            "value": value,
            "salt_hex": hex(&salt),
            "leaf": crate::case::leaf(*field, &salt, value).to_string(),
            "revealed": field.is_revealed(),
        })
    });
    let leaves: Vec<Value> = leaves.collect();
    let vector_seed = key.vector_seed();
    let blindings = Dimension::ALL.iter().map(|dimension| {
        let context = Context {
            origin: ORIGIN,
            sequence: 1,
            entry: &[],
            dimension: dimension.word(),
            categories: dimension.category_count(),
        };
        let opening = Opening::derive(&context, 0, &vector_seed);
        json!({
            "dimension": dimension.word(),
            "categories": dimension.categories(),
            "blindings": to_base64(&opening.to_bytes()),
        })
    });
    json!({
        "case_key_hex": hex(&key_bytes),
        "number": 1,
        "fields": leaves,
        "root": fields.root(&key).to_string(),
        "vector_seed_hex": hex(&*vector_seed),
        "vectors": blindings.collect::<Vec<_>>(),
        "record_hashes_hex": [hex(&[1; 32]), hex(&[2; 32]), hex(&[3; 32])],
        "records_root": records_root(&[[1; 32], [2; 32], [3; 32]]).to_string(),
        "document_hashes_hex": [hex(&[4; 32])],
        "documents_root_hex": hex(&documents_root(&[[4; 32]]).0),
    })
}

fn approval() -> Value {
    let approval = Approval {
        origin: ORIGIN,
        request: 6,
        entry_hash: Hash([1; 32]),
        case_hash: Hash([2; 32]),
        records_root: Hash([3; 32]),
        n: 3,
        fingerprint: crate::approval::recipient_fingerprint("age1example"),
        officers: 2,
        verdict: Verdict::Approve,
        not_after_s: 1_795_300_000,
    };
    let signed = [1, 2].map(|officer| SignedApproval {
        officer,
        signature: [officer as u8; 64],
        not_after_s: 1_795_300_000,
    });
    json!({
        "recipient": "age1example",
        "message": String::from_utf8(approval.message()).unwrap(),
        "passphrase_fingerprint_of_authority_1_hex":
            hex(&crate::approval::passphrase_fingerprint(1)),
        "approvals": signed.map(|signed| json!({
            "officer": signed.officer,
            "signature_hex": hex(&signed.signature),
            "not_after": signed.not_after_s,
        })),
        "approvals_root": approvals_root(&signed).to_string(),
    })
}
