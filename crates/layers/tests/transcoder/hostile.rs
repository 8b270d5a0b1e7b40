//! Bytes that follow no schema: errors, never a panic, and never output out of proportion.

use crate::support::sample::{Random, bytes_of};
use crate::support::{schema, served, text};
use heliograph_layers::{CANONICAL, LayerError, Layers};
use heliograph_tl_schema::Kind;

/// Requests of many layers to start from.
fn requests() -> Vec<Vec<u8>> {
    let served = served();
    let mut requests = Vec::new();
    for layer in [143, 158, 181, 204, 227, 229] {
        let schema = schema(layer);
        let mut random = Random(u64::from(layer));
        for function in schema
            .definitions()
            .iter()
            .filter(|one| one.kind == Kind::Function)
        {
            if served.find_function(&function.name).is_some() {
                requests.extend(bytes_of(&schema, function, &mut random));
            }
        }
    }
    requests
}

/// Raises hostile bytes; whatever comes of it, the output stays in proportion and is the server's.
fn raise(request: &[u8], served: &heliograph_tl_schema::Schema) {
    let mut out = vec![0xaa];
    match Layers::shared().up(request, &mut out) {
        Ok(()) => {
            assert!(out.len() <= 3 * request.len() + 8192);
            text::show(served, &out[1..]).expect("what is raised is of the pruned schema");
        }
        Err(_) => assert_eq!(out, [0xaa]),
    }
}

#[test]
fn every_truncation_is_an_error() {
    for request in requests() {
        for end in 0..request.len() {
            let mut out = Vec::new();
            assert!(Layers::shared().up(&request[..end], &mut out).is_err());
            assert!(out.is_empty());
        }
    }
}

#[test]
fn bytes_after_the_request_are_an_error() {
    for mut request in requests() {
        request.extend([0; 4]);
        let mut out = Vec::new();
        assert!(Layers::shared().up(&request, &mut out).is_err());
    }
}

#[test]
fn changed_bytes_never_panic() {
    let served = served();
    let mut random = Random(1);
    for request in requests() {
        for _ in 0..24 {
            let mut changed = request.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(changed.len() as u64) as usize;
                match random.below(4) {
                    0 => changed[at] ^= 1 << random.below(8),
                    1 => changed[at] = 0xff,
                    2 => {
                        changed.remove(at);
                    }
                    _ => changed.insert(at, random.next() as u8),
                }
                if changed.is_empty() {
                    break;
                }
            }
            raise(&changed, &served);
        }
    }
}

#[test]
fn huge_counts_are_an_error() {
    for request in requests() {
        for at in (4..request.len().saturating_sub(3)).step_by(4) {
            if request[at - 4..at] == 0x1cb5c415u32.to_le_bytes() {
                for count in [u32::MAX, 1 << 31, 1 << 20] {
                    let mut changed = request.clone();
                    changed[at..at + 4].copy_from_slice(&count.to_le_bytes());
                    let mut out = Vec::new();
                    assert!(Layers::shared().up(&changed, &mut out).is_err());
                }
            }
        }
    }
}

#[test]
fn deep_nesting_is_an_error() {
    // A JSON value may contain itself as deep as one likes.
    let full = schema(CANONICAL);
    let id = |name: &str| full.find_constructor(name).expect(name).id.to_le_bytes();
    for depth in [40, 10_000] {
        let mut value = Vec::new();
        for _ in 0..depth {
            value.extend(id("jsonArray"));
            value.extend(0x1cb5c415u32.to_le_bytes());
            value.extend(1u32.to_le_bytes());
        }
        value.extend(id("jsonNull"));
        let mut config = id("help.appConfig").to_vec();
        config.extend([0; 4]);
        config.extend(&value);
        for layer in [143, 181, 229] {
            let function = full
                .find_function("help.getAppConfig")
                .expect("a canonical function")
                .id;
            let mut out = Vec::new();
            let result = Layers::shared().down_result(layer, function, &config, &mut out);
            assert_eq!(result, Err(LayerError::TooDeep), "{layer}");
            assert!(out.is_empty());
        }
    }
}

#[test]
fn a_value_of_another_type_is_an_error() {
    let request = "messages.readHistory{peer=inputPeerSelf, max_id=1}";
    let mut bytes = text::write(&schema(CANONICAL), request);
    let user = schema(CANONICAL)
        .find_constructor("inputUserSelf")
        .expect("a constructor")
        .id;
    bytes[4..8].copy_from_slice(&user.to_le_bytes());
    let mut out = Vec::new();
    assert_eq!(
        Layers::shared().up(&bytes, &mut out),
        Err(LayerError::Malformed)
    );
}

/// Growth by defaults: a request of many small parts, each of which gains a field.
#[test]
fn output_is_in_proportion_to_the_request() {
    let old = schema(143);
    let button = text::write(&old, r#"keyboardButton{text=""}"#);
    let mut request = text::write(
        &old,
        r#"messages.sendMessage{peer=inputPeerSelf, message="", random_id=1, reply_markup=replyKeyboardMarkup{rows=[keyboardButtonRow{buttons=[]}]}}"#,
    );
    let count = 50_000u32;
    let at = request.len() - 4;
    request[at..].copy_from_slice(&count.to_le_bytes());
    for _ in 0..count {
        request.extend(&button);
    }
    raise(&request, &served());
}

#[test]
fn answers_that_follow_no_schema_are_errors() {
    let page = heliograph_layers::bench_data::history_page();
    let mut random = Random(5);
    for layer in [143, 181, 229] {
        for _ in 0..200 {
            let mut changed = page[..2000 + random.below(30_000) as usize].to_vec();
            let at = random.below(changed.len() as u64) as usize;
            changed[at] ^= 0xff;
            let mut out = Vec::new();
            assert!(Layers::shared().down(layer, &changed, &mut out).is_err());
            assert!(out.is_empty());
        }
    }
}
