use super::*;
use expect_test::expect;
use heliograph_vault::plaintext::{IpInterval, Phone, Sighting};
use serde_json::Value;

fn cover() -> Cover<'static> {
    Cover {
        trust_level: "self-attested",
        trust_meaning: "All parties run on one machine.",
        origin: "demo.example/log",
        request: 131,
        open: 140,
        authority: "Court <script>alert(1)</script>",
        file_reference: "12 Gs 345/26",
        subject: "username seller",
        from: "2026-11-01T00:00Z".parse().unwrap(),
        to: "2026-11-10T23:59Z".parse().unwrap(),
        received: "2026-11-21T10:05Z".parse().unwrap(),
        made: "2026-11-24T09:00Z".parse().unwrap(),
        proven: Proven::Sms,
        proof: "c2sp.org/tlog-proof@v1\n",
    }
}

fn interval(address: &str, port: u16) -> IpInterval {
    let sighting = |at_s| Sighting { at_s, port };
    let ip = address.parse().unwrap();
    IpInterval::new(ip, sighting(1_793_664_307), sighting(1_793_667_900)).unwrap()
}

fn disclosed() -> Disclosed {
    Disclosed {
        phone: Some(Phone::from_digits("4915100000").unwrap()),
        addresses: vec![interval("198.51.100.7", 40_001), interval("2001:db8::7", 0)],
    }
}

/// With its members in the order of their names, whatever order another crate's wish for serde_json
/// keeps them in.
fn json(cover: &Cover<'_>, disclosed: &Disclosed) -> Value {
    serde_json::from_slice(&json::render(cover, disclosed)).expect("JSON")
}

#[test]
fn the_json_says_what_the_schema_allows_and_no_more() {
    let mut value = json(&cover(), &disclosed());
    // Another crate of the workspace may have switched on that members keep their order.
    value.sort_all_objects();
    expect![[r#"
        {
          "data": {
            "ip": [
              {
                "address": "198.51.100.7",
                "first": {
                  "at": "2026-11-03T00:05:07Z",
                  "port": 40001
                },
                "last": {
                  "at": "2026-11-03T01:05:00Z",
                  "port": 40001
                }
              },
              {
                "address": "2001:db8::7",
                "first": {
                  "at": "2026-11-03T00:05:07Z",
                  "port": null
                },
                "last": {
                  "at": "2026-11-03T01:05:00Z",
                  "port": null
                }
              }
            ],
            "phone": "+4915100000"
          },
          "format": "heliograph-package/1",
          "log": {
            "open": 140,
            "origin": "demo.example/log",
            "request": 131
          },
          "made": "2026-11-24T09:00Z",
          "order": {
            "authority": "Court <script>alert(1)</script>",
            "file_reference": "12 Gs 345/26",
            "from": "2026-11-01T00:00Z",
            "received": "2026-11-21T10:05Z",
            "subject": "username seller",
            "to": "2026-11-10T23:59Z"
          },
          "phone_proven": "sms",
          "trust": {
            "level": "self-attested",
            "meaning": "All parties run on one machine."
          },
          "warnings": [
            "For at least one address the source port is not known. Behind carrier-grade NAT an address without its port and exact time is shared by many people and identifies none of them."
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&value).unwrap());
    schema::check(&value);
}

#[test]
fn nothing_disclosed_is_null_and_an_empty_list() {
    let nothing = Disclosed {
        phone: None,
        addresses: Vec::new(),
    };
    let value = json(&cover(), &nothing);
    assert_eq!(value["data"], serde_json::json!({"phone": null, "ip": []}));
    assert_eq!(value["phone_proven"], Value::Null);
    schema::check(&value);
}

#[test]
fn the_schema_forbids_a_third_member() {
    let mut value = json(&cover(), &disclosed());
    value["data"]["contacts"] = Value::Array(Vec::new());
    assert!(schema::errors(&value).contains("contacts"));
    let mut value = json(&cover(), &disclosed());
    value["data"]["ip"][0]["device"] = "phone".into();
    assert!(schema::errors(&value).contains("device"));
    let mut value = json(&cover(), &disclosed());
    value["data"].as_object_mut().unwrap().remove("phone");
    assert!(schema::errors(&value).contains("phone"));
}

#[test]
fn a_number_that_nobody_proved_carries_a_warning() {
    let unproven = Cover {
        proven: Proven::None,
        ..cover()
    };
    let value = json(&unproven, &disclosed());
    assert_eq!(value["warnings"].as_array().unwrap().len(), 2);
}

#[test]
fn the_page_begins_with_the_trust_level_and_escapes_what_an_order_says() {
    let page = page::render(&cover(), &disclosed());
    let body = page.split_once("</style>").unwrap().1;
    assert!(
        body.trim_start()
            .starts_with("<p><strong>Trust level: self-attested.")
    );
    assert!(!page.contains("<script"));
    for text in [
        "198.51.100.7",
        "2001:db8::7",
        "+4915100000",
        "not known",
        "entry 140",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

fn signer() -> SignerKey {
    SignerKey::new("demo.example/desk".parse().expect("a name"), &[7; 32])
}

/// Reads an archive back: name and content of each file.
fn unpack(mut bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    while bytes[0] != 0 {
        let text = |from: usize, to: usize| {
            let field = &bytes[from..to];
            let end = field
                .iter()
                .position(|byte| *byte == 0)
                .unwrap_or(field.len());
            String::from_utf8(field[..end].to_vec()).unwrap()
        };
        let size = usize::from_str_radix(&text(124, 136), 8).unwrap();
        files.push((text(0, 100), bytes[512..512 + size].to_vec()));
        bytes = &bytes[512 + size.div_ceil(512) * 512..];
    }
    files
}

#[test]
fn the_signature_covers_the_other_files() {
    let package = Package::new(&cover(), &disclosed(), &signer()).expect("signed");
    let files = unpack(package.bytes());
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "package.json",
            "page.html",
            "open.tlog-proof",
            "signature.txt"
        ]
    );
    let note = Note::parse(&files[3].1).expect("a note");
    assert_eq!(
        note.verify(&[signer().verifier().clone()])
            .expect("signed")
            .len(),
        1
    );
    for (name, content) in &files[..3] {
        let line = format!("{name} {}\n", hex(&Sha256::digest(content)));
        assert!(note.text().contains(&line), "{name}");
    }
}

#[test]
fn tar_unpacks_the_archive() {
    let folder = tempfile::tempdir().expect("a folder");
    let package = Package::new(&cover(), &disclosed(), &signer()).expect("signed");
    let path = folder.path().join("package.tar");
    std::fs::write(&path, package.bytes()).expect("written");
    let tar = std::process::Command::new("tar")
        .arg("-xf")
        .arg(&path)
        .arg("-C")
        .arg(folder.path())
        .status();
    assert!(tar.expect("tar is part of every Debian").success());
    let proof = std::fs::read_to_string(folder.path().join("open.tlog-proof"));
    assert_eq!(proof.expect("unpacked"), cover().proof);
}

#[test]
fn a_sealed_package_opens_for_its_recipient_only() {
    let package = Package::new(&cover(), &disclosed(), &signer()).expect("signed");
    let (own, other) = (
        age::x25519::Identity::generate(),
        age::x25519::Identity::generate(),
    );
    let recipient = Recipient::key(&own.to_public().to_string()).expect("a recipient");
    let sealed = package.seal(&recipient).expect("sealed");
    assert_eq!(
        age::decrypt(&own, &sealed).expect("its own"),
        package.bytes()
    );
    assert!(age::decrypt(&other, &sealed).is_err());
    assert!(Recipient::key("age1nobody").is_err());
}

#[test]
fn passphrases_differ_and_hold_no_letters_that_are_mistaken() {
    struct Counting;
    impl Entropy for Counting {
        fn fill(&self, out: &mut [u8]) {
            for (position, byte) in out.iter_mut().enumerate() {
                *byte = position as u8;
            }
        }
    }
    use crate::secrets::Entropy;
    let passphrase = Passphrase::draw(&Counting);
    assert_eq!(passphrase.text(), "abcde-fghjk-mnpqr-stuvw-xyz02-3");
}

/// As much of JSON Schema as the schema uses.
mod schema {
    use serde_json::Value;
    use std::fmt::Write;

    pub fn check(value: &Value) {
        let errors = errors(value);
        assert!(errors.is_empty(), "{errors}");
    }

    pub fn errors(value: &Value) -> String {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/formats/package.schema.json"
        );
        let text = std::fs::read_to_string(path).expect("the schema");
        let schema: Value = serde_json::from_str(&text).expect("JSON");
        let mut errors = String::new();
        walk(&schema, &schema, value, "$", &mut errors);
        errors
    }

    fn walk(root: &Value, schema: &Value, value: &Value, at: &str, errors: &mut String) {
        if let Some(name) = schema["$ref"].as_str() {
            let pointer = name.strip_prefix('#').expect("a local reference");
            let target = root.pointer(pointer).expect("the definition");
            return walk(root, target, value, at, errors);
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let types = match &schema["type"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => panic!("{at}: the schema leaves the type open"),
        };
        if !types.contains(&kind) {
            write!(errors, "{at} is {kind}; ").expect("memory");
        }
        if let Some(allowed) = schema["enum"].as_array()
            && !allowed.contains(value)
        {
            write!(errors, "{at} is not one of the enum; ").expect("memory");
        }
        if let Some(members) = value.as_object() {
            assert_eq!(schema["additionalProperties"], Value::Bool(false), "{at}");
            let properties = schema["properties"].as_object().expect("properties");
            for name in schema["required"].as_array().expect("required") {
                let name = name.as_str().expect("a name");
                if !members.contains_key(name) {
                    write!(errors, "{at}.{name} is missing; ").expect("memory");
                }
            }
            for (name, member) in members {
                match properties.get(name) {
                    Some(schema) => walk(root, schema, member, &format!("{at}.{name}"), errors),
                    None => write!(errors, "{at}.{name} is not allowed; ").expect("memory"),
                }
            }
        }
        if let Some(items) = value.as_array() {
            for (position, item) in items.iter().enumerate() {
                walk(
                    root,
                    &schema["items"],
                    item,
                    &format!("{at}[{position}]"),
                    errors,
                );
            }
        }
    }
}
